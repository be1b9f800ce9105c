/*
 * format.test.ts - tests of format.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  age,
  bytes,
  clock,
  count,
  duration,
  ipKey,
  load,
  natural,
  NONE,
  percent,
  rate,
  shortCount,
} from "../src/lib/format.ts";

const words = { day: "d", hour: "h", minute: "min", second: "s" };

test("what is not known is a dash, never a zero", () => {
  for (const f of [percent, load, bytes, rate, count, shortCount]) {
    assert.equal(f(null), NONE);
    assert.equal(f(undefined), NONE);
    assert.equal(f(NaN), NONE);
  }
  assert.equal(duration(null, words), NONE);
});

test("percentages below ten have a decimal, zero has none", () => {
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.04), "0.0 %");
  assert.equal(percent(3.14), "3.1 %");
  assert.equal(percent(9.96), "10 %");
  assert.equal(percent(100), "100 %");
});

test("bytes move to the next unit before they would need four digits", () => {
  assert.equal(bytes(0), "0 B");
  assert.equal(bytes(1023), "1023 B");
  assert.equal(bytes(1024), "1.00 KiB");
  assert.equal(bytes(1023.6 * 1024), "1.00 MiB");
  assert.equal(bytes(123.4 * 2 ** 30), "123 GiB");
  assert.equal(rate(1.5), "1.50 KiB/s");
  assert.equal(rate(0.01), "10 B/s");
});

test("counts are grouped by threes", () => {
  assert.equal(count(999), "999");
  assert.equal(count(10000), "10\u202f000");
  assert.equal(count(1234567), "1\u202f234\u202f567");
  assert.equal(shortCount(1234567), "1.23M");
});

test("durations show their two largest units", () => {
  assert.equal(duration(420, words), "0.4 s");
  assert.equal(duration(12_000, words), "12 s");
  assert.equal(duration(59_600, words), "1 min");
  assert.equal(duration(3_600_000, words), "1 h");
  assert.equal(duration(3_720_000, words), "1 h 2 min");
  assert.equal(duration(90_000_000, words), "1 d 1 h");
  assert.equal(duration(-5, words), "0.0 s");
});

test("ages tick in whole seconds and never go below zero", () => {
  assert.equal(age(-300, words), "0 s");
  assert.equal(age(2900, words), "2 s");
  assert.equal(age(61_000, words), "1 min 1 s");
});

test("the clock has two digits everywhere", () => {
  assert.equal(clock(new Date(2026, 0, 2, 3, 4, 5).getTime()), "03:04:05");
});

test("addresses and names with numbers sort as people count", () => {
  assert.ok(ipKey("10.0.0.9") < ipKey("10.0.0.10"));
  assert.equal(ipKey("fe80::1"), Infinity);
  assert.equal(ipKey("10.0.0.999"), Infinity);
  assert.ok(natural("web-2", "web-10") < 0);
});
