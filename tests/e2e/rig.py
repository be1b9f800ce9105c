"""A muster-server of its own, and agents made of a few Redis commands: what they write is the contract.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import json
import os
import signal
import time
import uuid
from pathlib import Path

import redis as redis_module

import programs as p


class Server:
    """muster-server on a data folder, and a client of its API."""

    def __init__(self, programs, data, *args):
        self.programs = programs
        self.data = Path(data)
        self.address = f"127.0.0.1:{p.free_port()}"
        self.args = args
        if "--redis" not in args and "--config" not in args:
            p.choose_redis_port(self.data)
        self.start()

    def start(self):
        self.process = self.programs.start(
            [p.program("muster-server"), "--data", self.data, "--listen", self.address, *self.args]
        )
        p.wait_until(self.is_ready, "server.json of the server")
        self.api = p.Api(self.address, (self.data / "token").read_text(encoding="utf-8").strip())

    def is_ready(self):
        assert self.process.child.poll() is None, f"the server ended:\n{self.process.text()}"
        try:
            return self.json()["pid"] == self.process.pid
        except (OSError, ValueError):
            return False

    def json(self):
        return json.loads((self.data / "server.json").read_text(encoding="utf-8"))

    def kill(self):
        """As if its machine had lost power."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def redis(self, user="server", **more):
        """A client of its private Redis as that user."""
        port = int((self.data / "redis" / "port").read_text(encoding="utf-8"))
        password = (self.data / "redis" / f"{user}.password").read_text(encoding="utf-8").strip()
        return redis_module.Redis(
            port=port, username=user, password=password, decode_responses=True, socket_timeout=p.DEADLINE, **more
        )

    def redis_pid(self):
        return int((self.data / "redis" / "redis.pid").read_text(encoding="utf-8").split()[0])

    def part(self, name):
        """One part of the health."""
        return next(part for part in self.api.get("/health")["parts"] if part["name"] == name)

    def wait_part(self, name, state):
        return p.wait_until(lambda: self.part(name)["state"] == state and self.part(name), f"{name} to be {state}")

    def host(self, ip):
        """Its row in the roll; None when it is not there."""
        return next((h for h in self.api.get("/hosts")["hosts"] if h["ip"] == ip), None)

    def wait_host(self, ip, state, deadline=p.DEADLINE):
        def look():
            row = self.host(ip)
            return row is not None and row["state"] == state and row

        return p.wait_until(look, f"{ip} to be {state}", deadline)

    def log(self, kind=None, ip=None):
        """Events, oldest first."""
        found = self.api.get("/events/log?limit=500")["events"]
        return [e for e in reversed(found) if kind in (None, e["kind"]) and ip in (None, e["ip"])]

    def wait_log(self, kind, ip=None, count=1):
        return p.wait_until(
            lambda: len(self.log(kind, ip)) >= count and self.log(kind, ip), f"{count} events {kind} of {ip}"
        )


class Agent:
    """A host, as far as Redis can tell."""

    def __init__(self, client, ip, hostname=None, interval=1):
        self.client = client
        self.ip = ip
        self.hostname = hostname or "host-" + ip.replace(".", "-")
        self.id = uuid.uuid4().hex
        self.interval = interval
        self.seq = 0

    def now(self):
        seconds, micros = self.client.time()
        return seconds + micros / 1e6

    def message(self, ts, **more):
        return {
            "ip": self.ip,
            "mac": "02:00:00:00:00:01",
            "hostname": self.hostname,
            "ts": round(ts, 3),
            "seq": self.seq,
            "interval": self.interval,
            "load": {"w1_avg": 0.5, "w5_avg": 0.4, "w15_avg": 0.3},
            "cpu": {"user": 20.0, "idle": 75.0, "iowait": 5.0, "count": 4},
            "mem": {"total": 1000.0, "available": 600.0},
            "agent": {"version": "0.1.0", "id": self.id, "interval": self.interval},
            **more,
        }

    def waiting(self):
        """Announces itself and hangs up, as an agent without configuration does."""
        self.client.hset(f"server:info:{self.ip}", mapping={"id": self.id, "hostname": self.hostname})
        self.publish({"type": "waiting", "ip": self.ip, "id": self.id})

    def is_enrolled(self):
        return self.client.exists(f"server:config:{self.ip}") == 1

    def publish(self, message):
        return self.client.publish("update:info", json.dumps(message))

    def report(self, mem=40, disk=70, **more):
        """All keys and the message, as each interval."""
        self.seq += 1
        ts = self.now()
        info = self.message(ts, **more)
        pipe = self.client.pipeline(transaction=False)
        pipe.hset("servers:alive", self.ip, "1")
        pipe.set(f"server:alive:{self.ip}", "1")
        pipe.zadd(f"server:workload:{self.ip}", {json.dumps({"timestamp": info["ts"], "info": info}): info["ts"]})
        pipe.zremrangebyrank(f"server:workload:{self.ip}", 0, -7)
        pipe.set(f"rdv_worker_{self.ip}", json.dumps([int(ts), self.ip, self.hostname, mem, disk]))
        pipe.hset(
            f"server:info:{self.ip}",
            mapping={
                "id": self.id,
                "seen": int(ts * 1000),
                "seq": self.seq,
                "interval": self.interval,
                "run": 1,
                "hostname": self.hostname,
                "version": "0.1.0",
                "kernel": "6.1.0",
            },
        )
        pipe.publish(
            "update:info", json.dumps({"type": "workload", "ip": self.ip, "id": self.id, "info": info})
        )
        pipe.publish(f"update:info:{self.ip}:alive", "1")
        pipe.execute()

    def goodbye(self):
        self.seq += 1
        self.client.hset("servers:alive", self.ip, "0")
        self.client.set(f"server:alive:{self.ip}", "0")
        self.publish(
            {"type": "alive", "ip": self.ip, "alive": "0", "id": self.id, "seq": self.seq, "ts": round(self.now(), 3)}
        )

    def event(self, kind, text, level="warn"):
        self.publish(
            {
                "type": "event",
                "ip": self.ip,
                "id": self.id,
                "ts": round(self.now(), 3),
                "event": {"kind": kind, "level": level, "text": text, "data": {"a": 1}},
            }
        )


def report_for(agents, seconds):
    """Each agent reports each second; a Redis that is away for a moment is what agents live with."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for agent in agents:
            with contextlib.suppress(redis_module.RedisError, OSError):
                agent.report()
        time.sleep(0.5)


def kill_pid(pid):
    os.kill(pid, signal.SIGKILL)
