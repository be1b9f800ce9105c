/*
 * sample.ts - reads an agent's message for the host page.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { CpuMode, CpuTimes, DiskRow, NetRow, Sample } from "../api.ts";

type Num = number | null;

/** A number somewhere inside, or null. */
export function dig(from: unknown, ...path: string[]): Num {
  let at: unknown = from;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return null;
    at = (at as Record<string, unknown>)[step];
  }
  return typeof at === "number" && Number.isFinite(at) ? at : null;
}

/** Percent not idle; waiting for a disk is idle time, too. */
export function busy(c: Partial<CpuTimes> | null | undefined): Num {
  if (!c || c.idle === null || c.idle === undefined) return null;
  return Math.max(0, 100 - c.idle - (c.iowait ?? 0));
}

/** Modes as drawn, from the bottom; the two kinds of guest are one. */
export const CPU_SHOWN = ["system", "user", "nice", "iowait", "irq", "softirq", "steal", "guest"] as const;
export type CpuShown = (typeof CPU_SHOWN)[number];

export function cpuShare(c: CpuTimes | null | undefined, mode: CpuShown): Num {
  if (!c) return null;
  if (mode === "guest" && c.guest !== null) return c.guest + (c.guest_nice ?? 0);
  return c[mode as CpuMode] ?? null;
}

export const NET_ALL = "";
export const DISK_ALL = "";

const sum = (values: Num[]): Num => {
  const known = values.filter((v): v is number => v !== null);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
};

/** Interface names, loopback last, otherwise the busiest first by bytes since boot. */
export function interfaces(s: Sample | undefined): string[] {
  const net = s?.net ?? {};
  const weight = (name: string): number => (net[name]?.bytes_recv ?? 0) + (net[name]?.bytes_sent ?? 0);
  return Object.keys(net).sort(
    (a, b) => Number(a === "lo") - Number(b === "lo") || weight(b) - weight(a) || (a < b ? -1 : 1),
  );
}

/** KB/s of one interface, or of all hardware ones (of all but the loopback, where the agent does not say). */
export function netRate(s: Sample, name: string, key: "read" | "write"): Num {
  const net = s.net;
  if (!net) return null;
  if (name !== NET_ALL) return net[name]?.[key] ?? null;
  if (s.net_total && s.net_total[key] !== null) return s.net_total[key];
  return sum(
    Object.entries(net)
      .filter(([n]) => n !== "lo")
      .map(([, r]: [string, NetRow]) => r[key]),
  );
}

/** KB/s of one disk, or of all. */
export function diskRate(s: Sample, name: string, key: "read" | "write"): Num {
  if (!s.disk) return null;
  if (name !== DISK_ALL) return s.disk.disks?.find((d: DiskRow) => d.name === name)?.[key] ?? null;
  return key === "read" ? s.disk.tread : s.disk.twrite;
}
