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
  return ka !== kb ? ka - kb : a.ip < b.ip ? -1 : 1;
}

export class Roll {
  /** By address. A row is replaced, never changed: compare by identity. */
  rows: HostRow[] = [];
  private at = new Map<string, number>();

  get(ip: string): HostRow | undefined {
    const i = this.at.get(ip);
    return i === undefined ? undefined : this.rows[i];
  }

  load(rows: readonly HostRow[]): void {
    this.order([...rows]);
  }

  /** Rows that changed or are new. */
  put(rows: readonly HostRow[]): void {
    const fresh: HostRow[] = [];
    for (const row of rows) {
      const i = this.at.get(row.ip);
      if (i === undefined) fresh.push(row);
      else this.rows[i] = row;
    }
    if (fresh.length > 0) {
      // The last of several rows for one address counts.
      const last = new Map(fresh.map((r) => [r.ip, r]));
      this.order([...this.rows, ...last.values()]);
    }
  }

  remove(ip: string): void {
    if (this.at.has(ip)) this.order(this.rows.filter((r) => r.ip !== ip));
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
    this.at = new Map(rows.map((r, i) => [r.ip, i]));
  }
}
