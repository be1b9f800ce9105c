"""The agent as a whole against a real Redis: what it says about its host, and what its ends look like from there.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import signal
import threading

import pytest

import programs as p


class Fleet:
    """Redis with one agent, which has been let in unless told otherwise."""

    def __init__(self, programs, redis, program, folder):
        self.programs, self.redis, self.program = programs, redis, program
        self.ini = folder / "client-daemon.ini"
        self.state = folder / "state"
        self.ini.write_text(f"redis = 127.0.0.1:{redis.port}\ninterval-default = 1\ncluster = lab\n")
        self.ini.chmod(0o600)
        self.heard = []
        self.listener = redis.client.pubsub(ignore_subscribe_messages=True)
        self.listener.subscribe("update:info")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        while not self.ended.is_set():
            message = self.listener.get_message(timeout=0.1)
            if message is not None:
                self.heard.append(json.loads(message["data"]))

    def close(self):
        self.ended.set()
        self.thread.join()
        self.listener.close()

    def start(self, *args):
        self.agent = self.programs.start([self.program, "--config", self.ini, "--state-dir", self.state, *args])
        return self.agent

    def ip(self):
        """The ip it chose, once it has introduced itself."""
        key = p.wait_until(lambda: self.redis.client.keys("server:info:*"), "the agent to introduce itself")[0]
        return key.split(":", 2)[2]

    def let_in(self, ip):
        self.redis.client.hset(f"server:config:{ip}", mapping={"services": "{}", "controlled": "{}"})
        self.redis.client.publish(f"muster:bell:{ip}", "config")

    def messages(self, kind):
        return [m for m in list(self.heard) if m["type"] == kind]

    def events(self, kind):
        return [m["event"] for m in self.messages("event") if m["event"]["kind"] == kind]

    def live(self):
        """Starts it, lets it in and waits for its first report."""
        self.start()
        ip = self.ip()
        self.let_in(ip)
        p.wait_until(lambda: self.redis.client.get(f"server:alive:{ip}") == "1", "the agent to report")
        return ip

    def worker(self):
        return p.wait_until(lambda: self.agent.below(r"^\d+ \(muster-agent worker"), "a worker")[0]

    def reports(self, more):
        """Waits for so many more reports."""
        want = len(self.messages("workload")) + more
        p.wait_until(lambda: len(self.messages("workload")) >= want, f"{more} reports")


@pytest.fixture
def fleet(programs, redis, agent, folder):
    made = Fleet(programs, redis, agent, folder)
    yield made
    made.close()


def test_a_host_introduces_itself_and_reports(fleet):
    ip = fleet.live()
    info = fleet.redis.client.hgetall(f"server:info:{ip}")
    identity = (fleet.state / "worker" / "identity").read_text()
    assert info["id"] == re.search(r"^id = ([0-9a-f]{32})$", identity, re.M).group(1)
    assert info["hostname"].split(".")[0] == os.uname().nodename.split(".")[0]
    assert info["kernel"] == os.uname().release
    assert info["cores"] == str(os.cpu_count())
    assert info["cluster"] == "lab"
    assert int(info["mem"]) > 0 and int(info["boot"]) > 0
    assert not ip.startswith("127.")
    fleet.reports(2)
    message = fleet.messages("workload")[-1]["info"]
    assert message["ip"] == ip and message["cluster"] == "lab" and message["hostname"] == info["hostname"]
    assert abs(sum(v for k, v in message["cpu"].items() if k not in ("count", "cores")) - 100) < 1
    assert message["agent"]["missed"] == 0
    record = json.loads(fleet.redis.client.get(f"rdv_worker_{ip}"))
    assert record[1] == ip and p.is_percent(record[3])
    assert p.is_percent(record[4]) if p.sees_storage() else record[4] is None


def test_a_clean_stop_says_zero_and_new_settings_do_not(fleet):
    ip = fleet.live()
    worker = fleet.worker()
    fleet.ini.write_text(fleet.ini.read_text() + "history = 3\n")
    fleet.agent.signal(signal.SIGHUP)
    p.wait_until(lambda: fleet.worker() != worker, "another worker")
    p.wait_until(lambda: fleet.events("agent.restart"), "the news of it")
    fleet.reports(1)
    assert not [m for m in fleet.messages("alive") if m["alive"] == "0"]
    assert fleet.redis.client.hget("servers:alive", ip) == "1"
    assert fleet.agent.stop() == 0
    assert fleet.redis.client.hget("servers:alive", ip) == "0"
    assert fleet.redis.client.get(f"server:alive:{ip}") == "0"
    p.wait_until(lambda: fleet.messages("alive")[-1]["alive"] == "0", "the goodbye")


def test_a_crash_is_an_event_and_no_goodbye(fleet):
    ip = fleet.live()
    first = fleet.worker()
    os.kill(first, signal.SIGKILL)
    event = p.wait_until(lambda: fleet.events("agent.crash"), "the news of the crash")[0]
    assert event["level"] == "error"
    assert "killed by signal 9" in event["text"]
    assert event["data"]["count"] == 1
    fleet.reports(1)
    assert not [m for m in fleet.messages("alive") if m["alive"] == "0"]
    assert fleet.redis.client.get(f"server:alive:{ip}") == "1"
    # Told once: the next worker does not repeat it.
    os.kill(fleet.worker(), signal.SIGKILL)
    p.wait_until(lambda: len(fleet.events("agent.crash")) == 2, "the news of the second")
    assert fleet.events("agent.crash")[1]["data"]["count"] == 1


def test_crashes_nobody_heard_of_are_counted_together(fleet):
    fleet.start()
    for _ in range(2):
        os.kill(fleet.worker(), signal.SIGKILL)
        fleet.agent.wait_for("starting the worker again")
        p.wait_until(lambda: not fleet.agent.below(r"^\d+ \(muster-agent worker"), "it to be gone")
        p.wait_until(lambda: fleet.agent.below(r"^\d+ \(muster-agent worker"), "the next")
    fleet.let_in(fleet.ip())
    event = p.wait_until(lambda: fleet.events("agent.crash"), "the news of the crashes")[0]
    assert event["data"]["count"] == 2


def test_a_killed_keeper_says_nothing_and_its_successor_goes_on(fleet):
    ip = fleet.live()
    fleet.agent.signal(signal.SIGKILL)
    fleet.agent.wait()
    assert fleet.redis.client.get(f"server:alive:{ip}") == "1"
    fleet.start()
    fleet.reports(2)
    assert not [m for m in fleet.messages("alive") if m["alive"] == "0"]


def test_a_configured_ip_and_chosen_collectors_are_obeyed(fleet):
    fleet.ini.write_text(fleet.ini.read_text() + "ip = 10.9.8.7\ncollect = mem,load\nsn = SN-7\n")
    assert fleet.live() == "10.9.8.7"
    fleet.reports(1)
    message = fleet.messages("workload")[-1]["info"]
    assert message["mem"]["total"] > 0 and message["load"]["w1_avg"] is not None
    assert message["cpu"]["user"] is None
    assert fleet.redis.client.hget("server:info:10.9.8.7", "sn") == "SN-7"


def test_a_copied_disk_becomes_a_host_of_its_own(fleet, folder):
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "sys/class/dmi/id").mkdir(parents=True)
    (root / "proc").symlink_to("/proc")
    for name in ("etc", "sys/class/dmi/id"):
        (root / name).chmod(0o755)
    root.chmod(0o755)

    def installation(number):
        (root / "etc/machine-id").write_text(f"{number:032x}\n")
        (root / "sys/class/dmi/id/product_uuid").write_text(f"12345678-0000-0000-0000-{number:012d}\n")

    def identity():
        text = (fleet.state / "worker" / "identity").read_text()
        return re.search(r"^id = (\w+)$", text, re.M).group(1)

    installation(1)
    fleet.ini.write_text(fleet.ini.read_text() + "ip = 10.9.8.7\n")
    fleet.redis.client.hset("server:config:10.9.8.7", "services", "{}")
    fleet.start("--proc-root", root)
    fleet.reports(1)
    first = identity()
    assert fleet.agent.stop() == 0
    installation(2)
    fleet.start("--proc-root", root)
    event = p.wait_until(lambda: fleet.events("host.identity"), "the news of the copy")[0]
    assert "copied" in event["text"] and event["data"]["was"] == first
    assert identity() != first


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("redis = a:b:c", r"option 'redis': "),
        ("redis = a\nip = 10.0.0", r"option 'ip': '10.0.0' is no address"),
        ("redis = a\ncollect = memory", r"option 'collect': there is no collector 'memory'"),
    ],
)
def test_settings_that_make_no_sense_stop_the_keeper(run, agent, folder, line, sentence):
    ini = folder / "client-daemon.ini"
    ini.write_text(line + "\n")
    result = run(agent, "--config", ini, "--state-dir", folder / "state")
    assert result.returncode == 2
    assert re.search(sentence, result.stderr)
