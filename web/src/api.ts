/*
 * api.ts - the wire: what /api/v1 takes and gives.
 *
 * Only types live here, one for one with the server's route table. Times are milliseconds since 1970
 * unless the name says otherwise; a number the server does not know is null.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

export type HostState = "online" | "offline" | "waiting" | "unknown";
export type Role = "visitor" | "developer" | "admin";
export type Level = "info" | "warn" | "error";
type Num = number | null;

export interface ApiError {
  code: string;
  message: string;
  field?: string;
  remedy?: string;
}

export interface Version {
  name: string;
  version: string;
  api: number;
  setup: boolean;
}

export interface Part {
  name: string;
  state: string;
  since?: number;
  message?: string;
}

export interface Health {
  status: "ok" | "degraded";
  parts: Part[];
  uptime_s: number;
  hosts: Record<HostState, number>;
}

export interface Session {
  user: { name: string; role: Role };
  csrf: string;
}

export interface HostRow {
  id: string;
  ip: string;
  hostname: string;
  region: string;
  state: HostState;
  since: number;
  seen: number | null;
  interval: Num;
  load1: Num;
  cpu: Num;
  mem: Num;
  disk: Num;
  net_in: Num;
  net_out: Num;
  cores: Num;
  version: string | null;
  labels?: string[] | Record<string, string> | null;
  flapping: boolean;
  duplicate: boolean;
}

export interface HostList {
  now: number;
  rev: number;
  hosts: HostRow[];
}

/** One row of tb_worker_stamp_info: a run in which nothing but the time changed. */
export interface WorkerRun {
  firsttime: number;
  updatetime: number;
  mempercent: Num;
  diskpercent: Num;
  hostname?: string;
}

export interface HostDetail extends HostRow {
  info?: Record<string, string>;
  mac?: string | null;
  os?: string | null;
  kernel?: string | null;
  cpu_model?: string | null;
  mem_total_mb?: Num;
  boot?: Num;
  offset_ms?: Num;
  first_seen?: Num;
  runs?: WorkerRun[];
}

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
] as const;
export type CpuMode = (typeof CPU_MODES)[number];
export type CpuTimes = Record<CpuMode, Num>;

export interface MemInfo {
  total: Num;
  used: Num;
  abs_used: Num;
  free: Num;
  buffers: Num;
  cached: Num;
  active: Num;
  inactive: Num;
  swap_used: Num;
  available?: Num;
  swap_total?: Num;
}

export interface DiskRow {
  name: string;
  cap: Num;
  free: Num;
  read: Num;
  write: Num;
}

export interface FileSystem {
  mount: string;
  device: string;
  type: string;
  remote?: boolean;
  total: Num;
  used: Num;
  free: Num;
  percent: Num;
  state: "ok" | "stuck";
}

export interface NetRow {
  read: Num;
  write: Num;
  bytes_sent: Num;
  bytes_recv: Num;
  packets_sent: Num;
  packets_recv: Num;
  errin: Num;
  errout: Num;
  dropin: Num;
  dropout: Num;
  speed?: Num; // Mbit/s
  up?: Num; // 1 or 0
}

/** The message an agent sends (memory in MB, disk in KB, rates in KB/s, percent 0-100). */
export interface Sample {
  ip: string;
  mac?: string | null;
  hostname: string;
  cluster?: string;
  ts: number; // seconds, with decimals
  seq: number;
  interval: Num;
  load?: { w1_avg: Num; w5_avg: Num; w15_avg: Num } | null;
  cpu?: (CpuTimes & { count: Num; cores?: CpuTimes[] | null }) | null;
  mem?: MemInfo | null;
  disk?: {
    total: Num;
    free: Num;
    used: Num;
    tfree: Num;
    tread: Num;
    twrite: Num;
    disks?: DiskRow[] | null;
    filesystems?: FileSystem[] | null;
  } | null;
  net?: Record<string, NetRow> | null;
  net_total?: { read: Num; write: Num } | null; // hardware interfaces
  pressure?: Record<string, unknown> | null;
  sock?: Record<string, unknown> | null;
  proc?: Record<string, unknown> | null;
  files?: Record<string, unknown> | null;
  vm?: Record<string, unknown> | null;
  uptime?: Num;
  agent?: {
    version?: string | null;
    cpu_percent?: Num;
    rss_kb?: Num;
    missed?: Num;
    offset_ms?: Num;
    cycle_ms?: Num;
  } | null;
}

export interface SampleReply {
  now: number;
  ts: number;
  age_ms: number;
  info: Sample;
}

export interface RecentReply {
  samples: Sample[];
}

export interface WatchReply {
  until: number;
}

export interface EventRow {
  id: number;
  time: number;
  ip: string | null;
  hostname: string | null;
  kind: string;
  level: Level;
  text: string;
  text_zh?: string | null;
  data?: Record<string, unknown> | null;
}

export interface EventList {
  events: EventRow[];
  more: boolean;
}

export interface TokenRow {
  id: number | string;
  name: string;
  role: Role;
  created?: Num;
  expires?: Num;
  used?: Num;
}

export interface TokenList {
  tokens: TokenRow[];
}

export interface TokenMade {
  token: string;
}

// Server-sent events of GET /events, by event name.
export interface StreamEvents {
  hello: { now: number; rev: number };
  host: HostRow;
  hosts: { hosts: HostRow[] };
  gone: { ip: string };
  log: EventRow;
  sample: { ip: string; info: Sample };
}
