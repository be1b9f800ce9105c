#!/usr/bin/python3
"""A fleet that reports through the Redis contract, for load: N hosts, each with all keys, every interval.

The messages have the shape of real ones (docs/message.md), the numbers wander. It writes only what an agent writes.

    fleet.py --data DIR --hosts 10000 [--interval 10] [--seconds 60] [--cores 4]

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import hashlib
import json
import random
import time
from pathlib import Path

import redis

MODES = ("user", "nice", "system", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")


def address(number):
    """The ip of host `number`: 10.x.y.z, never .0 or .255."""
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


class Host:
    """One simulated host."""

    def __init__(self, number, cores):
        self.ip = address(number)
        self.name = f"node-{number:05d}"
        self.id = hashlib.sha256(self.name.encode()).hexdigest()[:32]
        self.cores = cores
        self.busy = random.uniform(1, 60)
        self.mem = random.uniform(10, 80)
        self.disk = random.uniform(5, 90)
        self.seq = 0

    def wander(self):
        self.busy = min(99, max(0.5, self.busy + random.uniform(-6, 6)))
        self.mem = min(98, max(3, self.mem + random.uniform(-1, 1)))
        self.seq += 1

    def modes(self):
        split = {m: 0.0 for m in MODES}
        split["user"] = round(self.busy * 0.7, 2)
        split["system"] = round(self.busy * 0.3, 2)
        split["idle"] = round(100 - split["user"] - split["system"], 2)
        return split

    def message(self, now, interval):
        total = 16384.0
        used = round(total * self.mem / 100, 1)
        cap = 512 * 1024 * 1024
        full = int(cap * self.disk / 100)
        return {
            "ip": self.ip, "mac": "02:00:00:00:00:01", "hostname": self.name, "ts": round(now, 3), "seq": self.seq,
            "interval": interval,
            "load": {"w1_avg": round(self.busy / 25, 2), "w5_avg": round(self.busy / 26, 2), "w15_avg": 1.0},
            "cpu": {**self.modes(), "count": self.cores, "cores": [self.modes() for _ in range(self.cores)]},
            "mem": {"total": total, "used": used, "abs_used": used, "free": round(total - used, 1), "buffers": 100.0,
                    "cached": 900.0, "active": 2000.0, "inactive": 1000.0, "swap_used": 0.0,
                    "available": round(total - used, 1), "swap_total": 0.0},
            "disk": {"total": cap, "free": cap - full, "used": full, "tfree": cap - full, "tread": 12.5, "twrite": 88.0,
                     "read_count": 1000 + self.seq, "write_count": 2000 + self.seq, "read_bytes": 10 ** 9,
                     "write_bytes": 2 * 10 ** 9, "read_time": 1234, "write_time": 4321,
                     "disks": [{"name": "sda", "cap": cap, "free": cap - full, "read": 12.5, "write": 88.0}],
                     "filesystems": [{"mount": "/", "device": "/dev/sda1", "type": "ext4", "total": cap, "used": full,
                                      "free": cap - full, "percent": round(self.disk, 1), "state": "ok"}]},
            "net": {"eth0": {"read": round(self.busy * 10, 1), "write": round(self.busy * 4, 1), "bytes_sent": 10 ** 9,
                             "bytes_recv": 2 * 10 ** 9, "packets_sent": 10 ** 6, "packets_recv": 10 ** 6, "errin": 0,
                             "errout": 0, "dropin": 0, "dropout": 0}},
            "uptime": 100000 + self.seq * interval,
            "agent": {"version": "0.1.0", "cpu_percent": 0.02, "rss_kb": 4000, "missed": 0, "offset_ms": 0.1},
        }

    def report(self, pipe, now, interval):
        """All that an agent writes each interval, into one pipeline."""
        self.wander()
        info = json.dumps(self.message(now, interval), separators=(",", ":"))
        pipe.hset("servers:alive", self.ip, "1")
        pipe.set(f"server:alive:{self.ip}", "1")
        pipe.set(f"rdv_worker_{self.ip}", json.dumps([int(now), self.ip, self.name, int(self.mem), int(self.disk)]))
        pipe.hset(f"server:info:{self.ip}", mapping={
            "id": self.id, "hostname": self.name, "seen": int(now * 1000), "seq": self.seq, "interval": interval,
            "run": "1", "os": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0-18-amd64", "version": "0.1.0"})
        pipe.zadd(f"server:workload:{self.ip}", {f'{{"timestamp":{now:.3f},"info":{info}}}': now})
        pipe.zremrangebyrank(f"server:workload:{self.ip}", 0, -7)
        pipe.publish("update:info", f'{{"type":"workload","ip":"{self.ip}","id":"{self.id}","info":{info}}}')


def connect(data):
    """A client for the Redis of the server whose data directory is `data`."""
    where = json.loads((Path(data) / "server.json").read_text(encoding="utf-8"))["redis"]
    login = {"username": where.get("user") or None, "password": where.get("password") or None}
    if where.get("socket"):
        return redis.Redis(unix_socket_path=where["socket"], **login)
    return redis.Redis(host=where["host"], port=where["port"], **login)


class Fleet:
    """N hosts whose reports are spread evenly over the interval."""

    def __init__(self, client, hosts, interval=10, cores=4):
        random.seed(1)
        self.client = client
        self.interval = interval
        self.hosts = [Host(n, cores) for n in range(hosts)]
        self.at = 0

    def configure(self):
        """What the operator or enrolment has written: without it an agent does not report."""
        pipe = self.client.pipeline(transaction=False)
        for host in self.hosts:
            pipe.hset(f"server:config:{host.ip}", mapping={"services": "{}", "controlled": "{}"})
        pipe.execute()

    def send(self, count):
        """The next `count` reports."""
        pipe = self.client.pipeline(transaction=False)
        now = time.time()
        for _ in range(count):
            self.hosts[self.at].report(pipe, now, self.interval)
            self.at = (self.at + 1) % len(self.hosts)
        pipe.execute()

    def run(self, seconds, step=0.1):
        """Reports at the fleet's pace for so long; returns how far behind it ended, in seconds."""
        start = time.monotonic()
        sent = 0
        while time.monotonic() - start < seconds:
            due = int((time.monotonic() - start) / self.interval * len(self.hosts)) - sent
            if due > 0:
                self.send(min(due, 500))
                sent += min(due, 500)
            else:
                time.sleep(step)
        return (time.monotonic() - start) - sent * self.interval / len(self.hosts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data")
    parser.add_argument("--hosts", type=int, default=10000)
    parser.add_argument("--interval", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cores", type=int, default=4)
    args = parser.parse_args()
    fleet = Fleet(connect(args.data), args.hosts, args.interval, args.cores)
    fleet.configure()
    fleet.send(args.hosts)
    behind = fleet.run(args.seconds)
    print(f"{args.hosts} hosts every {args.interval:g} s for {args.seconds:g} s, {max(behind, 0):.1f} s behind at the end")


if __name__ == "__main__":
    main()
