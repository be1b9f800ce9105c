/*
 * roll.test.ts - tests of roll.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Roll } from "../src/lib/roll.ts";
import { host } from "./hosts.ts";

const ips = (r: Roll): string[] => r.rows.map((h) => h.ip);

test("hosts stand in order of address, whatever order they came in", () => {
  const r = new Roll();
  r.load([host("10.0.0.10"), host("10.0.0.9")]);
  r.put([host("10.0.0.1"), host("::1")]);
  assert.deepEqual(ips(r), ["10.0.0.1", "10.0.0.9", "10.0.0.10", "::1"]);
});

test("a change replaces the row and moves no other", () => {
  const r = new Roll();
  r.load([host("10.0.0.1"), host("10.0.0.2")]);
  r.put([host("10.0.0.2", { state: "offline" })]);
  assert.equal(r.get("10.0.0.2")?.state, "offline");
  assert.deepEqual(ips(r), ["10.0.0.1", "10.0.0.2"]);
});

test("of two rows for one new address the later counts", () => {
  const r = new Roll();
  r.put([host("10.0.0.1", { cpu: 1 }), host("10.0.0.1", { cpu: 2 })]);
  assert.equal(r.rows.length, 1);
  assert.equal(r.get("10.0.0.1")?.cpu, 2);
});

test("a host that is gone is gone, and a stranger's leaving changes nothing", () => {
  const r = new Roll();
  r.load([host("10.0.0.1"), host("10.0.0.2")]);
  r.remove("10.0.0.1");
  r.remove("10.9.9.9");
  assert.deepEqual(ips(r), ["10.0.0.2"]);
  assert.equal(r.get("10.0.0.1"), undefined);
});

test("counts add up to all", () => {
  const r = new Roll();
  r.load([
    host("1.1.1.1"),
    host("1.1.1.2", { state: "offline", flapping: true }),
    host("1.1.1.3", { state: "waiting" }),
  ]);
  assert.deepEqual(r.counts(), {
    online: 1,
    offline: 1,
    waiting: 1,
    unknown: 0,
    all: 3,
    flapping: 1,
    duplicate: 0,
  });
});

test("totals speak of online hosts only, weigh processors by cores, and skip what is not known", () => {
  const r = new Roll();
  r.load([
    host("1.1.1.1", { cores: 1, cpu: 100, mem: 50, disk: 10 }),
    host("1.1.1.2", { cores: 3, cpu: 0, mem: null, disk: 70 }),
    host("1.1.1.3", { state: "offline", cpu: 100, disk: 99 }),
  ]);
  const t = r.totals();
  assert.equal(t.cpu, 25);
  assert.equal(t.mem, 50);
  assert.equal(t.disk?.ip, "1.1.1.2");
  assert.equal(t.net_out, 4);
  assert.equal(new Roll().totals().cpu, null);
});

test("two hosts with one address are two rows, each changed and taken off by itself", () => {
  const r = new Roll();
  const a = host("10.0.0.1", { id: "a".repeat(32), state: "offline", duplicate: true });
  const b = host("10.0.0.1", { id: "b".repeat(32), duplicate: true });
  r.load([a, b, host("10.0.0.2")]);
  assert.equal(r.counts().all, 3);
  r.put([{ ...b, cpu: 77 }]);
  assert.equal(r.counts().all, 3);
  assert.equal(r.get("10.0.0.1")?.cpu, 77, "the one that is online stands for the address");
  assert.equal(r.get("10.0.0.1", a.id)?.state, "offline");
  r.remove("10.0.0.1", a.id);
  assert.deepEqual(ips(r), ["10.0.0.1", "10.0.0.2"]);
  r.put([a]);
  r.remove("10.0.0.1");
  assert.deepEqual(ips(r), ["10.0.0.2"]);
});

test("a host that tells its identity later stays one row", () => {
  const r = new Roll();
  r.load([host("10.0.0.1", { id: "0".repeat(32), state: "waiting" })]);
  assert.equal(r.put([host("10.0.0.1", { id: "c".repeat(32) })]), false);
  assert.equal(r.rows.length, 1);
  assert.equal(r.put([host("10.0.0.1", { id: "c".repeat(32), cpu: 5 })]), false);
  assert.equal(r.get("10.0.0.1")?.cpu, 5);
});

test("an identity at a new address is told of: the host may have moved", () => {
  const r = new Roll();
  r.load([host("10.0.0.1", { id: "d".repeat(32) })]);
  assert.equal(r.put([host("10.0.0.9", { id: "d".repeat(32) })]), true);
  assert.equal(r.put([host("10.0.0.8", { id: "e".repeat(32) })]), false);
});

test("hosts of one name are known as such", () => {
  const r = new Roll();
  r.load([host("10.0.0.1", { hostname: "web" }), host("10.0.0.2", { hostname: "db" })]);
  assert.equal(r.isNamesake(r.rows[0]!), false);
  r.put([host("10.0.0.2", { hostname: "web" })]);
  assert.equal(r.isNamesake(r.rows[0]!), true);
});
