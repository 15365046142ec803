// Checks this implementation against the vectors: node vectors.mjs FOLDER; says how many held.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Refused, Voice, factoryId, holdHash, keyId, mark, spaceKey, tagOf, windowHash } from "./frame.mjs";
import { read } from "./messages.mjs";
import { Table, merged } from "./table.mjs";

const folder = process.argv[2];
const file = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
const READ = { 3: "DIGEST", 4: "ROWS", 7: "WELCOME" };
let held = 0;

function same(found, told) {
  assert.deepEqual(found, told);
  held += 1;
}

// Bytes as hexadecimal, great integers as decimal text: as the vectors have them.
function plain(value) {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

function emptyOrigin(name, epoch, version) {
  const none = { start: 0, counter: 1, age: 0, ip: "", port: 0, factory: null, rows: [] };
  return { name, epoch, end: version, latest: version, ...none };
}

const keys = file("keys.json");
for (const one of keys.factory_ids) same(factoryId(one.name).toString("hex"), one.id);
for (const one of keys.key_ids) same(keyId(hex(one.secret)).toString("hex"), one.id);
for (const one of keys.keys) same(spaceKey(hex(one.secret), one.space).toString("hex"), one.key);
for (const one of keys.tags) same(tagOf(hex(one.data), hex(one.key)).toString("hex"), one.tag);
for (const one of keys.marks) same(mark(factoryId(one.name), one.epoch, one.version).toString("hex"), one.mark);
for (const one of keys.windows) same(windowHash(one.target, one.number, one.opener).toString("hex"), one.hash);
for (const one of keys.holds) same(holdHash(one.target, one.number, one.author).toString("hex"), one.hash);
for (const one of keys.tables.filter(({ hashes }) => hashes.length === 64 * 16)) {
  const table = new Table();
  for (const { name, epoch, version } of one.factories) table.take(emptyOrigin(name, epoch, version), 0);
  same(table.hashes().toString("hex"), one.hashes);
}
for (const one of keys.merges) {
  const [a, b] = [one.one, one.other].map((window) => ({ ...window, opened: -window.age }));
  const { opened, ...window } = merged(one.target, a, b);
  same({ ...window, age: -opened }, one.merged);
}

const messages = file("messages.json");
const voice = new Voice(hex(messages.secret), messages.space);
for (const one of messages.messages) {
  const header = voice.hear(hex(one.datagram));
  same([header.type, header.sender.toString("hex"), header.epoch], [one.type, one.sender, one.epoch]);
  if (!(one.type in READ)) continue;
  const found = plain(read(READ[one.type], header.body));
  for (const [name, value] of Object.entries(found)) if (name in one.fields) same(value, one.fields[name]);
}

// Of the stories, those about the frame and about the messages that are read here.
const AS = { 3: "DIGEST", 4: "ROWS", 7: "WELCOME" };
const { receiver, stories } = file("stories.json");
const listener = new Voice(hex(receiver.keys[0].secret), receiver.space);

function verdict(data) {
  try {
    const header = listener.hear(data);
    if (header.type in AS) read(AS[header.type], header.body);
  } catch (error) {
    if (error instanceof Refused) return error.message.split(":")[0];
    throw error;
  }
  return "";
}

for (const step of stories.flatMap((story) => story.steps)) {
  const data = hex(step.datagram);
  const framed = ["length", "magic", "version", "key", "tag"].includes(step.expect);
  if (framed || (step.expect === "decode" && data[3] in AS)) same(verdict(data), step.expect);
}
console.log(`${held} held`);
