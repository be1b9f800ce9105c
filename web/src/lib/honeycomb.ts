/*
 * honeycomb.ts - where the cells of a honeycomb lie, and which of them is under a point.
 *
 * Pointy-topped hexagons in rows, every other row moved right by half a cell. `r` is the distance
 * from the centre to a corner: a cell is √3·r wide, rows are 1.5·r apart. Small cells are put on
 * whole pixels, for else the gaps between them would differ and the eye sees stripes that mean nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

const W = Math.sqrt(3);
const SNAP_BELOW = 30; // larger cells are drawn as paths, where fractions do no harm

export interface Comb {
  n: number;
  r: number;
  dx: number; // from one cell to the next
  dy: number; // from one row to the next
  shift: number; // of every other row
  cols: number;
  width: number;
  height: number; // what the rows need, perhaps more than was offered
}

/** The comb of `n` cells that are `dx` apart in rows `dy` apart; null where not even one fits beside. */
function comb(n: number, width: number, dx: number, dy: number, shift: number): Comb | null {
  const cols = Math.min(Math.floor((width - shift) / dx), Math.max(n, 1));
  if (cols < 1) return null;
  const r = Math.min(dx / W, dy / 1.5);
  const rows = Math.ceil(n / cols);
  return { n, r, dx, dy, shift, cols, width, height: rows === 0 ? 0 : (rows - 1) * dy + 2 * r };
}

function free(n: number, width: number, r: number): Comb | null {
  return comb(n, width, W * r, 1.5 * r, (W * r) / 2);
}

/** Cells on whole pixels, the largest of at most `max` that fit, or else the smallest. */
function snapped(n: number, width: number, height: number, min: number, max: number): Comb | null {
  const least = Math.ceil(W * min);
  for (let dx = Math.ceil(W * max); dx >= least; dx--) {
    const exact = (dx * W) / 2;
    for (const dy of [Math.ceil(exact), Math.floor(exact)]) {
      const c = comb(n, width, dx, dy, Math.floor(dx / 2));
      if (c && c.height <= height) return c;
    }
  }
  return comb(n, width, least, Math.max(1, Math.floor((least * W) / 2)), Math.floor(least / 2));
}

/**
 * The comb of `n` cells in `width` × `height` with the largest cells that fit, between `min` and
 * `max`. When even the smallest do not fit, the comb is as high as they need.
 */
export function layout(n: number, width: number, height: number, min: number, max: number): Comb {
  let lo = min;
  let hi = max;
  const fits = (r: number): boolean => (free(n, width, r)?.height ?? Infinity) <= height;
  if (fits(max)) lo = max;
  else {
    // Whether a size fits is monotonic but for rounding; a few halvings are exact enough.
    for (let i = 0; i < 24; i++) {
      const mid = (lo + hi) / 2;
      if (fits(mid)) lo = mid;
      else hi = mid;
    }
  }
  const found = lo < SNAP_BELOW ? snapped(n, width, height, min, lo) : free(n, width, lo);
  return found ?? comb(n, 2 * W * min, W * min, 1.5 * min, 0)!;
}

/** How wide the cells are together. */
export function usedWidth(c: Comb): number {
  return c.cols * c.dx + (c.n > c.cols ? c.shift : 0);
}

/** The centre of cell `i`. */
export function centre(c: Comb, i: number): [number, number] {
  const row = Math.floor(i / c.cols);
  const col = i % c.cols;
  return [(col + 0.5) * c.dx + (row & 1) * c.shift, c.r + row * c.dy];
}

/** The cell at a point, or -1. */
export function cellAt(c: Comb, x: number, y: number): number {
  let best = -1;
  let bestD = Infinity;
  const guess = Math.round((y - c.r) / c.dy);
  for (let row = guess - 1; row <= guess + 1; row++) {
    if (row < 0) continue;
    const around = Math.round((x - (row & 1) * c.shift) / c.dx - 0.5);
    for (let col = around - 1; col <= around + 1; col++) {
      if (col < 0 || col >= c.cols) continue;
      const i = row * c.cols + col;
      if (i >= c.n) continue;
      const [cx, cy] = centre(c, i);
      const d = (cx - x) ** 2 + (cy - y) ** 2;
      if (d < bestD) {
        bestD = d;
        best = i;
      }
    }
  }
  // Nearest centre is exact inside the comb; at its edge a point may be near no cell at all.
  return bestD <= (c.r * 1.15) ** 2 ? best : -1;
}

export type Key = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** The cell a key leads to from `i`; stays inside. */
export function step(c: Comb, i: number, key: Key): number {
  const last = c.n - 1;
  if (last < 0) return -1;
  if (i < 0) return key === "End" ? last : 0;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, i - 1);
    case "ArrowRight":
      return Math.min(last, i + 1);
    case "ArrowUp":
      return i - c.cols >= 0 ? i - c.cols : i;
    case "ArrowDown":
      return i + c.cols <= last ? i + c.cols : i;
    case "Home":
      return 0;
    case "End":
      return last;
  }
}
