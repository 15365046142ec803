// An observer of a space, written from protocol/SPEC.md alone: section 15, step by step.
//
//   node observer.mjs --peer 127.0.0.1:8885 --key FILE --space NAME
//
// prints the table of the space as JSON and ends; with 75 when nobody answers in time.

import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Refused, ReplayWindow, TYPE, Voice, factoryId } from "./frame.mjs";
import { defaultsOfHello, entries, evidence, isPrintable, question, read } from "./messages.mjs";
import { Table } from "./table.mjs";

const AT_ONCE = 4;
const WANTS = 3;
const RETRY_MS = 500;
const SILENT_MS = 3000;
const NAMES = Object.fromEntries(Object.entries(TYPE).map(([name, number]) => [number, name]));

const seconds = () => performance.now() / 1000;

class Observer {
  #nonces = new Map();
  #answerer = null;
  #lacking = new Map();
  #asked = [];
  #whole = false;
  table = new Table();

  constructor(socket, voice, peers, done) {
    Object.assign(this, { socket, voice, peers, done });
    socket.on("message", (data) => this.#receive(data));
    this.#greet(250);
  }

  // Step 1: greet everybody until somebody answers.
  #greet(wait) {
    if (this.#answerer) return;
    for (const peer of this.peers) {
      const nonce = randomBytes(8).readBigUInt64BE() || 1n;
      this.#nonces.set(nonce, peer);
      this.#send(peer, TYPE.HELLO, question(defaultsOfHello(nonce)));
    }
    setTimeout(() => this.#greet(Math.min(2000, 2 * wait)), wait);
  }

  #receive(data) {
    try {
      const header = this.voice.hear(data);
      if (header.type === TYPE.WELCOME) this.#welcomed(header, read("WELCOME", header.body));
      else this.#take(header);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  #welcomed(header, welcome) {
    const nonce = BigInt(welcome.echo);
    const peer = this.#nonces.get(nonce);
    this.#nonces.delete(nonce);
    const { sender, epoch, sequence } = header;
    const named = isPrintable(welcome.name) && factoryId(welcome.name).equals(sender);
    if (peer === undefined || !named || this.#answerer) return;
    this.#answerer = { name: welcome.name, peer, sender, epoch, window: new ReplayWindow(sequence) };
    this.#heard();
    this.#sync();
  }

  // Step 2: only what this factory says, in this life, and once.
  #take(header) {
    const one = this.#answerer;
    if (!one || !header.sender.equals(one.sender) || header.epoch !== one.epoch) return;
    if (!one.window.take(header.sequence)) return;
    this.#heard();
    this.table.hear(header, seconds());
    if (header.type === TYPE.DIGEST) this.#listed(read(NAMES[header.type], header.body));
    else if (header.type === TYPE.ROWS) this.#came(read(NAMES[header.type], header.body));
  }

  #heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.#answerer = null;
      this.#greet(250);
    }, SILENT_MS);
  }

  // Steps 3 and 5: in what do we differ?
  #sync() {
    if (!this.#answerer) return;
    this.table.forget(seconds());
    this.#send(this.#answerer.peer, TYPE.SYNC, question([this.table.hashes(), this.table.unheard(seconds())]));
    this.#later(() => this.#sync());
  }

  #listed(digest) {
    const now = seconds();
    for (const one of evidence(digest.evidence)) this.table.takeEvidence(one, now);
    const lacking = entries(digest.entries).filter((one) => this.table.lacks(one));
    this.#lacking = new Map(lacking.map((one) => [one.fid.toString("hex"), one]));
    this.#whole = digest.whole;
    this.#goOn();
  }

  // Step 4: fetch it, a few at a time; what does not come is asked for again.
  #pull() {
    const now = performance.now();
    this.#asked = this.#asked.filter((one) => now - one.at < RETRY_MS);
    const underWay = new Set(this.#asked.flatMap((one) => one.ids));
    const waiting = [...this.#lacking.keys()].filter((id) => !underWay.has(id));
    while (waiting.length && this.#asked.length < AT_ONCE) {
      const ids = waiting.splice(0, WANTS);
      const wants = ids.map((id) => this.#lacking.get(id)).map(({ fid, epoch }) => this.table.entryOf(fid, epoch));
      this.#asked.push({ at: now, ids });
      this.#send(this.#answerer.peer, TYPE.PULL, question([Buffer.concat(wants)]));
    }
    this.#later(() => this.#pull());
  }

  #came(rows) {
    for (const origin of rows.origins) this.table.take(origin, seconds());
    for (const [id, one] of this.#lacking) if (!this.table.lacks(one)) this.#lacking.delete(id);
    this.#asked.shift();
    this.#goOn();
  }

  #goOn() {
    if (this.#lacking.size) this.#pull();
    else if (this.#whole) this.done(this.#answerer.name, this.table);
    else this.#sync();
  }

  #later(what) {
    clearTimeout(this.next);
    this.next = setTimeout(what, RETRY_MS);
  }

  #send({ host, port }, type, body) {
    this.socket.send(this.voice.say(type, body), port, host);
  }
}

function keyIn(file) {
  const lines = readFileSync(file, "utf8").split("\n").map((line) => line.split("#")[0].trim().split(/\s+/));
  return Buffer.from(lines.find((words) => words.length === 2)[1], "hex");
}

function main() {
  const word = { type: "string" };
  const options = { peer: { ...word, multiple: true }, key: word, space: word, seconds: { ...word, default: "15" } };
  const { values } = parseArgs({ options });
  const peers = values.peer.map((text) => {
    const [, host, port] = text.match(/^\[?(.*?)\]?:(\d+)$/);
    return { host, port: Number(port) };
  });
  const socket = createSocket(peers[0].host.includes(":") ? "udp6" : "udp4");
  const finish = (code) => (socket.close(), process.exit(code));
  setTimeout(() => (process.stderr.write("nobody answers\n"), finish(75)), 1000 * Number(values.seconds));
  new Observer(socket, new Voice(keyIn(values.key), values.space), peers, (factory, table) => {
    process.stdout.write(`${JSON.stringify({ space: values.space, factory, ...table.shown(seconds()) })}\n`, () => finish(0));
  });
}

main();
