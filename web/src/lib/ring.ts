/*
 * ring.ts - the last five minutes of one host, and the columns charts are drawn from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { Sample } from "../api.ts";

/** How long a chart looks back. */
export const WINDOW_S = 300;

/**
 * Samples by time, oldest first, none twice, none older than the window before the newest.
 * They may come late and out of order: a reopened page merges what the server kept with what
 * arrived meanwhile.
 */
export class SampleRing {
  readonly samples: Sample[] = [];

  get last(): Sample | undefined {
    return this.samples[this.samples.length - 1];
  }

  /** Adds one; false when it was there already, too old, or without a time. */
  push(s: Sample): boolean {
    if (typeof s.ts !== "number" || !Number.isFinite(s.ts)) return false;
    const all = this.samples;
    let i = all.length;
    while (i > 0 && all[i - 1]!.ts > s.ts) i--;
    if (i > 0 && all[i - 1]!.ts === s.ts) return false;
    const newest = Math.max(s.ts, this.last?.ts ?? s.ts);
    if (s.ts < newest - WINDOW_S) return false;
    all.splice(i, 0, s);
    let old = 0;
    while (all[old]!.ts < newest - WINDOW_S) old++;
    if (old > 0) all.splice(0, old);
    return true;
  }

  clear(): void {
    this.samples.length = 0;
  }
}

export type Column = (number | null)[];

/**
 * Times and one column per getter. Where more time passed between two samples than either was
 * taken over (with slack for jitter), a row of nulls stands between them: a hole shows as a hole.
 */
export function columns(
  samples: readonly Sample[],
  gets: readonly ((s: Sample) => number | null | undefined)[],
): [number[], ...Column[]] {
  const xs: number[] = [];
  const ys: Column[] = gets.map(() => []);
  let before: Sample | undefined;
  for (const s of samples) {
    if (before && s.ts - before.ts > gapAfter(before, s)) {
      xs.push((s.ts + before.ts) / 2);
      for (const y of ys) y.push(null);
    }
    xs.push(s.ts);
    gets.forEach((get, i) => ys[i]!.push(get(s) ?? null));
    before = s;
  }
  return [xs, ...ys];
}

function gapAfter(a: Sample, b: Sample): number {
  return Math.max(a.interval ?? 1, b.interval ?? 1, 1) * 2.5;
}

/** Column on column: what is drawn first is the sum of all; null stays null. */
export function stack(cols: readonly Column[]): Column[] {
  const sums: Column[] = [];
  let below: Column | undefined;
  for (const col of cols) {
    const base = below;
    below = col.map((v, i) => {
      const b = base ? (base[i] ?? null) : 0;
      return v === null || b === null ? null : v + b;
    });
    sums.push(below);
  }
  return sums;
}

/** The index of the sample nearest to `ts`, or -1. */
export function nearest(samples: readonly Sample[], ts: number): number {
  let best = -1;
  for (let i = 0; i < samples.length; i++) {
    if (best < 0 || Math.abs(samples[i]!.ts - ts) < Math.abs(samples[best]!.ts - ts)) best = i;
  }
  return best;
}
