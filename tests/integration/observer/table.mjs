// The table: spans, lives and evidence of life (SPEC.md 9.3, 9.5, 10.1, 10.3, 12), and how it is shown (15.1).

import { entry, factoryId, holdHash, mark, windowHash } from "./frame.mjs";
import { isPrintable } from "./messages.mjs";

const FORGET = 86400;
const DEPARTED_COUNTED = 600;
const RELAY_AGE = 1;
const FLAGS = ["draining", "veto", "settling", "isolated", "conflict"];
const MIB = 2 ** 20;

class Factory {
  constructor(name, epoch, heard) {
    Object.assign(this, { name, epoch, heard, fid: factoryId(name), address: "", departed: null });
    Object.assign(this, { version: 0, latest: 0, counter: -1n, row: null, rowVersion: 0 });
    this.rows = new Map(); // target -> row, with its times on our clock; a leftover has version 0
  }

  beginLife(epoch) {
    Object.assign(this, { epoch, version: 0, latest: 0, counter: -1n, rowVersion: 0, departed: null });
    for (const row of this.rows.values()) row.version = 0;
  }

  hear(counter, heard) {
    if (BigInt(counter) <= this.counter) return;
    this.counter = BigInt(counter);
    this.heard = Math.max(this.heard, heard);
  }

  apply(span, now) {
    this.latest = Math.max(this.latest, span.latest);
    if (span.start > this.version) return;
    for (const row of span.rows) {
      if (row.version > (this.rows.get(row.target)?.version ?? 0)) this.rows.set(row.target, { ...row, at: now });
    }
    if (span.factory && span.factory.version > this.rowVersion) {
      this.row = { ...span.factory, at: now };
      this.rowVersion = span.factory.version;
      this.departed = span.factory.departed_age === null ? null : now - span.factory.departed_age / 10;
    }
    this.version = Math.max(this.version, span.end);
    if (this.version >= this.latest) {
      for (const [target, row] of this.rows) if (row.version === 0) this.rows.delete(target);
    }
  }
}

export class Table {
  factories = new Map(); // hex of the factory id -> Factory

  get beat() {
    const staying = [...this.factories.values()].filter((one) => one.departed === null).length;
    return Math.min(60, Math.max(5, staying / 50));
  }

  entryOf(fid, epoch) {
    const known = this.factories.get(fid.toString("hex"));
    return entry(fid, epoch, known?.epoch === epoch ? known.version : 0);
  }

  take(origin, now) {
    const id = factoryId(origin.name).toString("hex");
    const heard = now - origin.age / 10 - RELAY_AGE;
    if (!this.factories.has(id)) {
      if (now - heard > FORGET || !isPrintable(origin.name)) return;
      this.factories.set(id, new Factory(origin.name, origin.epoch, heard));
    }
    const known = this.factories.get(id);
    if (origin.epoch < known.epoch) return;
    if (origin.epoch > known.epoch) known.beginLife(origin.epoch);
    known.hear(origin.counter, heard);
    if (origin.ip && origin.port) known.address = `${origin.ip}:${origin.port}`;
    known.apply(origin, now);
  }

  takeEvidence(one, now) {
    const known = this.factories.get(one.fid.toString("hex"));
    if (known?.epoch === one.epoch) known.hear(one.counter, now - one.age / 10 - RELAY_AGE);
  }

  hear(header, now) {
    const known = this.factories.get(header.sender.toString("hex"));
    if (known?.epoch === header.epoch) known.hear(header.sequence, now);
  }

  lacks({ fid, epoch, version }) {
    const known = this.factories.get(fid.toString("hex"));
    if (known === undefined || epoch > known.epoch) return true;
    return epoch === known.epoch && version > known.version;
  }

  hashes() {
    const count = this.factories.size > 2000 ? 128 : 64;
    const buckets = Buffer.alloc(8 * count);
    for (const one of this.factories.values()) {
      const bucket = one.fid[0] % count;
      mark(one.fid, one.epoch, one.version).forEach((byte, at) => (buckets[8 * bucket + at] ^= byte));
    }
    return buckets;
  }

  // Ids of those not heard for one and a half beats, the longest unheard first.
  unheard(now) {
    const late = [...this.factories.values()].filter((one) => now - one.heard > 1.5 * this.beat);
    return Buffer.concat(late.sort((a, b) => a.heard - b.heard).slice(0, 8).map((one) => one.fid));
  }

  forget(now) {
    for (const [id, one] of this.factories) if (now - one.heard > FORGET) this.factories.delete(id);
  }

  stateOf(one, now) {
    if (one.departed !== null) return "departed";
    return now - one.heard < 3 * this.beat ? "live" : "silent";
  }

  shown(now) {
    const counted = [...this.factories.values()]
      .filter((one) => one.departed === null || now - one.departed < DEPARTED_COUNTED)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = counted.flatMap((one) => [...one.rows.values()].filter((row) => !row.gone).map((row) => row.target));
    return {
      factories: counted.map((one) => this.#factory(one, now)),
      targets: [...new Set(names)].sort().map((name) => this.#target(name, counted, now)),
    };
  }

  #factory(one, now) {
    const rows = [...one.rows.values()];
    const row = one.row;
    return {
      name: one.name,
      state: this.stateOf(one, now),
      heard_seconds: Math.max(0, now - one.heard),
      address: row?.advertise || one.address,
      flags: FLAGS.filter((_, bit) => (row?.flags ?? 0) & (1 << bit)),
      processors_total: row?.processors_total ?? 0,
      processors_free: row?.processors_free ?? 0,
      machines_running: sum(rows, "machines_running"),
      machines_starting: sum(rows, "machines_starting"),
      load: (row?.load_hundredths ?? 0) / 100,
      memory_free_bytes: Number(row?.memory_free_mib ?? 0) * MIB,
      disk_free_bytes: Number(row?.disk_free_mib ?? 0) * MIB,
      deadline_seconds: row === null || row.deadline_in === null ? null : row.at + row.deadline_in / 10 - now,
      version: row?.software_version ?? "",
    };
  }

  #target(name, counted, now) {
    const told = counted
      .map((one) => ({ factory: one, row: one.rows.get(name), live: this.stateOf(one, now) === "live" }))
      .filter(({ row }) => row !== undefined && !row.gone);
    const window = told.map(({ row }) => onClock(row)).reduce((one, other) => merged(name, one, other));
    const of = told
      .filter(({ row }) => row.window.number === window.number && row.window.opener === window.opener)
      .filter(({ factory, live }) => live || now - factory.heard < 600)
      .map(({ row }) => row);
    const rows = told.map(({ row }) => row);
    const claimed = sum(told.filter(({ live }) => live).map(({ row }) => row), "processors_claimed");
    const holds = rows.map(({ hold }) => hold).filter((hold) => hold !== null);
    return {
      name,
      held: holds.length > 0 && holds.reduce((one, other) => standing(name, one, other)).held,
      machines_running: sum(rows, "machines_running"),
      machines_starting: sum(rows, "machines_starting"),
      processors: sum(rows, "processors_running") + sum(rows, "processors_starting") + claimed,
      window_number: window.number,
      window_opener: window.opener,
      window_length_seconds: window.length / 10,
      streak: window.streak,
      proofs: sum(of, "proofs"),
      noworks: sum(of, "noworks"),
      tickets_taken: bits(of.reduce((all, row) => all | BigInt(row.tickets), 0n)),
    };
  }
}

const sum = (rows, field) => rows.reduce((all, row) => all + Number(row[field]), 0);

const bits = (set) => set.toString(2).replaceAll("0", "").length;

const onClock = (row) => ({ ...row.window, opened: row.at - row.window.age / 10 });

// Of two holds of a target, the one that stands: SPEC.md 6.2.
export function standing(target, one, other) {
  if (one.number !== other.number) return one.number > other.number ? one : other;
  const [a, b] = [one, other].map((each) => holdHash(target, each.number, each.author));
  return Buffer.compare(a, b) <= 0 ? one : other;
}

// Of two windows of a target, the one that stands: SPEC.md 6.2.
export function merged(target, one, other) {
  if (one.number !== other.number) return one.number > other.number ? one : other;
  if (one.opener !== other.opener) {
    const [a, b] = [one, other].map((each) => windowHash(target, each.number, each.opener));
    return Buffer.compare(a, b) < 0 ? one : other;
  }
  return {
    ...one,
    opened: Math.min(one.opened, other.opened),
    length: Math.min(one.length, other.length),
    streak: Math.min(one.streak, other.streak),
    open: one.open || other.open,
  };
}
