"""muster-server: its start and stop, its private Redis, the roll through outages, hostile messages.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
import redis as redis_module

import programs as p
from rig import Agent, Server, kill_pid, report_for


@pytest.fixture
def server(programs, folder):
    started = Server(programs, folder / "data")
    started.wait_part("ingest", "ok")
    return started


def rows(server, sql):
    """What another program sees in the database."""
    with sqlite3.connect(f"file:{server.data / 'muster.db'}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


# ---- start and stop


def test_a_fresh_server_has_its_own_redis_its_files_and_a_setup_link_that_stays(server, programs):
    assert oct(server.data.stat().st_mode & 0o777) == "0o700"
    for name in ("token", "server.json", "setup-link", "client-daemon.ini", "muster.db", "redis/users.acl"):
        assert (server.data / name).stat().st_mode & 0o077 == 0, name
    link = (server.data / "setup-link").read_text(encoding="utf-8").strip()
    assert link.startswith(f"http://{server.address}/setup#")
    assert f"url: {link}" in server.process.text()
    assert server.api.get("/version")["setup"] is True
    assert server.wait_part("redis", "ok")
    server.wait_part("checkstate", "ok")
    config = server.redis().ping()
    assert config is True
    assert server.process.stop() == 0
    assert not (server.data / "server.json").exists()
    server.start()
    assert (server.data / "setup-link").read_text(encoding="utf-8").strip() == link
    server.wait_log("server.start", count=2)
    assert [e["kind"] for e in server.log()] == ["server.start", "server.stop", "server.start"]


def test_the_setup_link_makes_the_first_admin_once(server):
    token = (server.data / "setup-link").read_text(encoding="utf-8").strip().rsplit("#", 1)[1]
    client = p.Api(server.address)
    client.post("/setup", {"token": "0" * 64, "name": "eve", "password": "correct horse battery"}, 403)
    client.login_from(client.post("/setup", {"token": token, "name": "root", "password": "correct horse battery"}))
    p.wait_until(lambda: not (server.data / "setup-link").exists(), "the used link to go")
    client.post("/setup", {"token": token, "name": "eve", "password": "correct horse battery"}, 409)
    server.process.stop()
    server.start()
    assert not (server.data / "setup-link").exists()
    assert server.api.get("/version")["setup"] is False


def test_a_second_server_on_the_same_folder_is_told_who_has_it(server, run):
    done = run(p.program("muster-server"), "--data", server.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert str(server.process.pid) in done.stderr
    assert server.api.get("/health")["status"] == "ok"


def test_an_occupied_port_ends_with_a_sentence_and_nothing_left(run, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(p.program("muster-server"), "--data", folder / "data", "--listen", address)
    assert done.returncode != 0
    assert address in done.stderr
    assert not (folder / "data" / "server.json").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--listn", "1:2"], "listen"),
        (["--enrol", "maybe"], "auto"),
        (["--checkstate-interval", "1ms"], "checkstate-interval"),
        (["--redis", "redis://:pw@h:99999"], "redis"),
        (["--redis-server", "/nowhere/redis"], "/nowhere/redis"),
        (["--redis-server", "/bin/true"], "is no Redis"),
    ],
)
def test_wrong_options_are_named(run, folder, args, words):
    done = run(p.program("muster-server"), "--data", folder / "data", "--listen", "127.0.0.1:0", *args)
    assert done.returncode != 0
    assert words in done.stderr
    assert "pw" not in done.stderr


def test_a_settings_file_is_read_and_a_bad_line_named(run, folder):
    ini = folder / "server.ini"
    ini.write_text("[muster-server]\nlisten = 127.0.0.1:0\nenrol = perhaps\n", encoding="utf-8")
    done = run(p.program("muster-server"), "--config", ini, "--data", folder / "data")
    assert done.returncode == 2
    assert f"{ini}:3" in done.stderr
    assert "enrol" in done.stderr


# ---- Redis


def test_agents_may_say_what_is_theirs_and_only_read_what_steers_them(server):
    agent = server.redis("agent")
    agent.set("rdv_worker_10.0.0.1", "[]")
    agent.publish("update:info", "{}")
    assert agent.get("rdv_client_run") is None
    for refused in (
        lambda: agent.set("rdv_client_run", "0"),
        lambda: agent.hset("server:config:10.0.0.1", "services", "{}"),
        lambda: agent.get("muster:lease:checkstate"),
        lambda: agent.keys("*"),
        lambda: agent.flushall(),
        lambda: agent.eval("return 1", 0),
        lambda: agent.publish("other", "x"),
        lambda: server.redis().keys("*"),
    ):
        with pytest.raises(redis_module.exceptions.NoPermissionError):
            refused()
    port = int((server.data / "redis" / "port").read_text(encoding="utf-8"))
    with pytest.raises(redis_module.exceptions.AuthenticationError):
        redis_module.Redis(port=port).ping()


def test_a_killed_redis_is_back_and_no_host_flips(server):
    agents = [Agent(server.redis("agent"), f"10.0.0.{i}") for i in range(1, 6)]
    report_for(agents, 2)
    for agent in agents:
        server.wait_host(agent.ip, "online")
    pid = server.redis_pid()
    kill_pid(pid)
    # Three intervals and the floor pass while the agents find their way back.
    report_for(agents, 20)
    assert server.redis_pid() != pid
    server.wait_part("redis", "ok")
    assert [h["state"] for h in server.api.get("/hosts")["hosts"]] == ["online"] * 5
    assert not server.log("host.offline")
    assert len(server.log("redis.down")) == 1
    assert len(server.log("redis.up")) == 1
    assert "Redis is back after" in server.log("redis.up")[0]["text"]


def test_what_was_in_a_killed_redis_is_there_again(server):
    client = server.redis()
    client.set("rdv_client_loop_interval", "7")
    time.sleep(1.5)
    kill_pid(server.redis_pid())
    again = p.wait_until(lambda: value_of(server, "rdv_client_loop_interval"), "Redis to answer")
    assert again == "7"


def value_of(server, key):
    try:
        return server.redis().get(key)
    except (redis_module.RedisError, OSError, ValueError):
        return None


def test_a_given_redis_is_used_and_a_wrong_password_told(programs, folder, redis):
    redis.client.config_set("requirepass", "secret word")
    ini = folder / "server.ini"
    ini.write_text(f"redis = redis://:wrong@127.0.0.1:{redis.port}\n", encoding="utf-8")
    ini.chmod(0o600)
    server = Server(programs, folder / "data", "--config", ini)
    assert not (folder / "data" / "redis").exists()
    part = p.wait_until(lambda: "password" in server.part("redis")["message"] and server.part("redis"), "the reason")
    assert part["state"] == "down"
    assert "wrong" not in server.process.text().replace("wrong name or", "")
    assert server.api.get("/health")["status"] == "degraded"
    server.process.stop()
    ini.write_text(f"redis = 127.0.0.1:{redis.port}\nredis-password = secret word\n", encoding="utf-8")
    server.start()
    server.wait_part("ingest", "ok")
    redis.client.auth("secret word")
    agent = Agent(redis_module.Redis(port=redis.port, password="secret word", decode_responses=True), "10.0.0.1")
    agent.report()
    server.wait_host("10.0.0.1", "online")
    assert "secret word" in (folder / "data" / "client-daemon.ini").read_text(encoding="utf-8")


def test_a_port_that_speaks_something_else_is_named(programs, folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        talker = subprocess.Popen(
            [
                "/usr/bin/python3",
                "-c",
                "import socket,sys\n"
                "s=socket.socket(fileno=int(sys.argv[1]))\n"
                "while True:\n c,_=s.accept(); c.sendall(b'SSH-2.0-OpenSSH_9.2\\r\\n'); c.close()\n",
                str(other.fileno()),
            ],
            pass_fds=[other.fileno()],
        )
        try:
            server = Server(programs, folder / "data", "--redis", f"127.0.0.1:{port}")
            part = p.wait_until(
                lambda: server.part("redis")["message"] != "not connected yet" and server.part("redis"), "the reason"
            )
            assert part["state"] == "down"
            assert str(port) in part["message"]
        finally:
            talker.kill()
            talker.wait()


# ---- the roll


def test_a_host_is_let_in_reports_stops_and_is_forgotten(server):
    agent = Agent(server.redis("agent"), "10.0.0.7", "db1.example")
    stream = server.api.events()
    stream.wait("hello")
    agent.waiting()
    p.wait_until(agent.is_enrolled, "the configuration")
    assert server.redis().hgetall("server:config:10.0.0.7") == {"services": "{}", "controlled": "{}"}
    agent.report()
    stream.wait("host", lambda h: h["ip"] == "10.0.0.7" and h["state"] == "online")
    row = server.wait_host("10.0.0.7", "online")
    assert row["hostname"] == "db1.example"
    assert row["load1"] == pytest.approx(0.5)
    assert server.api.get("/hosts/10.0.0.7/sample")["info"]["seq"] == 1
    server.api.delete("/hosts/10.0.0.7", 409)
    agent.goodbye()
    stream.wait("host", lambda h: h["ip"] == "10.0.0.7" and h["state"] == "offline")
    server.wait_log("host.offline", "10.0.0.7")
    kinds = [e["kind"] for e in server.log(ip="10.0.0.7")]
    assert kinds == ["host.new", "host.online", "host.offline"]
    assert server.log("host.new")[0]["text"] == "db1.example (10.0.0.7) is new"
    p.wait_until(
        lambda: rows(server, "select hostname, region, status, ip from hosts")
        == [("db1.example", "unknown", "offline", "10.0.0.7")],
        "the row in SQL",
    )
    server.api.delete("/hosts/10.0.0.7")
    assert server.host("10.0.0.7") is None
    p.wait_until(lambda: not server.redis().exists("rdv_worker_10.0.0.7", "server:info:10.0.0.7"), "the keys to go")
    p.wait_until(lambda: rows(server, "select count(*) from hosts") == [(0,)], "the row to go")
    stream.close()


def test_with_manual_enrolment_a_host_waits_until_it_is_accepted(programs, folder):
    server = Server(programs, folder / "data", "--enrol", "manual")
    server.wait_part("ingest", "ok")
    agent = Agent(server.redis("agent"), "10.0.0.7")
    agent.waiting()
    server.wait_host("10.0.0.7", "waiting")
    assert server.host("10.0.0.7")["hostname"] == agent.hostname
    server.wait_log("host.waiting", "10.0.0.7")
    assert not agent.is_enrolled()
    bell = server.redis("agent").pubsub()
    bell.subscribe("muster:bell:10.0.0.7")
    server.api.post("/hosts/10.0.0.7/accept")
    p.wait_until(agent.is_enrolled, "the configuration")
    assert p.wait_until(lambda: bell.get_message(ignore_subscribe_messages=True), "the bell")
    assert rows(server, "select count(*) from hosts") == [(0,)]
    agent.report()
    server.wait_host("10.0.0.7", "online")


def test_a_silent_host_is_declared_dead_and_the_contracts_zeros_written(server):
    agent = Agent(server.redis("agent"), "10.0.0.7")
    listener = server.redis().pubsub()
    listener.subscribe("update:info:10.0.0.7:alive")
    agent.report()
    begin = time.monotonic()
    server.wait_host("10.0.0.7", "online")
    server.wait_host("10.0.0.7", "offline", 30)
    assert 14 < time.monotonic() - begin < 22
    event = server.wait_log("host.offline", "10.0.0.7")[0]
    assert event["data"]["cause"] == "silent"
    client = server.redis()
    p.wait_until(lambda: client.hget("servers:alive", "10.0.0.7") == "0", "the zero")
    assert client.get("server:alive:10.0.0.7") == "0"
    p.wait_until(
        lambda: (listener.get_message(ignore_subscribe_messages=True) or {}).get("data") == "0", "the zero published"
    )
    agent.report()
    server.wait_host("10.0.0.7", "online")


def test_a_host_whose_messages_are_lost_but_not_its_keys_stays_online(server):
    agent = Agent(server.redis("agent"), "10.0.0.7")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    agent.publish_ = agent.client.publish
    end = time.monotonic() + 19
    while time.monotonic() < end:
        agent.seq += 1
        agent.client.hset(
            "server:info:10.0.0.7", mapping={"seen": int(agent.now() * 1000), "seq": agent.seq, "id": agent.id}
        )
        time.sleep(1)
    assert server.host("10.0.0.7")["state"] == "online"
    assert not server.log("host.offline")


@pytest.mark.deadline(150)
def test_a_killed_server_gives_every_host_a_fresh_deadline(server):
    agents = [Agent(server.redis("agent"), f"10.0.0.{i}") for i in (1, 2, 3)]
    report_for(agents, 2)
    for agent in agents:
        server.wait_host(agent.ip, "online")
    p.wait_until(lambda: rows(server, "select count(*) from hosts where status = 'online'") == [(3,)], "SQL")
    before = server.redis_pid()
    server.kill()
    server.start()
    assert server.redis_pid() != before
    server.wait_part("ingest", "ok")
    begin = time.monotonic()
    assert {h["ip"] for h in server.api.get("/hosts")["hosts"]} == {a.ip for a in agents}
    report_for(agents[:1], 1)
    server.wait_host("10.0.0.1", "online")
    # The others are quiet for longer than three intervals and the floor: nobody is declared dead for it.
    report_for(agents[:1], 22)
    assert not server.log("host.offline")
    report_for(agents[:2], 2)
    server.wait_host("10.0.0.2", "online")
    # The third never comes back.
    while time.monotonic() - begin < 60 and server.host("10.0.0.3")["state"] != "offline":
        report_for(agents[:2], 1)
    assert server.host("10.0.0.3")["state"] == "offline"
    assert [e["ip"] for e in server.log("host.offline")] == ["10.0.0.3"]
    assert len(server.log("host.online")) == 3


def test_a_stopped_server_remembers_its_hosts(server):
    agent = Agent(server.redis("agent"), "10.0.0.7")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    first = server.api.get("/hosts/10.0.0.7")
    pid = server.redis_pid()
    assert server.process.stop() == 0
    assert p.stat_of(pid) is None
    server.start()
    again = server.api.get("/hosts/10.0.0.7")
    assert again["id"] == first["id"]
    assert again["hostname"] == first["hostname"]
    server.wait_part("ingest", "ok")
    agent.client = server.redis("agent")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    assert len(server.log("host.new")) == 1
    assert len(server.log("host.online")) == 1


def test_a_watched_host_is_asked_for_each_second_and_its_last_messages_are_kept(server):
    agent = Agent(server.redis("agent"), "10.0.0.7")
    for _ in range(3):
        agent.report()
        time.sleep(0.05)
    server.wait_host("10.0.0.7", "online")
    stream = server.api.events("?watch=10.0.0.7")
    stream.wait("hello")
    server.api.post("/hosts/10.0.0.7/watch")
    assert p.wait_until(lambda: server.redis().ttl("muster:watch:10.0.0.7") > 0, "the watch")
    p.wait_until(lambda: len(server.api.get("/hosts/10.0.0.7/recent")["samples"]) == 3, "the last messages")
    agent.report()
    sample = stream.wait("sample", lambda s: s["ip"] == "10.0.0.7")
    assert sample["info"]["seq"] == 4
    assert len(server.api.get("/hosts/10.0.0.7/recent")["samples"]) == 4
    stream.close()


# ---- checkstate


def test_checkstate_writes_runs_that_only_grow_while_nothing_changes(programs, folder):
    server = Server(programs, folder / "data", "--checkstate-interval", "1s")
    server.wait_part("checkstate", "ok")
    server.wait_part("ingest", "ok")
    agent = Agent(server.redis("agent"), "10.0.0.7", "db1")
    agent.report(mem=40, disk=70)
    sql = "select workerip, workerhostname, mempercent, diskpercent, updatetime - firsttime from tb_worker_stamp_info"
    p.wait_until(lambda: rows(server, sql) == [("10.0.0.7", "db1", 40, 70, 0)], "the first run")
    for _ in range(3):
        time.sleep(1)
        agent.report(mem=40, disk=70)
    grown = p.wait_until(lambda: rows(server, sql)[0][4] >= 3 and rows(server, sql), "the run to grow")
    assert len(grown) == 1
    agent.report(mem=41, disk=70)
    p.wait_until(lambda: [r[2] for r in rows(server, sql)] == [40, 41], "the second run")
    result = server.api.post("/checkstate")
    assert result["workers"] == 1
    assert result["active"] is True
    # The other encodings of the contract.
    client = server.redis()
    now = int(agent.now())
    client.rpush("rdv_worker_10.0.0.8", now, "10.0.0.8", "list", 1, 2)
    client.hset(
        "rdv_worker_10.0.0.9",
        mapping={
            "updatetime": now,
            "workerip": "10.0.0.9",
            "fullhostname": "hash",
            "memstatuspercent": 3,
            "diskstatuspercent": 4,
        },
    )
    assert server.api.post("/checkstate")["workers"] == 3
    assert {r[1] for r in rows(server, sql)} == {"db1", "list", "hash"}


def test_only_one_of_two_servers_runs_checkstate(programs, folder, redis):
    address = f"127.0.0.1:{redis.port}"
    first = Server(programs, folder / "one", "--redis", address)
    first.wait_part("checkstate", "ok")
    second = Server(programs, folder / "two", "--redis", address)
    second.wait_part("checkstate", "standby")
    assert second.api.post("/checkstate")["active"] is False
    assert first.api.post("/checkstate")["active"] is True
    fence = int(redis.client.get("muster:lease:checkstate:fence"))
    assert first.process.stop() == 0
    # A clean stop lets go, the other takes over when it tries next.
    second.wait_part("checkstate", "ok")
    assert int(redis.client.get("muster:lease:checkstate:fence")) > fence


# ---- hostile contents


def hostile_messages():
    yield ""
    yield "\x00\xff\xfe"
    yield "{"
    yield "[" * 5000
    yield '{"type":"workload"}'
    yield '{"type":"workload","ip":"../../etc","info":{}}'
    yield '{"type":"workload","ip":"10.0.0.9","info":[]}'
    yield '{"type":"workload","ip":"10.0.0.9","id":"' + "a" * 32 + '","info":{"ts":"never"}}'
    yield '{"type":"workload","ip":"10.0.0.9","id":"' + "a" * 32 + '","info":{"load":[]}}'
    yield '{"type":"alive","ip":"10.0.0.9","alive":7}'
    yield '{"type":"event","ip":"10.0.0.9","event":{"kind":"x"}}'
    yield json.dumps({"type": "workload", "ip": "10.0.0.9", "info": {"x": "y" * 5_000_000}})
    yield "9" * 10_000_000


@pytest.mark.deadline(120)
def test_hostile_messages_and_keys_cost_a_count_and_nothing_else(server):
    agent = Agent(server.redis("agent"), "10.0.0.7")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    pid = server.process.pid
    client = server.redis("agent")
    for message in hostile_messages():
        client.publish("update:info", message)
    client.set("rdv_worker_" + "x" * 1_000_000, "1")
    client.set("rdv_worker_10.0.0.21", "y" * 5_000_000)
    client.set("rdv_worker_10.0.0.22", "[1,2")
    client.set("rdv_worker_10.0.0.023", json.dumps([1, "10.0.0.23", "h", 1, 1]))
    client.sadd("rdv_worker_10.0.0.24", "a")
    client.set("server:info:10.0.0.25", "no hash")
    client.hset("server:info:10.0.0.26", "id", "z" * 3_000_000)
    client.hset("server:info:" + "w" * 100_000, "id", "a" * 32)
    client.hset("servers:alive", "q" * 2_000_000, "1")
    client.zadd("server:workload:10.0.0.7", {"v" * 3_000_000: 9e12})
    assert server.api.post("/checkstate")["workers"] == 1
    # After the bus was away everything is read anew.
    kill_pid(server.redis_pid())
    p.wait_until(lambda: len(server.log("redis.up")) == 1, "Redis to be back")
    server.wait_part("ingest", "ok")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    health = server.api.get("/health")
    assert health["malformed"] >= 12
    assert health["status"] == "ok"
    assert [h["ip"] for h in server.api.get("/hosts")["hosts"]] == ["10.0.0.7"]
    told = server.log("redis.malformed")
    assert len(told) == 1
    assert "passed over" in told[0]["text"]
    assert server.process.pid == pid
    assert server.process.child.poll() is None


def test_two_living_hosts_on_one_ip_are_told(server):
    client = server.redis("agent")
    one, two = Agent(client, "10.0.0.7", "one"), Agent(client, "10.0.0.7", "two")
    for _ in range(4):
        one.report()
        time.sleep(0.3)
        two.report()
        time.sleep(0.3)
    assert server.wait_log("host.duplicate")[0]["ip"] == "10.0.0.7"
    assert any(h["duplicate"] for h in server.api.get("/hosts")["hosts"])


def test_events_of_agents_are_logged_but_not_without_end(server):
    agent = Agent(server.redis("agent"), "10.0.0.7", "db1")
    agent.report()
    server.wait_host("10.0.0.7", "online")
    for i in range(100):
        agent.event("agent.restart", f"the worker was restarted ({i})")
    found = server.wait_log("agent.restart", "10.0.0.7", 30)
    time.sleep(0.5)
    assert len(server.log("agent.restart")) == 30
    assert found[0]["hostname"] == "db1"
    assert found[0]["data"] == {"a": 1}
    # Somebody else's id cannot speak for it.
    Agent(agent.client, "10.0.0.7").event("agent.crash", "not me")
    time.sleep(0.3)
    assert not server.log("agent.crash")


def test_a_locked_database_degrades_the_server_and_loses_no_event(server):
    server.wait_part("sql", "ok")
    agent = Agent(server.redis("agent"), "10.0.0.7", "db1")
    db = sqlite3.connect(server.data / "muster.db", isolation_level=None)
    db.execute("begin immediate")
    agent.report()
    part = server.wait_part("sql", "down")
    assert "another program" in part["message"]
    assert server.host("10.0.0.7")["state"] == "online"
    db.execute("rollback")
    db.close()
    server.wait_part("sql", "ok")
    server.wait_log("host.online", "10.0.0.7")
    assert rows(server, "select status from hosts") == [("online",)]


def test_signals_stop_it_cleanly_also_while_redis_is_away(programs, folder):
    server = Server(programs, folder / "data", "--redis", f"127.0.0.1:{p.free_port()}")
    begin = time.monotonic()
    server.process.signal(signal.SIGINT)
    assert server.process.wait() == 0
    assert time.monotonic() - begin < 8
    assert os.listdir(folder / "data")
