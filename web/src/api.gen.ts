// api.gen.ts - the wire: what /api/v1 gives. Printed from the server's tables by `describe`; not to be changed by hand.
//
// SPDX-License-Identifier: Apache-2.0
//
// Times are UTC milliseconds since 1970 unless the name says otherwise; a number the server does not know is null.

/** Why a request was refused: {"error": ApiError}. */
export interface ApiError {
  /** For programs: lower case, with underscores. */
  code: string;
  /** For people. */
  message: string;
  /** What it is about. */
  field?: string;
  /** What to do. */
  remedy?: string;
}

/** What answers here. */
export interface Version {
  /** Always "muster". */
  name: string;
  /** Version of the server. */
  version: string;
  /** Version of the API: the number in its path. */
  api: number;
  /** There is no admin yet: the printed setup link makes the first. */
  setup: boolean;
}

/** One part of the server. */
export interface Part {
  /** redis, sql, ingest, checkstate, ... */
  name: string;
  /** ok, down, starting, or standby (another server has the lease). */
  state: string;
  /** Nothing is wrong with it. */
  ok: boolean;
  /** When it came into this state. */
  since: number;
  /** A sentence; empty when all is well. */
  message: string;
}

/** How many hosts are in each state. */
export interface HostCounts {
  /** Not heard of since the server started. */
  unknown: number;
  /** Waiting to be let in. */
  waiting: number;
  /** Reporting. */
  online: number;
  /** Silent for three intervals, or stopped. */
  offline: number;
}

/** How the server is. */
export interface Health {
  /** ok when every part is. */
  status: "ok" | "degraded";
  /** The parts. */
  parts: Part[];
  /** Since the server started. (s) */
  uptime_s: number;
  /** The fleet in numbers. */
  hosts: HostCounts;
  /** Messages taken in since the start. */
  messages: number;
  /** Messages refused since the start. */
  malformed: number;
}

/** Who is logged in. */
export interface User {
  /** Of the user, or of the token. */
  name: string;
  /** What they may do. */
  role: "visitor" | "developer" | "admin";
}

/** A login. */
export interface Session {
  /** Who is logged in. */
  user: User;
  /** To be sent as X-CSRF-Token with everything but GET; empty for tokens. */
  csrf: string;
}

/** One host of the roll. */
export interface HostRow {
  /** The host's identity; all 0 until it is known. In lists its first 8 hex digits, on its own page all 32. */
  id: string;
  /** The address it reports from. */
  ip: string;
  /** Its full name. */
  hostname: string;
  /** "unknown" unless set. */
  region: string;
  /** See HostCounts. */
  state: "unknown" | "waiting" | "online" | "offline";
  /** When it came into this state. */
  since: number;
  /** When it was last heard. */
  seen: number | null;
  /** How often it reports. (s) */
  interval: number | null;
  /** Load average of a minute. */
  load1: number | null;
  /** Processors busy. (%) */
  cpu: number | null;
  /** Memory that is not available. (%) */
  mem: number | null;
  /** The fullest local file system. (%) */
  disk: number | null;
  /** Received by all its cards. (KB/s) */
  net_in: number | null;
  /** Sent by all its cards. (KB/s) */
  net_out: number | null;
  /** Processors. */
  cores: number | null;
  /** Version of its agent. */
  version: string | null;
  /** It changes its state so often that its events are held back. */
  flapping: boolean;
  /** Another living host uses its identity or its address. */
  duplicate: boolean;
}

/** The roll. */
export interface HostList {
  /** The server's time. */
  now: number;
  /** Grows with every change of the roll. */
  rev: number;
  /** In the order they came. */
  hosts: HostRow[];
}

/** A row of tb_worker_stamp_info: for so long, nothing but the time changed. */
export interface WorkerRun {
  /** Beginning, seconds since 1970. (s) */
  firsttime: number;
  /** Last confirmed, seconds since 1970. (s) */
  updatetime: number;
  /** Its name then. */
  hostname: string;
  /** Memory. (%) */
  mempercent: number | null;
  /** Fullest file system. (%) */
  diskpercent: number | null;
}

/** All about one host. */
export interface HostDetail extends HostRow {
  /** The server's time. */
  now: number;
  /** Its clock against the server's Redis. (ms) */
  offset_ms: number | null;
  /** When it first came. */
  first_seen: number | null;
  /** Of the card that owns the address. */
  mac: string | null;
  /** Name of its system. */
  os: string | null;
  /** Release of its kernel. */
  kernel: string | null;
  /** Its processors. */
  cpu_model: string | null;
  /** Its memory. (MB) */
  mem_total_mb: number | null;
  /** When it was started. */
  boot: number | null;
  /** All of server:info:{ip}. */
  info: Record<string, string>;
  /** Its latest runs, newest first. */
  runs: WorkerRun[];
}

/** Where processor time went; the ten add up to 100. */
export interface CpuTimes {
  /** In programs, without guests. (%) */
  user: number | null;
  /** In programs of low priority. (%) */
  nice: number | null;
  /** In the kernel. (%) */
  system: number | null;
  /** Nothing to do. (%) */
  idle: number | null;
  /** Nothing to do but wait for a disk. (%) */
  iowait: number | null;
  /** Serving interrupts. (%) */
  irq: number | null;
  /** Serving deferred interrupts. (%) */
  softirq: number | null;
  /** Taken by the hypervisor. (%) */
  steal: number | null;
  /** Running guests. (%) */
  guest: number | null;
  /** Running guests of low priority. (%) */
  guest_nice: number | null;
}

/** Load averages. */
export interface Load {
  /** Of one minute. */
  w1_avg: number | null;
  /** Of five minutes. */
  w5_avg: number | null;
  /** Of fifteen minutes. */
  w15_avg: number | null;
}

/** Processors: all together, and each. */
export interface Cpu extends CpuTimes {
  /** How many are online. */
  count: number | null;
  /** Each processor. */
  cores: CpuTimes[];
}

/** Memory. */
export interface MemInfo {
  /** All of it. (MB) */
  total: number | null;
  /** total - free. (MB) */
  used: number | null;
  /** used - buffers - cached. (MB) */
  abs_used: number | null;
  /** Unused. (MB) */
  free: number | null;
  /** Of block devices. (MB) */
  buffers: number | null;
  /** File cache. (MB) */
  cached: number | null;
  /** Used recently. (MB) */
  active: number | null;
  /** Not used recently. (MB) */
  inactive: number | null;
  /** Swap in use. (MB) */
  swap_used: number | null;
  /** What programs could still get. (MB) */
  available: number | null;
  /** Swap in all. (MB) */
  swap_total: number | null;
  /** tmpfs and shared. (MB) */
  shared: number | null;
  /** Waiting to be written. (MB) */
  dirty: number | null;
  /** The kernel's own structures. (MB) */
  slab: number | null;
}

/** One disk. */
export interface DiskRow {
  /** Its device. */
  name: string;
  /** Its size. (KB) */
  cap: number | null;
  /** Free on the file systems it holds. (KB) */
  free: number | null;
  /** Read. (KB/s) */
  read: number | null;
  /** Written. (KB/s) */
  write: number | null;
}

/** One file system. */
export interface FileSystem {
  /** Where it is mounted. */
  mount: string;
  /** What is mounted. */
  device: string;
  /** ext4, xfs, nfs4, ... */
  type: string;
  /** It is another machine's. */
  remote: boolean;
  /** Size. (KB) */
  total: number | null;
  /** In use. (KB) */
  used: number | null;
  /** Free for everybody. (KB) */
  free: number | null;
  /** Full, as df shows it. (%) */
  percent: number | null;
  /** stuck: it does not answer. */
  state: "ok" | "stuck";
}

/** Disks and file systems. */
export interface Disk {
  /** All local file systems. (KB) */
  total: number | null;
  /** Free for everybody. (KB) */
  free: number | null;
  /** In use. (KB) */
  used: number | null;
  /** Free, with what root keeps. (KB) */
  tfree: number | null;
  /** Read. (KB/s) */
  tread: number | null;
  /** Written. (KB/s) */
  twrite: number | null;
  /** Reads done. Counts up. */
  read_count: number | null;
  /** Writes done. Counts up. */
  write_count: number | null;
  /** Bytes read. Counts up. */
  read_bytes: number | null;
  /** Bytes written. Counts up. */
  write_bytes: number | null;
  /** Spent reading. Counts up. (ms) */
  read_time: number | null;
  /** Spent writing. Counts up. (ms) */
  write_time: number | null;
  /** Each disk. */
  disks: DiskRow[];
  /** Each file system, once. */
  filesystems: FileSystem[];
}

/** One network card. */
export interface NetRow {
  /** Received. (KB/s) */
  read: number | null;
  /** Sent. (KB/s) */
  write: number | null;
  /** Bytes sent. Counts up. */
  bytes_sent: number | null;
  /** Bytes received. Counts up. */
  bytes_recv: number | null;
  /** Packets sent. Counts up. */
  packets_sent: number | null;
  /** Packets received. Counts up. */
  packets_recv: number | null;
  /** Errors receiving. Counts up. */
  errin: number | null;
  /** Errors sending. Counts up. */
  errout: number | null;
  /** Dropped on receipt. Counts up. */
  dropin: number | null;
  /** Dropped on sending. Counts up. */
  dropout: number | null;
  /** Of the link. (Mbit/s) */
  speed?: number | null;
  /** 1: the link is up. */
  up?: number | null;
}

/** What all cards do together. */
export interface NetTotal {
  /** Received. (KB/s) */
  read: number | null;
  /** Sent. (KB/s) */
  write: number | null;
}

/** What the agent itself costs. */
export interface AgentCost {
  /** Its version. */
  version: string | null;
  /** Of one processor. (%) */
  cpu_percent: number | null;
  /** Its memory. (KB) */
  rss_kb: number | null;
  /** Ticks it missed. */
  missed: number | null;
  /** Clock of the host against Redis. (ms) */
  offset_ms: number | null;
  /** What the last collection took. (ms) */
  cycle_ms?: number | null;
}

/** The message of a host, as it was sent; ours has every member. Rates are over its interval. */
export interface Sample {
  /** Where it belongs, if configured. */
  cluster?: string;
  /** The host. */
  ip: string;
  /** Of the card that owns the address. */
  mac?: string | null;
  /** Its full name. */
  hostname: string;
  /** When, seconds since 1970, with the hub's clock. (s) */
  ts: number;
  /** Counts the messages of one life of the agent. */
  seq: number;
  /** What the rates are taken over. (s) */
  interval: number | null;
  /** Load averages. */
  load?: Load | null;
  /** Processors. */
  cpu?: Cpu | null;
  /** Memory. */
  mem?: MemInfo | null;
  /** Disks. */
  disk?: Disk | null;
  /** Each network card by its name. */
  net?: Record<string, NetRow> | null;
  /** All hardware cards. */
  net_total?: NetTotal | null;
  /** Pressure stall information: docs/metrics.md, pressure.*. */
  pressure?: Record<string, number> | null;
  /** Sockets: sock.*. */
  sock?: Record<string, number> | null;
  /** Processes: procs.*. */
  proc?: Record<string, number> | null;
  /** File handles: files.*. */
  files?: Record<string, number> | null;
  /** Paging and faults: vmstat.*. */
  vm?: Record<string, number> | null;
  /** Since the host was started. (s) */
  uptime?: number | null;
  /** The agent itself. */
  agent?: AgentCost | null;
}

/** A host's latest message. */
export interface SampleReply {
  /** The server's time. */
  now: number;
  /** When the message was made. */
  ts: number;
  /** How long ago it arrived. (ms) */
  age_ms: number;
  /** The message. */
  info: Sample;
}

/** A host's last messages. */
export interface RecentReply {
  /** Oldest first. */
  samples: Sample[];
}

/** A watch. */
export interface WatchReply {
  /** When the watch ends unless renewed. */
  until: number;
}

/** Something that happened. */
export interface EventRow {
  /** Grows with every event. */
  id: number;
  /** When it happened. */
  time: number;
  /** The host it is about. */
  ip: string | null;
  /** Its name. */
  hostname: string | null;
  /** host.offline, redis.down, ... */
  kind: string;
  /** How bad it is. */
  level: "info" | "warn" | "error";
  /** A sentence. */
  text: string;
  /** Details, by kind. */
  data: Record<string, unknown> | null;
}

/** A page of the log. */
export interface EventList {
  /** Newest first. */
  events: EventRow[];
  /** There are older ones. */
  more: boolean;
}

/** What a pass came to. */
export interface CheckReply {
  /** Workers looked at. */
  workers: number;
  /** Of them, offline. */
  offline: number;
  /** Rows of tb_worker_stamp_info that began. */
  changed: number;
  /** How long it took. (ms) */
  took_ms: number;
  /** False: another server on this Redis does it, and nothing was done here. */
  active: boolean;
}

/** A token for programs. */
export interface TokenRow {
  /** Its number. */
  id: number;
  /** Its name. */
  name: string;
  /** What it allows. */
  role: "visitor" | "developer" | "admin";
  /** When it was made. */
  created: number | null;
  /** When it ends; null: never. */
  expires: number | null;
  /** When it was last used. */
  used: number | null;
}

/** All tokens. */
export interface TokenList {
  /** By number. */
  tokens: TokenRow[];
}

/** A new token. */
export interface TokenMade {
  /** Its number. */
  id: number;
  /** The token itself, told this once. */
  token: string;
}

/** The beginning of a stream. */
export interface StreamHello {
  /** The server's time. */
  now: number;
  /** Of the roll; a client that has another one reads GET /hosts. */
  rev: number;
}

/** Changes of a second. */
export interface StreamHosts {
  /** The rows that changed. */
  hosts: HostRow[];
}

/** A host left the roll. */
export interface StreamGone {
  /** Its address. */
  ip: string;
  /** Its identity. */
  id: string;
}

/** A message of a watched host. */
export interface StreamSample {
  /** Whose. */
  ip: string;
  /** The message. */
  info: Sample;
}

/** Server-sent events of GET /events, by their names. */
export interface StreamEvents {
  /** First, and whenever the roll should be read anew. */
  hello: StreamHello;
  /** A host is new, or its state or identity changed. */
  host: HostRow;
  /** All rows whose numbers changed, at most once a second. */
  hosts: StreamHosts;
  /** A host was forgotten. */
  gone: StreamGone;
  /** An event. */
  log: EventRow;
  /** A message of a host named in `watch`. */
  sample: StreamSample;
}
