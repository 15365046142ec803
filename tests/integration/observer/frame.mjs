// The frame, the keys and the hashes: SPEC.md section 4, the marks of 10.1.

import { timingSafeEqual } from "node:crypto";
import blake from "blakejs";

export const HEADER = 28;
export const TAG = 16;
export const MOST = 1200;
export const TYPE = { SYNC: 2, DIGEST: 3, ROWS: 4, PULL: 5, HELLO: 6, WELCOME: 7 };
const NOBODY = Buffer.alloc(8);

export class Refused extends Error {}

function filled(text) {
  const bytes = Buffer.alloc(16);
  bytes.write(text, "utf8");
  return bytes;
}

function hash(data, size, { key, salt, person } = {}) {
  const told = person === undefined ? undefined : filled(person);
  const salted = salt ?? (told ? Buffer.alloc(16) : undefined);
  return Buffer.from(blake.blake2b(data, key, size, salted, told));
}

export const factoryId = (name) => hash(Buffer.from(name), 8, { person: "vacnet-name" });

export const keyId = (secret) => hash(secret, 64).subarray(0, 4);

export function spaceKey(secret, space) {
  const salt = hash(Buffer.from(space), 16, { person: "vacnet-space" });
  return hash(Buffer.alloc(0), 32, { key: secret, salt, person: "vacnet-v1" });
}

export const tagOf = (data, key) => hash(data, TAG, { key });

export function entry(fid, epoch, version) {
  const data = Buffer.alloc(16);
  fid.copy(data);
  data.writeUInt32BE(epoch, 8);
  data.writeUInt32BE(version, 12);
  return data;
}

export const mark = (fid, epoch, version) => hash(entry(fid, epoch, version), 8);

export function holdHash(target, number, author) {
  return hash(Buffer.from(`${target}\0${number}\0${author}`), 8, { person: "vacnet-hold" });
}

export function windowHash(target, number, opener) {
  return hash(Buffer.from(`${target}\0${number}\0${opener}`), 8, { person: "vacnet-window" });
}

// Seals what an observer says: sender nobody, epoch 1.
export class Voice {
  #sequence = 0n;

  constructor(secret, space) {
    this.id = keyId(secret);
    this.key = spaceKey(secret, space);
  }

  say(type, body) {
    const head = Buffer.alloc(HEADER);
    head.write("VN", "latin1");
    head[2] = 1;
    head[3] = type;
    this.id.copy(head, 4);
    NOBODY.copy(head, 8);
    head.writeUInt32BE(1, 16);
    head.writeBigUInt64BE(++this.#sequence, 20);
    const signed = Buffer.concat([head, body]);
    return Buffer.concat([signed, tagOf(signed, this.key)]);
  }

  // Returns the header and the body of a datagram under our key.
  hear(data) {
    if (data.length < HEADER + TAG || data.length > MOST) throw new Refused("length");
    if (data.toString("latin1", 0, 2) !== "VN") throw new Refused("magic");
    if (data[2] !== 1) throw new Refused("version");
    if (!data.subarray(4, 8).equals(this.id)) throw new Refused("key");
    const end = data.length - TAG;
    if (!timingSafeEqual(tagOf(data.subarray(0, end), this.key), data.subarray(end))) throw new Refused("tag");
    return {
      type: data[3],
      sender: Buffer.from(data.subarray(8, 16)),
      epoch: data.readUInt32BE(16),
      sequence: data.readBigUInt64BE(20),
      body: data.subarray(HEADER, end),
    };
  }
}

// Which sequence numbers were taken: section 7.3.
export class ReplayWindow {
  #highest;
  #taken = new Set();

  constructor(floor) {
    this.floor = this.#highest = floor;
  }

  take(sequence) {
    const old = sequence <= this.floor || this.#highest - sequence >= 128n;
    if (old || this.#taken.has(sequence)) return false;
    this.#taken.add(sequence);
    if (sequence > this.#highest) this.#highest = sequence;
    for (const one of this.#taken) if (this.#highest - one >= 128n) this.#taken.delete(one);
    return true;
  }
}
