/*
 * sample.test.ts - tests of sample.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CpuTimes, NetRow, Sample } from "../src/api.ts";
import { busy, cpuShare, dig, diskRate, interfaces, NET_ALL, netRate } from "../src/lib/sample.ts";

const cpu: CpuTimes = {
  user: 20,
  nice: 0,
  system: 5,
  idle: 60,
  iowait: 10,
  irq: 0,
  softirq: 1,
  steal: 2,
  guest: 1,
  guest_nice: 1,
};
const net = (read: number | null, bytes: number): NetRow => ({
  read,
  write: 1,
  bytes_sent: 0,
  bytes_recv: bytes,
  packets_sent: 0,
  packets_recv: 0,
  errin: 0,
  errout: 0,
  dropin: 0,
  dropout: 0,
});
const sample: Sample = {
  ip: "10.0.0.1",
  hostname: "a",
  ts: 1,
  seq: 1,
  interval: 1,
  net: { lo: net(100, 9e9), eth1: net(2, 10), eth0: net(3, 1000) },
  disk: {
    total: 1,
    free: 1,
    used: 0,
    tfree: 1,
    tread: 7,
    twrite: 8,
    read_count: 0,
    write_count: 0,
    read_bytes: 0,
    write_bytes: 0,
    read_time: 0,
    write_time: 0,
    filesystems: [],
    disks: [{ name: "sda", cap: 1, free: null, read: 4, write: null }],
  },
};

test("waiting for a disk is not being busy", () => {
  assert.equal(busy(cpu), 30);
  assert.equal(busy(null), null);
  assert.equal(busy({ ...cpu, idle: null }), null);
});

test("both kinds of guests are one", () => {
  assert.equal(cpuShare(cpu, "guest"), 2);
  assert.equal(cpuShare({ ...cpu, guest: null }, "guest"), null);
});

test("the loopback is last and in no sum", () => {
  assert.deepEqual(interfaces(sample), ["eth0", "eth1", "lo"]);
  assert.equal(netRate(sample, NET_ALL, "read"), 5);
  assert.equal(netRate(sample, "lo", "read"), 100);
  assert.equal(netRate({ ...sample, net: null }, NET_ALL, "read"), null);
});

test("the agent's own sum of hardware interfaces is preferred: bridges would count twice", () => {
  assert.equal(netRate({ ...sample, net_total: { read: 4, write: null } }, NET_ALL, "read"), 4);
  assert.equal(netRate({ ...sample, net_total: { read: null, write: null } }, NET_ALL, "read"), 5);
});

test("one disk or all of them", () => {
  assert.equal(diskRate(sample, "", "read"), 7);
  assert.equal(diskRate(sample, "sda", "read"), 4);
  assert.equal(diskRate(sample, "sda", "write"), null);
  assert.equal(diskRate(sample, "sdz", "read"), null);
});

test("digging finds numbers only", () => {
  assert.equal(dig({ a: { b: 3 } }, "a", "b"), 3);
  assert.equal(dig({ a: { b: "3" } }, "a", "b"), null);
  assert.equal(dig(null, "a"), null);
});
