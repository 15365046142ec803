// MessagePack and the messages that an observer reads or sends: SPEC.md sections 5 and 6.

import { decode, encode } from "@msgpack/msgpack";
import { HEADER, MOST, Refused, TAG } from "./frame.mjs";

const U32 = 2 ** 32 - 1;

function check(condition, what) {
  if (!condition) throw new Refused(`decode: ${what}`);
}

// 64-bit forms arrive as BigInt, all others as numbers.
function whole(low, high) {
  return (value, name) => {
    check(typeof value === "bigint" || Number.isInteger(value), name);
    const number = BigInt(value);
    check(number >= BigInt(low) && number <= BigInt(high), name);
    return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
  };
}

const u16 = whole(0, 65535);
const u32 = whole(0, U32);
const u64 = whole(0, 2n ** 64n - 1n);
const epoch = whole(0, U32 - 1);
const version = whole(1, U32);

const flag = (value, name) => (check(typeof value === "boolean", name), value);

function text(low, high) {
  return (value, name) => {
    check(typeof value === "string", name);
    const length = Buffer.byteLength(value);
    check(length >= low && length <= high, name);
    return value;
  };
}

const PRINTABLE = /^[^\p{C}\p{Z}]*$/u;

function shown(low, high) {
  const plain = text(low, high);
  return (value, name) => {
    check(PRINTABLE.test(plain(value, name).replaceAll(" ", "")), name);
    return value;
  };
}

function bytes(low, high) {
  return (value, name) => {
    check(value instanceof Uint8Array && value.length >= low && value.length <= high, name);
    return Buffer.from(value);
  };
}

const orNil = (kind) => (value, name) => (value === null ? null : kind(value, name));

function list(kind, most) {
  return (value, name) => {
    check(Array.isArray(value) && value.length <= most, name);
    return value.map((one) => kind(one, name));
  };
}

// An array of named fields; those with a default may be missing at the end, later ones are ignored.
function shape(fields, finish = (read) => read) {
  return (value, name) => {
    check(Array.isArray(value), name);
    const read = {};
    fields.forEach(([field, kind, byDefault], at) => {
      if (at < value.length) read[field] = kind(value[at], field);
      else check(byDefault !== undefined, `${field} is missing`), (read[field] = byDefault);
    });
    return finish(read);
  };
}

const window = shape([
  ["number", u32], ["opener", shown(0, 253)], ["age", u32], ["length", u32], ["streak", u32], ["open", flag],
]);

const hold = shape([
  ["number", u32], ["author", shown(0, 253)], ["age", u32], ["held", flag], ["reason", shown(0, 64)],
]);

const targetRow = shape([
  ["target", shown(1, 63)], ["version", version], ["window", window], ["gone", flag],
  ["machines_running", u32], ["machines_starting", u32],
  ["processors_running", u32], ["processors_starting", u32], ["processors_claimed", u32],
  ["can", whole(0, 255)], ["unproven", u32], ["proven_running", u32], ["tickets", u64],
  ["proofs", u32], ["noworks", u32], ["claim", whole(-2, 63)], ["claim_age", orNil(u32)],
  ["message_code", u16], ["message_age", orNil(u32)], ["proof_age", orNil(u32)],
  ["proof_started_age", orNil(u32)], ["uncontradicted", u32], ["proof_at_age", u32], ["nowork_life", u32],
  ["error_code", u16], ["error_age", orNil(u32)], ["verdict_age", orNil(u32)],
  ["tried_hundredths", u32], ["failed_hundredths", u32], ["share_millionths", u32], ["digest", bytes(0, 16)],
  ["hold", orNil(hold), null],
]);

const factoryRow = shape([
  ["version", version], ["advertise", shown(0, 64)], ["instance", bytes(0, 8)],
  ["processors_total", u32], ["processors_free", u32], ["weight_thousandths", u32], ["flags", u16],
  ["deadline_in", orNil(u32)], ["rule_version", u16], ["settings_digest", bytes(0, 16)],
  ["software_version", shown(0, 64)], ["load_hundredths", u32], ["memory_free_mib", u64],
  ["disk_free_mib", u64], ["departed_age", orNil(u32)],
]);

function span(read) {
  const inside = (one) => one.version > read.start && one.version <= read.end;
  check(read.start <= read.end && read.end <= read.latest, "span");
  check(read.rows.every(inside) && (read.factory === null || inside(read.factory)), "a row outside its span");
  return read;
}

const origin = shape([
  ["name", text(1, 253)], ["epoch", epoch], ["start", u32], ["end", u32], ["latest", u32],
  ["counter", u64], ["age", u32], ["ip", text(0, 64)], ["port", u16],
  ["factory", orNil(factoryRow)], ["rows", list(targetRow, 64)],
], span);

// Section 11: version 1 is all that is spoken here.
function understood(read) {
  if (read.version_min > 1 || read.version_max < 1) throw new Refused("version");
  return read;
}

const READ = {
  WELCOME: shape([
    ["echo", u64], ["nonce", u64, 0], ["instance", bytes(0, 8), null], ["name", text(0, 253), ""],
    ["version_min", whole(0, 255), 1], ["version_max", whole(0, 255), 1],
  ], understood),
  DIGEST: shape([["buckets", bytes(0, 16)], ["whole", flag], ["entries", bytes(0, 896)], ["evidence", bytes(0, 192)]]),
  ROWS: shape([["origins", list(origin, 64)], ["last", flag, false]]),
};

export const isPrintable = (value) => PRINTABLE.test(value.replaceAll(" ", ""));

export function read(kind, body) {
  let fields;
  try {
    fields = decode(body, { useBigInt64: true });
  } catch (error) {
    throw new Refused(`decode: ${error.message}`);
  }
  return READ[kind](fields, kind);
}

export function entries(data) {
  const found = [];
  for (let at = 0; at + 16 <= data.length; at += 16) {
    found.push({ fid: data.subarray(at, at + 8), epoch: data.readUInt32BE(at + 8), version: data.readUInt32BE(at + 12) });
  }
  return found;
}

export function evidence(data) {
  const found = [];
  for (let at = 0; at + 24 <= data.length; at += 24) {
    const [fid, epochOf] = [data.subarray(at, at + 8), data.readUInt32BE(at + 8)];
    found.push({ fid, epoch: epochOf, counter: data.readBigUInt64BE(at + 12), age: data.readUInt32BE(at + 20) });
  }
  return found;
}

// A question of these fields, with padding behind them up to the longest datagram.
export function question(fields) {
  const room = MOST - HEADER - TAG;
  const bare = encode([...fields, new Uint8Array(0)], { useBigInt64: true });
  const short = Math.max(0, room - bare.length - 1); // a longer byte string has a longer head
  return Buffer.from(encode([...fields, new Uint8Array(short)], { useBigInt64: true }));
}

export const defaultsOfHello = (nonce) => [nonce, new Uint8Array(0), "", 1, 1, null];
