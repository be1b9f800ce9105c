/*
 * honeycomb.test.ts - tests of honeycomb.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, centre, layout, step, usedWidth } from "../src/lib/honeycomb.ts";

test("every comb fits its box, or is as high as its smallest cells need", () => {
  for (const n of [0, 1, 2, 7, 50, 333, 1000, 9999, 10000]) {
    for (const [w, h] of [
      [360, 300],
      [1490, 810],
      [800, 2000],
      [2500, 1200],
    ] as const) {
      const c = layout(n, w, h, 5, 90);
      assert.ok(usedWidth(c) <= w + 0.01 || c.cols === 1, `${n} in ${w}×${h}: ${usedWidth(c)} wide`);
      assert.ok(c.height <= h + 0.01 || c.r <= 5, `${n} in ${w}×${h}: ${c.height} high with r ${c.r}`);
      assert.ok(c.r <= 90.001);
      const [x, y] = centre(c, Math.max(0, n - 1));
      assert.ok(n === 0 || (x <= w && y <= c.height), `${n}: last cell inside`);
    }
  }
});

test("ten thousand cells on a wall screen are large enough to point at", () => {
  assert.ok(layout(10000, 1490, 810, 5, 90).r > 6);
});

test("the centre of every cell is in that cell", () => {
  for (const n of [1, 13, 1000]) {
    const c = layout(n, 700, 500, 4, 60);
    for (let i = 0; i < n; i++) assert.equal(cellAt(c, ...centre(c, i)), i);
  }
});

test("points beside the comb are in no cell", () => {
  const c = layout(50, 1000, 600, 5, 40);
  assert.equal(cellAt(c, -50, 10), -1);
  assert.equal(cellAt(c, 10, c.height + 60), -1);
  assert.equal(cellAt(c, 5000, 10), -1);
  assert.equal(cellAt(layout(0, 100, 100, 5, 40), 10, 10), -1);
});

test("small cells lie on whole pixels", () => {
  const c = layout(10000, 1490, 810, 5, 90);
  for (const v of [c.dx, c.dy, c.shift]) assert.equal(v % 1, 0);
});

test("keys move by cell and by row and stay inside", () => {
  const c = { ...layout(10, 100, 100, 5, 20), cols: 4, n: 10 };
  assert.equal(step(c, -1, "ArrowRight"), 0);
  assert.equal(step(c, 0, "ArrowLeft"), 0);
  assert.equal(step(c, 1, "ArrowDown"), 5);
  assert.equal(step(c, 7, "ArrowDown"), 7);
  assert.equal(step(c, 9, "ArrowRight"), 9);
  assert.equal(step(c, 5, "ArrowUp"), 1);
  assert.equal(step(c, 5, "Home"), 0);
  assert.equal(step(c, 5, "End"), 9);
  assert.equal(step({ ...c, n: 0 }, -1, "Home"), -1);
});
