/*
 * search.test.ts - tests of search.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { matcher, sorted } from "../src/lib/search.ts";
import { host } from "./hosts.ts";

const all = [
  host("10.0.0.1", { hostname: "web-10", cpu: 90, region: "sh-a" }),
  host("10.0.0.2", { hostname: "web-2", cpu: 5 }),
  host("10.0.0.3", { hostname: "DB-1", cpu: null, state: "offline" }),
];
const found = (q: string): string[] => all.filter(matcher(q)).map((h) => h.hostname);

test("words are found in name, address and region, all of them, in any case", () => {
  assert.deepEqual(found(""), ["web-10", "web-2", "DB-1"]);
  assert.deepEqual(found("WEB"), ["web-10", "web-2"]);
  assert.deepEqual(found("web sh-a"), ["web-10"]);
  assert.deepEqual(found("0.0.3"), ["DB-1"]);
});

test("comparisons filter by number, with or without spaces, and the unknown is on neither side", () => {
  assert.deepEqual(found("cpu>80"), ["web-10"]);
  assert.deepEqual(found("cpu < 80%"), ["web-2"]);
  assert.deepEqual(found("web cpu>=5"), ["web-10", "web-2"]);
  assert.deepEqual(found("zzz>5"), []);
});

test("oddities are found by is:", () => {
  const odd = [
    ...all,
    host("10.0.0.4", { hostname: "x", flapping: true }),
    host("10.0.0.5", { hostname: "y", duplicate: true }),
  ];
  assert.deepEqual(
    odd.filter(matcher("is:flapping")).map((h) => h.hostname),
    ["x"],
  );
  assert.deepEqual(
    odd.filter(matcher("is:duplicate")).map((h) => h.hostname),
    ["y"],
  );
});

test("names sort by their numbers", () => {
  assert.deepEqual(
    sorted(all, "hostname", false).map((h) => h.hostname),
    ["DB-1", "web-2", "web-10"],
  );
});

test("the unknown is last in either direction", () => {
  assert.equal(sorted(all, "cpu", false).at(-1)?.hostname, "DB-1");
  assert.equal(sorted(all, "cpu", true).at(-1)?.hostname, "DB-1");
});

test("by state the missing come first, ties by address", () => {
  assert.deepEqual(
    sorted(all, "state", false).map((h) => h.ip),
    ["10.0.0.3", "10.0.0.1", "10.0.0.2"],
  );
});

test("ten thousand hosts are searched and sorted well within a frame or two", () => {
  const many = Array.from({ length: 10000 }, (_, i) =>
    host(`10.${i >> 14}.${(i >> 7) & 127}.${i & 127}`, { cpu: (i * 7919) % 100 }),
  );
  const started = performance.now();
  sorted(many.filter(matcher("h-10 cpu>1")), "cpu", true);
  assert.ok(performance.now() - started < 400);
});
