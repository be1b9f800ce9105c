/*
 * search.ts - finds and orders hosts: words, comparisons such as cpu>80, is:flapping, is:duplicate.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { HostRow, HostState } from "../api.ts";
import { ipKey, natural } from "./format.ts";

const METRICS = ["cpu", "mem", "disk", "load1", "cores", "net_in", "net_out"] as const;
export type Metric = (typeof METRICS)[number];

const NAMES: Record<string, Metric> = {
  cpu: "cpu",
  mem: "mem",
  disk: "disk",
  load: "load1",
  load1: "load1",
  cores: "cores",
  in: "net_in",
  out: "net_out",
};

type Test = (h: HostRow) => boolean;

function comparison(word: string): Test | undefined {
  const m = /^([a-z0-9]+)(>=|<=|>|<)(\d+(?:\.\d+)?)%?$/.exec(word);
  const key = m && NAMES[m[1]!];
  if (!m || !key) return undefined;
  const limit = Number(m[3]);
  const op = m[2]!;
  return (h) => {
    const v = h[key];
    if (v === null || v === undefined) return false;
    return op === ">" ? v > limit : op === "<" ? v < limit : op === ">=" ? v >= limit : v <= limit;
  };
}

function word(text: string): Test {
  if (text === "is:flapping") return (h) => h.flapping;
  if (text === "is:duplicate") return (h) => h.duplicate;
  return (h) =>
    h.ip.includes(text) ||
    (h.hostname ?? "").toLowerCase().includes(text) ||
    (h.region ?? "").toLowerCase().includes(text) ||
    (h.version ?? "").toLowerCase().includes(text);
}

/** A test that all words of `query` pass; empty passes all. */
export function matcher(query: string): Test {
  const words = query
    .toLowerCase()
    .replace(/\s*(>=|<=|>|<)\s*/g, "$1")
    .split(/\s+/)
    .filter(Boolean);
  const tests = words.map((w) => comparison(w) ?? word(w));
  return (h) => tests.every((t) => t(h));
}

export type SortKey = "state" | "hostname" | "ip" | "region" | "version" | "seen" | Metric;

// Worst first when ascending by state: that is what one looks for.
const RANK: Record<HostState, number> = { offline: 0, waiting: 1, unknown: 2, online: 3 };

function value(h: HostRow, key: SortKey): number | string | null {
  switch (key) {
    case "state":
      return RANK[h.state];
    case "ip":
      return ipKey(h.ip);
    case "hostname":
    case "region":
      return h[key] ?? "";
    case "version":
      return h.version ?? null;
    default:
      return h[key] ?? null;
  }
}

/** Orders by one column, ties by address; what is not known is last in either direction. */
export function sorted(hosts: readonly HostRow[], key: SortKey, descending: boolean): HostRow[] {
  const sign = descending ? -1 : 1;
  const keyed = hosts.map((h) => ({ h, v: value(h, key), ip: ipKey(h.ip) }));
  keyed.sort((a, b) => {
    if (a.v !== b.v) {
      if (a.v === null) return 1;
      if (b.v === null) return -1;
      const c = typeof a.v === "string" ? natural(a.v, String(b.v)) : a.v - Number(b.v);
      if (c !== 0) return c * sign;
    }
    if (a.ip !== b.ip) return a.ip - b.ip;
    return a.h.ip !== b.h.ip ? (a.h.ip < b.h.ip ? -1 : 1) : a.h.id < b.h.id ? -1 : 1;
  });
  return keyed.map((k) => k.h);
}
