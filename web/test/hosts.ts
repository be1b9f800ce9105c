/*
 * hosts.ts - makes rows for the tests.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { HostRow } from "../src/api.ts";

export function host(ip: string, more: Partial<HostRow> = {}): HostRow {
  return {
    id: ip.replace(/\D/g, "").padEnd(32, "1"),
    ip,
    hostname: `h-${ip}`,
    region: "unknown",
    state: "online",
    since: 0,
    seen: 0,
    interval: 10,
    load1: 1,
    cpu: 10,
    mem: 20,
    disk: 30,
    net_in: 1,
    net_out: 2,
    cores: 4,
    version: "0.1.0",
    flapping: false,
    duplicate: false,
    ...more,
  };
}
