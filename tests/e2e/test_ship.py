"""The worker's session with a real redis-server: every key and message of the contract, and what goes wrong.

The session runs alone in ship_tiny, with real collectors, so that a test can say to the millisecond what was written.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import json
import queue
import signal
import subprocess
import threading
import time

import programs as p
import pytest
import redis as redis_module

ID = "5aa55aa55aa55aa55aa55aa55aa55aa5"
OTHER_ID = "0123456789abcdef0123456789abcdef"
IP = "10.0.0.7"


class Ship:
    """One session: its process, and lines to it."""

    def __init__(self, programs, address, host_id=ID, ip=IP, interval_ms=1000):
        self.process = programs.start(
            [p.build_folder() / "tests" / "e2e" / "ship_tiny", address, host_id, ip, interval_ms],
            stdin=subprocess.PIPE,
        )

    def say(self, line):
        self.process.child.stdin.write(line.encode() + b"\n")
        self.process.child.stdin.flush()

    def wait_for(self, pattern, deadline=p.DEADLINE):
        return self.process.wait_for(pattern, deadline)

    def count(self, text):
        return self.process.text().count(text)


class Listener:
    """Messages of the channels given, from now on, each with the time it came."""

    def __init__(self, redis, *channels):
        self.pubsub = redis.client.pubsub()
        self.pubsub.subscribe(*(channels or ["update:info"]))
        p.wait_until(lambda: self.pubsub.get_message(timeout=0.2), "the subscription to stand")
        self.queue = queue.Queue()
        self.events = []
        self.open = True
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with contextlib.suppress(redis_module.RedisError, OSError, ValueError):
            while self.open:
                message = self.pubsub.get_message(timeout=0.2)
                if message is not None and message["type"] == "message":
                    self.queue.put((message["channel"], message["data"], time.monotonic()))

    def wait(self, condition=lambda data: True, deadline=10):
        """The next message of update:info for which the condition holds, and when it came."""
        end = time.monotonic() + deadline
        while True:
            try:
                channel, data, at = self.queue.get(timeout=max(end - time.monotonic(), 0.001))
            except queue.Empty:
                raise AssertionError(f"waited {deadline} s for a message") from None
            if channel != "update:info":
                continue
            message = json.loads(data)
            if message["type"] == "event":
                self.events.append(message)
            if condition(message):
                return message, at

    def event(self, kind, deadline=10):
        """The next event of that kind that was not taken yet; those passed over while waiting count."""

        def found(event):
            return event["type"] == "event" and event["event"]["kind"] == kind

        if not any(map(found, self.events)):
            self.wait(found, deadline)
        event = next(filter(found, self.events))
        self.events.remove(event)
        return event

    def close(self):
        self.open = False


@pytest.fixture
def configured(redis):
    redis.client.hset(f"server:config:{IP}", mapping={"services": "{}", "controlled": "{}"})
    return redis


@pytest.fixture
def listener(configured):
    found = Listener(configured)
    yield found
    found.close()


def start(programs, redis, **more):
    return Ship(programs, f"unix:{redis.socket}", **more)


def is_workload(data):
    return data["type"] == "workload"


def ago(redis, ms):
    """How long ago a stamp of Redis' clock was, in seconds."""
    sec, usec = redis.client.time()
    return sec + usec / 1e6 - int(ms) / 1000


def test_every_key_has_its_shape(programs, configured, listener):
    r = configured.client
    start(programs, configured).wait_for("state live")
    alive, _ = listener.wait(lambda d: d["type"] == "alive")
    assert (alive["ip"], alive["alive"], alive["id"], alive["interval"]) == (IP, "1", ID, 1)
    assert abs(ago(configured, alive["ts"] * 1000)) < 2
    for _ in range(9):
        message, _ = listener.wait(is_workload)
    assert message["ip"] == IP and message["id"] == ID
    info = message["info"]
    assert info["ip"] == IP and info["mac"] == "02:00:00:00:00:01" and info["hostname"] == "tiny.example.org"
    assert info["agent"]["id"] == ID and info["agent"]["interval"] == 1
    assert info["interval"] == pytest.approx(1, abs=0.3) and info["cpu"]["user"] is not None

    p.wait_until(lambda: r.zcard(f"server:workload:{IP}") == 6, "six members")
    worker = json.loads(r.get(f"rdv_worker_{IP}"))
    assert worker[1:3] == [IP, "tiny.example.org"] and len(worker) == 5
    assert isinstance(worker[0], int) and abs(ago(configured, worker[0] * 1000)) < 3
    assert isinstance(worker[3], int) and p.is_percent(worker[3])
    assert p.is_percent(worker[4]) if p.sees_storage() else worker[4] is None
    assert r.hgetall("servers:alive") == {IP: "1"}
    assert r.get(f"server:alive:{IP}") == "1"
    fields = r.hgetall(f"server:info:{IP}")
    assert fields["id"] == ID and fields["run"] == "1" and fields["interval"] == "1" and int(fields["seq"]) >= 9
    assert fields["hostname"] == "tiny.example.org" and fields["ip"] == IP and fields["mac"] == info["mac"]
    assert abs(ago(configured, fields["seen"])) < 3 and int(fields["first_seen"]) < int(fields["seen"])
    assert abs(int(fields["offset"])) < 100 and fields["version"]
    members = r.zrange(f"server:workload:{IP}", 0, -1, withscores=True)
    for text, score in members:
        member = json.loads(text)
        assert list(member) == ["timestamp", "info"]
        assert member["timestamp"] == pytest.approx(score, abs=1e-6) == pytest.approx(member["info"]["ts"], abs=1e-6)
    assert [r.type(k) for k in (f"rdv_worker_{IP}", f"server:workload:{IP}")] == ["string", "zset"]


def test_a_host_without_configuration_waits_and_comes_in(programs, redis):
    listener = Listener(redis)
    ship = start(programs, redis)
    waiting, _ = listener.wait(lambda d: d["type"] == "waiting")
    assert waiting == {"type": "waiting", "ip": IP, "id": ID}
    assert redis.client.hget(f"server:info:{IP}", "hostname") == "tiny.example.org"
    assert redis.client.get(f"server:alive:{IP}") is None
    redis.client.hset(f"server:config:{IP}", "services", "{}")
    ship.wait_for("state live")
    listener.wait(is_workload)
    listener.close()


def test_a_configuration_taken_away_ends_the_session(programs, configured, listener):
    ship = start(programs, configured)
    ship.wait_for("state live")
    listener.wait(is_workload)
    configured.client.delete(f"server:config:{IP}")
    configured.client.publish("muster:bell", "1")
    ship.wait_for("state waiting", 2)
    configured.client.hset(f"server:config:{IP}", "services", "{}")
    p.wait_until(lambda: ship.count("state live") == 2, "the session to come back")


def test_run_is_obeyed(programs, configured, listener):
    r = configured.client
    start(programs, configured).wait_for("state live")
    listener.wait(is_workload)
    r.set("rdv_client_run", "0")
    asked = time.monotonic()
    _, at = listener.wait(lambda d: d["type"] == "alive" and d["alive"] == "1")
    assert at - asked < 1.5
    assert listener.event("client.stopped")["event"]["level"] == "info"
    last = r.zrange(f"server:workload:{IP}", -1, -1)
    for _ in range(2):
        listener.wait(lambda d: d["type"] == "alive" and d["alive"] == "1")
    assert r.zrange(f"server:workload:{IP}", -1, -1) == last
    assert r.hget(f"server:info:{IP}", "run") == "0" and r.get(f"server:alive:{IP}") == "1"
    # It lives: checkstate, which goes by the age of this stamp, must not declare a stopped fleet dead.
    stamp = json.loads(r.get(f"rdv_worker_{IP}"))
    assert abs(time.time() - stamp[0]) < 5 and stamp[1] == IP and stamp[3:] == [None, None]
    r.set("rdv_client_run", "1")
    r.publish(f"muster:bell:{IP}", "1")
    asked = time.monotonic()
    _, at = listener.wait(is_workload)
    assert at - asked < 0.6
    listener.event("client.running")


def test_an_interval_is_obeyed_within_a_second_by_polling_and_at_once_by_the_bell(programs, configured, listener):
    r = configured.client
    start(programs, configured, interval_ms=60000).wait_for("state live")
    listener.wait(is_workload)
    time.sleep(0.6)  # rates are told over half a second at least
    r.set("rdv_client_loop_interval", "1.5")
    asked = time.monotonic()
    first, at = listener.wait(is_workload)
    assert at - asked < 1.3 and first["info"]["agent"]["interval"] == 1.5
    assert first["info"]["cpu"]["user"] is not None
    listener.wait(is_workload)
    _, one = listener.wait(is_workload)
    _, two = listener.wait(is_workload)
    assert two - one == pytest.approx(1.5, abs=0.3)
    r.set("rdv_client_loop_interval", "500")
    r.publish("muster:bell", "1")
    asked = time.monotonic()
    _, at = listener.wait(lambda d: is_workload(d) and d["info"]["agent"]["interval"] == 500)
    assert at - asked < 0.5
    assert r.hget(f"server:info:{IP}", "interval") == "500"
    r.set("rdv_client_loop_interval", "0.01")
    event = listener.event("interval.clamped")
    assert event["ip"] == IP and event["id"] == ID and event["event"]["level"] == "warn"
    assert "every 1 s" in event["event"]["text"] and event["event"]["data"] == {"ms": 1000}
    r.set("rdv_client_loop_interval", "soon")
    assert "no number" in listener.event("interval.clamped")["event"]["text"]


def test_a_watched_host_publishes_each_second_and_keeps_its_keys_to_the_interval(programs, configured, listener):
    r = configured.client
    start(programs, configured, interval_ms=4000).wait_for("state live")
    listener.wait(is_workload)
    listener.wait(is_workload, 9)
    r.set(f"muster:watch:{IP}", "1", ex=15)
    r.publish(f"muster:bell:{IP}", "1")
    listener.wait(is_workload)
    came = [listener.wait(is_workload)]
    while came[-1][1] - came[0][1] < 8.5:
        came.append(listener.wait(is_workload))
    # A report of the interval may fall anywhere between two of them.
    gaps = [b[1] - a[1] for a, b in zip(came, came[1:])]
    assert max(gaps) < 1.6 and 9 <= len(came) <= 13, gaps
    for message, _ in came[1:]:
        assert 0.5 <= message["info"]["interval"] < 1.7 and message["info"]["cpu"]["user"] is not None
        assert message["info"]["agent"]["interval"] == 4
    stored = [json.loads(m)["info"] for m in r.zrange(f"server:workload:{IP}", -2, -1)]
    assert [m["interval"] for m in stored] == [pytest.approx(4, abs=0.5)] * 2
    r.delete(f"muster:watch:{IP}")
    time.sleep(1.3)
    while not listener.queue.empty():
        listener.queue.get()
    _, one = listener.wait(is_workload)
    _, two = listener.wait(is_workload)
    assert two - one > 3


def test_a_clean_stop_says_zero(programs, configured):
    listener = Listener(configured, "update:info", f"update:info:{IP}:alive")
    ship = start(programs, configured)
    ship.wait_for("state live")
    p.wait_until(lambda: configured.client.get(f"server:alive:{IP}") == "1", "a report")
    began = time.monotonic()
    assert ship.process.stop() == 0
    assert time.monotonic() - began < 1
    assert configured.client.hget("servers:alive", IP) == "0"
    assert configured.client.get(f"server:alive:{IP}") == "0"
    goodbye, _ = listener.wait(lambda d: d["type"] == "alive" and d["alive"] == "0")
    assert goodbye["id"] == ID and goodbye["seq"] > 1 and goodbye["ts"] > 0
    channel, data, _ = listener.queue.get(timeout=2)
    assert (channel, data) == (f"update:info:{IP}:alive", "0")
    listener.close()


def test_a_redis_that_hangs_does_not_hold_up_the_stop(programs, configured):
    ship = start(programs, configured)
    ship.wait_for("state live")
    configured.process.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert ship.process.stop() == 0
        assert 2.5 < time.monotonic() - began < 4.5
    finally:
        configured.process.signal(signal.SIGCONT)


def test_another_living_host_on_this_ip_is_told(programs, configured, listener):
    first = start(programs, configured)
    first.wait_for("state live")
    listener.wait(is_workload)
    second = start(programs, configured, host_id=OTHER_ID)
    event = listener.event("host.duplicate")
    assert event["id"] == OTHER_ID and event["event"]["level"] == "error"
    assert event["event"]["data"] == {"other_id": ID} and ID in event["event"]["text"]
    second.wait_for("another living host")


def test_a_host_that_left_is_no_duplicate(programs, configured, listener):
    first = start(programs, configured)
    first.wait_for("state live")
    listener.wait(is_workload)
    first.process.stop()
    second = start(programs, configured, host_id=OTHER_ID)
    second.wait_for("state live")
    listener.wait(lambda d: is_workload(d) and d["id"] == OTHER_ID)
    # And neither is the same host started again after kill -9.
    second.process.child.kill()
    second.process.wait()
    third = start(programs, configured, host_id=OTHER_ID)
    listener.wait(lambda d: is_workload(d) and d["id"] == OTHER_ID)
    assert "duplicate" not in "".join(s.process.text() for s in (second, third))
    assert "another living host" not in second.process.text() + third.process.text()


def test_redis_killed_and_back_empty(programs, configured):
    ship = start(programs, configured)
    ship.wait_for("state live")
    configured.kill()
    ship.wait_for("state down", 3)
    configured.start()
    ship.wait_for("state waiting")
    configured.client.hset(f"server:config:{IP}", "services", "{}")
    p.wait_until(lambda: ship.count("state live") == 2, "the session to come back")
    p.wait_until(lambda: configured.client.hget(f"server:info:{IP}", "hostname") == "tiny.example.org", "all facts")
    assert configured.client.get(f"server:alive:{IP}") == "1"


def test_flushall_is_noticed_within_an_interval(programs, configured, listener):
    r = configured.client
    ship = start(programs, configured)
    ship.wait_for("state live")
    listener.wait(is_workload)
    r.flushall()
    listener.wait(lambda d: d["type"] == "waiting", 3)
    r.hset(f"server:config:{IP}", "services", "{}")
    p.wait_until(lambda: ship.count("state live") == 2, "the session to come back")
    listener.wait(is_workload)
    assert r.hget(f"server:info:{IP}", "hostname") == "tiny.example.org"
    assert r.hget("servers:alive", IP) == "1" and r.exists(f"rdv_worker_{IP}")


def test_facts_come_back_when_the_key_is_deleted(programs, configured, listener):
    r = configured.client
    ship = start(programs, configured)
    listener.wait(is_workload)
    r.delete(f"server:info:{IP}")
    p.wait_until(lambda: r.hget(f"server:info:{IP}", "hostname") == "tiny.example.org", "all facts again", 4)
    ship.say("fact kernel 6.1.0-test")
    p.wait_until(lambda: r.hget(f"server:info:{IP}", "kernel") == "6.1.0-test", "a new fact", 4)
    assert ship.count("state live") == 1


def test_own_keys_of_a_wrong_type_are_made_anew_and_told(programs, configured, listener):
    r = configured.client
    own = [f"server:info:{IP}", f"server:workload:{IP}"]
    for key in [*own, f"server:alive:{IP}", f"rdv_worker_{IP}", "servers:alive"]:
        r.rpush(key, "not what you want")
    start(programs, configured).wait_for("state live")
    told = [listener.event("key.type")["event"] for _ in range(3)]
    assert {e["text"].split()[2]: e["level"] for e in told} == {
        **{key: "warn" for key in own},
        "servers:alive": "error",
    }
    p.wait_until(lambda: [r.type(key) for key in own] == ["hash", "zset"], "the keys to be right")
    p.wait_until(lambda: r.hget(own[0], "hostname") and r.hget(own[0], "id") == ID, "all facts to be back")
    assert r.get(f"server:alive:{IP}") == "1" and json.loads(r.get(f"rdv_worker_{IP}"))
    # What all hosts share is not ours to delete.
    assert r.lrange("servers:alive", 0, -1) == ["not what you want"]


def test_members_from_the_future_are_removed(programs, configured, listener):
    r = configured.client
    r.zadd(f"server:workload:{IP}", {'{"timestamp":32503680000,"info":{}}': 32503680000})
    start(programs, configured)
    listener.wait(is_workload)
    assert r.zrangebyscore(f"server:workload:{IP}", "4000000000", "+inf") == []
    assert r.zcard(f"server:workload:{IP}") >= 1


def test_events_wait_until_somebody_listens(programs, configured):
    ship = start(programs, configured)
    ship.say('event agent.crash the worker ended: "signal 9"')
    ship.wait_for("state live")
    p.wait_until(lambda: configured.client.zcard(f"server:workload:{IP}") >= 2, "two reports")
    assert ship.count("told") == 0
    listener = Listener(configured)
    event = listener.event("agent.crash")
    assert event["event"]["text"] == 'the worker ended: "signal 9"'
    assert event["event"]["level"] == "info" and event["event"]["data"] == {}
    assert abs(ago(configured, event["ts"] * 1000)) < 10
    ship.wait_for("told 1")
    ship.say("event fs.stuck /mnt/nfs does not answer")
    asked = time.monotonic()
    _, at = listener.wait(lambda d: d["type"] == "event" and d["event"]["kind"] == "fs.stuck")
    assert at - asked < 0.5
    ship.wait_for("told 2")
    time.sleep(2.2)
    assert ship.count("told") == 2
    listener.close()


def test_a_wrong_password_is_said_clearly_and_once(programs, folder, redis):
    redis.client.config_set("requirepass", "right")
    ship = Ship(programs, f"redis://:wrong@127.0.0.1:{redis.port}")
    ship.wait_for(r"warn .*password", 5)
    p.wait_until(lambda: ship.count("state down") >= 3, "three tries")
    assert ship.count(" warn ") == 1
    assert "wrong@" not in ship.process.text()


def test_rights_of_an_agent_are_enough(programs, configured, listener):
    r = configured.client
    rights = """
        resetchannels &update:info &update:info:* &muster:bell &muster:bell:*
        %R~rdv_client_* %R~server:config:* %R~muster:watch:*
        %RW~rdv_worker_* %RW~servers:alive %RW~server:alive:* %RW~server:info:* %RW~server:workload:*
        -@all +@connection +info +time +exists +get +mget +hmget +set +hset +hsetnx
        +zadd +zremrangebyscore +zremrangebyrank +publish +subscribe +unsubscribe
    """
    r.execute_command("ACL", "SETUSER", "agent", "on", ">secret", *rights.split())
    ship = Ship(programs, f"redis://agent:secret@127.0.0.1:{configured.port}")
    ship.wait_for("local 127.0.0.1")
    ship.wait_for("state live")
    listener.wait(is_workload)
    r.publish("muster:bell", "1")
    listener.wait(is_workload)
    assert ship.process.stop() == 0
    assert " warn " not in ship.process.text()
    assert r.get(f"server:alive:{IP}") == "0"
    # Without the right to write, it says which key.
    r.execute_command("ACL", "SETUSER", "agent", "-set")
    blind = Ship(programs, f"redis://agent:secret@127.0.0.1:{configured.port}")
    blind.wait_for(r"warn ship: .*(rdv_worker_|server:alive)", 5)
    blind.wait_for("state live")
