/*
 * ring.test.ts - tests of ring.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "../src/api.ts";
import { columns, nearest, SampleRing, stack, WINDOW_S } from "../src/lib/ring.ts";

const at = (ts: number, more: Partial<Sample> = {}): Sample => ({
  ip: "10.0.0.1",
  hostname: "a",
  ts,
  seq: ts,
  interval: 1,
  ...more,
});
const times = (r: SampleRing): number[] => r.samples.map((s) => s.ts);

test("samples that come late find their place, and none is kept twice", () => {
  const r = new SampleRing();
  assert.equal(r.push(at(3)), true);
  assert.equal(r.push(at(1)), true);
  assert.equal(r.push(at(2)), true);
  assert.equal(r.push(at(2)), false);
  assert.deepEqual(times(r), [1, 2, 3]);
});

test("what is older than the window leaves, and cannot come in", () => {
  const r = new SampleRing();
  for (let ts = 1; ts <= WINDOW_S + 50; ts++) r.push(at(ts));
  assert.equal(r.samples[0]!.ts, 50);
  assert.equal(r.push(at(10)), false);
  assert.equal(r.samples.length, WINDOW_S + 1);
});

test("a sample without a time is refused", () => {
  const r = new SampleRing();
  assert.equal(r.push({ ...at(1), ts: NaN }), false);
  assert.equal(r.push({ ...at(1), ts: undefined as unknown as number }), false);
});

test("a hole in time is a hole in the columns", () => {
  const [xs, ys] = columns([at(1), at(2), at(9)], [(s) => s.seq]);
  assert.deepEqual(xs, [1, 2, 5.5, 9]);
  assert.deepEqual(ys, [1, 2, null, 9]);
});

test("samples of a long interval are no holes", () => {
  const [xs] = columns([at(10, { interval: 10 }), at(20, { interval: 10 }), at(21)], [(s) => s.seq]);
  assert.deepEqual(xs, [10, 20, 21]);
});

test("stacking adds from below and keeps holes", () => {
  assert.deepEqual(
    stack([
      [1, 2, null],
      [10, null, 30],
    ]),
    [
      [1, 2, null],
      [11, null, null],
    ],
  );
});

test("the nearest sample is found on both sides and beyond the ends", () => {
  const all = [at(1), at(5), at(9)];
  assert.equal(nearest(all, 0), 0);
  assert.equal(nearest(all, 6.9), 1);
  assert.equal(nearest(all, 100), 2);
  assert.equal(nearest([], 1), -1);
});
