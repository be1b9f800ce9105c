/*
 * roll.ts - the hosts as the server last told them, in order of address.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { HostRow, HostState } from "../api.ts";
import { ipKey } from "./format.ts";

export type Counts = Record<HostState, number> & { all: number; flapping: number; duplicate: number };

/** What the online hosts add up to. */
export interface Totals {
  hosts: number;
  cores: number;
  cpu: number | null; // percent, weighted by cores
  mem: number | null; // percent
  disk: HostRow | null; // the host with the fullest disk
  net_in: number;
  net_out: number;
}

function byAddress(a: HostRow, b: HostRow): number {
  const ka = ipKey(a.ip);
  const kb = ipKey(b.ip);
  if (ka !== kb) return ka - kb;
  return a.ip !== b.ip ? (a.ip < b.ip ? -1 : 1) : a.id < b.id ? -1 : 1;
}

const BLANK = /^0*$/; // the identity of a host that has not told it yet

/** What tells one row from all others: two hosts may share an address, and copies share an identity. */
export function rowKey(h: Pick<HostRow, "ip" | "id">): string {
  // Lists have the first digits of an identity, a host's own page all of them.
  return `${h.ip} ${BLANK.test(h.id ?? "") ? "" : (h.id ?? "").slice(0, 8)}`;
}

export class Roll {
  /** By address. A row is replaced, never changed: compare by identity. */
  rows: HostRow[] = [];
  private at = new Map<string, number>();
  private first = new Map<string, number>(); // of each address
  private names = new Map<string, number>();

  /** The row of a key of `rowKey`. */
  row(key: string): HostRow | undefined {
    const i = this.at.get(key);
    return i === undefined ? undefined : this.rows[i];
  }

  /** The host at an address; of several the one with that identity, else one that is online. */
  get(ip: string, id?: string): HostRow | undefined {
    const from = this.first.get(ip);
    if (from === undefined) return undefined;
    let best = this.rows[from];
    for (let i = from; this.rows[i]?.ip === ip; i++) {
      const row = this.rows[i]!;
      if (id !== undefined && rowKey(row) === rowKey({ ip, id })) return row;
      if (row.state === "online" && best?.state !== "online") best = row;
    }
    return best;
  }

  /** Its name is another host's as well: it must be told by its address. */
  isNamesake(h: HostRow): boolean {
    return (this.names.get(h.hostname) ?? 0) > 1;
  }

  load(rows: readonly HostRow[]): void {
    this.order([...rows]);
  }

  /** Rows that changed or are new. True when one of them was known at another address: it may have moved. */
  put(rows: readonly HostRow[]): boolean {
    const fresh = new Map<string, HostRow>(); // the last of several rows for one host counts
    let renamed = false;
    for (const row of rows) {
      const key = rowKey(row);
      // Known by its address alone until it told its identity.
      const i = this.at.get(key) ?? this.at.get(`${row.ip} `);
      if (i === undefined) fresh.set(key, row);
      else {
        const old = this.rows[i]!;
        renamed ||= old.hostname !== row.hostname || old.id !== row.id;
        this.rows[i] = row;
      }
    }
    const ids = new Set([...fresh.values()].filter((r) => !BLANK.test(r.id)).map((r) => r.id));
    const moved = ids.size > 0 && this.rows.some((r) => ids.has(r.id));
    if (fresh.size > 0 || renamed) this.order([...this.rows, ...fresh.values()]);
    return moved;
  }

  /** Takes one host off, or without an identity all at that address. */
  remove(ip: string, id?: string): void {
    const key = rowKey({ ip, id: id ?? "" });
    const gone = (r: HostRow): boolean => r.ip === ip && (id === undefined || rowKey(r) === key);
    if (this.first.has(ip)) this.order(this.rows.filter((r) => !gone(r)));
  }

  counts(): Counts {
    const c: Counts = {
      online: 0,
      offline: 0,
      waiting: 0,
      unknown: 0,
      all: this.rows.length,
      flapping: 0,
      duplicate: 0,
    };
    for (const r of this.rows) {
      c[r.state]++;
      if (r.flapping) c.flapping++;
      if (r.duplicate) c.duplicate++;
    }
    return c;
  }

  totals(): Totals {
    const sum: Totals = { hosts: 0, cores: 0, cpu: null, mem: null, disk: null, net_in: 0, net_out: 0 };
    let cpu = 0;
    let mem = 0;
    let memHosts = 0;
    let cpuCores = 0;
    for (const r of this.rows) {
      if (r.state !== "online") continue;
      sum.hosts++;
      const cores = r.cores ?? 1;
      sum.cores += cores;
      if (r.cpu !== null) {
        cpu += r.cpu * cores;
        cpuCores += cores;
      }
      if (r.mem !== null) {
        mem += r.mem;
        memHosts++;
      }
      if (r.disk !== null && r.disk > (sum.disk?.disk ?? -1)) sum.disk = r;
      sum.net_in += r.net_in ?? 0;
      sum.net_out += r.net_out ?? 0;
    }
    if (cpuCores > 0) sum.cpu = cpu / cpuCores;
    if (memHosts > 0) sum.mem = mem / memHosts;
    return sum;
  }

  private order(rows: HostRow[]): void {
    rows.sort(byAddress);
    this.rows = rows;
    this.at = new Map(rows.map((r, i) => [rowKey(r), i]));
    this.first = new Map();
    this.names = new Map();
    rows.forEach((r, i) => {
      if (!this.first.has(r.ip)) this.first.set(r.ip, i);
      if (r.hostname) this.names.set(r.hostname, (this.names.get(r.hostname) ?? 0) + 1);
    });
  }
}
