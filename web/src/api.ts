/*
 * api.ts - the wire: what /api/v1 takes and gives, as printed from the server's tables, and names for its parts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { CpuTimes, EventRow, HostRow, User } from "./api.gen.ts";

export type * from "./api.gen.ts";

export type HostState = HostRow["state"];
export type Level = EventRow["level"];
export type Role = User["role"];
export type CpuMode = keyof CpuTimes;

/** In the order they are stacked in a chart. */
export const CPU_MODES = [
  "user",
  "nice",
  "system",
  "iowait",
  "irq",
  "softirq",
  "steal",
  "guest",
  "guest_nice",
  "idle",
] as const satisfies readonly CpuMode[];
