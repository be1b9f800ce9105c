"""First light: `muster up` on this machine, seen through the page, the command line, the API and Redis itself.

SPDX-License-Identifier: Apache-2.0
"""

import csv
import io
import json
import os
import signal
import time

import programs as p
import pytest
import redis
from selenium.webdriver.common.by import By

MODES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]
PASSWORD = "correct horse battery"


def connect(up):
    """A client of the private Redis with the server's credentials."""
    where = up.server_json()["redis"]
    return redis.Redis(
        unix_socket_path=where["socket"],
        username=where["user"],
        password=where["password"],
        decode_responses=True,
        socket_timeout=p.DEADLINE,
    )


def offline_events(up):
    return [e for e in up.api.get("/events/log?limit=200")["events"] if e["kind"] == "host.offline"]


def kill(up, pattern):
    """kill -9 to the one program below `muster up` whose command line matches; its pid."""
    (pid,) = p.wait_until(lambda: up.process.below(pattern), f"a process like {pattern}")
    os.kill(pid, signal.SIGKILL)
    return pid


def next_report(up, ip, before=None):
    """Waits for a report that came after `before` (now); returns the host's row."""
    before = before or up.api.get(f"/hosts/{ip}")["seen"]

    def newer():
        try:
            row = up.api.get(f"/hosts/{ip}")
        except (AssertionError, OSError):
            return None
        return row if row["state"] == "online" and row["seen"] > before else None

    return p.wait_until(newer, "another report", 60)


def test_every_key_of_the_contract_has_its_shape(up):
    host = up.online_host()
    ip = host["ip"]
    next_report(up, ip)
    assert "NOPERM" not in up.process.text(), "the agent's Redis account lacks a right"
    r = connect(up)
    worker = json.loads(r.get(f"rdv_worker_{ip}"))
    assert len(worker) == 5 and worker[1] == ip and worker[2] == host["hostname"]
    assert abs(time.time() - worker[0]) < 60 and isinstance(worker[0], int)
    assert p.is_percent(worker[3]) and (p.is_percent(worker[4]) if p.sees_storage() else worker[4] is None)
    assert r.hget("servers:alive", ip) == "1"
    assert r.get(f"server:alive:{ip}") == "1"
    info = r.hgetall(f"server:info:{ip}")
    assert info["id"] == up.api.get(f"/hosts/{ip}")["id"] and len(info["id"]) == 32
    assert info["kernel"] == os.uname().release and info["hostname"] == host["hostname"]
    members = r.zrange(f"server:workload:{ip}", 0, -1, withscores=True)
    assert 1 <= len(members) <= 6
    last = json.loads(members[-1][0])
    assert abs(last["timestamp"] - members[-1][1]) < 0.01
    check_message(last["info"], ip)


def check_message(info, ip):
    assert info["ip"] == ip
    for key in ("mac", "hostname", "ts", "seq", "load", "cpu", "mem", "disk", "net"):
        assert key in info
    assert set(info["load"]) == {"w1_avg", "w5_avg", "w15_avg"}
    assert info["cpu"]["count"] == os.cpu_count() == len(info["cpu"]["cores"])
    for modes in (info["cpu"], *info["cpu"]["cores"]):
        assert sum(modes[m] for m in MODES) == pytest.approx(100, abs=0.05)
    assert info["mem"]["used"] == pytest.approx(info["mem"]["total"] - info["mem"]["free"], abs=0.1)
    expected = info["mem"]["used"] - info["mem"]["buffers"] - info["mem"]["cached"]
    assert info["mem"]["abs_used"] == pytest.approx(expected, abs=0.1)
    for card in info["net"].values():
        assert set(card) >= {
            "read",
            "write",
            "bytes_sent",
            "bytes_recv",
            "packets_sent",
            "packets_recv",
            "errin",
            "errout",
            "dropin",
            "dropout",
        }
    assert set(info["disk"]) >= {
        "total",
        "free",
        "used",
        "tfree",
        "tread",
        "twrite",
        "read_count",
        "write_count",
        "read_bytes",
        "write_bytes",
        "read_time",
        "write_time",
        "disks",
    }


def test_the_command_line_shows_what_the_api_shows(up):
    ip = up.online_host()["ip"]
    hosts = json.loads(up.cli("hosts", "-o", "json").stdout)
    assert [h["ip"] for h in hosts] == [ip] and hosts[0]["state"] == "online"
    table = up.cli("hosts").stdout
    assert ip in table and "online" in table
    rows = list(csv.DictReader(io.StringIO(up.cli("hosts", "-o", "csv").stdout)))
    assert rows[0]["ip"] == ip
    assert up.cli("host", ip).stdout.count("\n") > 10
    shown = json.loads(up.cli("host", ip, "-o", "json").stdout)
    assert 0 <= shown["now"] - shown["seen"] < 30000 and shown["now"] > shown["since"]
    assert json.loads(up.cli("host", ip, "-o", "json").stdout)["info"]["kernel"] == os.uname().release
    kinds = [e["kind"] for e in json.loads(up.cli("events", "-o", "json").stdout)]
    assert "host.new" in kinds
    assert json.loads(up.cli("version", "-o", "json").stdout)[0]["server"]
    check = json.loads(up.cli("checkstate", "-o", "json").stdout)[0]
    assert check["workers"] == 1 and check["offline"] == 0
    assert up.cli("redis", "cli", "HGET", "servers:alive", ip).stdout.strip() == "1"


def test_the_command_line_says_what_is_wrong(up):
    up.online_host()
    wrong = up.cli("host", "203.0.113.9", check=False)
    assert wrong.returncode == 1 and "203.0.113.9" in wrong.stderr
    wrong = up.cli("hosts", "--server", "http://127.0.0.1:1", check=False)
    assert wrong.returncode == 3
    wrong = up.cli("hosts", "--server", f"http://{up.address}", check=False)
    assert wrong.returncode == 4


def test_run_and_interval_are_obeyed_within_seconds(up):
    ip = up.online_host()["ip"]
    r = connect(up)
    r.set("rdv_client_loop_interval", "1.5")
    p.wait_until(lambda: up.api.get(f"/hosts/{ip}")["interval"] == 1.5, "the interval to be 1.5 s", 15)
    r.set("rdv_client_loop_interval", "0.001")
    p.wait_until(
        lambda: any(e["kind"] == "interval.clamped" for e in up.api.get("/events/log")["events"]), "a clamped interval"
    )
    r.delete("rdv_client_loop_interval")
    r.set("rdv_client_run", "0")
    p.wait_until(
        lambda: any(e["kind"] == "client.stopped" for e in up.api.get("/events/log")["events"]), "the client to stop"
    )
    assert up.api.get(f"/hosts/{ip}")["state"] == "online"
    r.set("rdv_client_run", "1")
    p.wait_until(
        lambda: any(e["kind"] == "client.running" for e in up.api.get("/events/log")["events"]), "the client to run"
    )


def test_a_watched_host_sends_each_second(up):
    ip = up.online_host()["ip"]
    stream = up.events(f"?watch={ip}")
    up.api.post(f"/hosts/{ip}/watch")
    stamps = [stream.wait("sample", lambda d: d["ip"] == ip)["info"]["ts"] for _ in range(5)]
    gaps = [b - a for a, b in zip(stamps, stamps[1:])]
    assert all(0 < gap < 5 for gap in gaps) and min(gaps) < 2
    assert len(up.api.get(f"/hosts/{ip}/recent")["samples"]) >= 5


@pytest.mark.parametrize(
    "victim", ["muster-agent.* worker", "redis-server", "muster-server", "muster-agent(?!.* worker)"]
)
def test_killed_parts_come_back_and_no_host_flips(up, victim):
    host = up.online_host()
    kill(up, victim)
    next_report(up, host["ip"], host["seen"])
    assert offline_events(up) == []


def test_a_stopped_agent_goes_offline_at_once_and_the_stream_says_so(programs, folder):
    up = p.Up(programs, folder / "data", "--no-agent")
    agent = programs.start(
        [p.program("muster-agent"), "--config", up.data / "client-daemon.ini", "--state-dir", folder / "agent"]
    )
    ip = up.online_host()["ip"]
    stream = up.events()
    stream.wait("hello")
    assert agent.stop() == 0
    row = stream.wait("host", lambda h: h["ip"] == ip and h["state"] == "offline")
    assert row["hostname"]
    assert connect(up).hget("servers:alive", ip) == "0"
    up.close()


@pytest.mark.deadline(240)
def test_a_dead_agent_is_declared_dead_after_its_deadline(programs, folder):
    up = p.Up(programs, folder / "data", "--no-agent")
    agent = programs.start(
        [p.program("muster-agent"), "--config", up.data / "client-daemon.ini", "--state-dir", folder / "agent"]
    )
    host = up.online_host()
    connect(up).set("rdv_client_loop_interval", "2")
    p.wait_until(lambda: up.api.get(f"/hosts/{host['ip']}")["interval"] == 2, "the interval to be 2 s", 20)
    stream = up.events()
    stream.wait("hello")
    died = time.monotonic()
    for pid in [agent.pid, *p.descendants(agent.pid)]:
        os.kill(pid, signal.SIGKILL)
    stream.wait("host", lambda h: h["ip"] == host["ip"] and h["state"] == "offline", 90)
    assert time.monotonic() - died >= 12, "declared dead before its deadline of 15 s"
    r = connect(up)
    p.wait_until(lambda: r.hget("servers:alive", host["ip"]) == "0", "the contract's 0")
    up.close()


def text_of(driver):
    return driver.find_element(By.TAG_NAME, "body").text


def test_a_stranger_makes_the_admin_and_watches_this_host(up, browser):
    ip = up.online_host()["ip"]
    link = (up.data / "setup-link").read_text(encoding="utf-8").strip()
    browser.get(link)
    fields = p.wait_until(lambda: browser.find_elements(By.CSS_SELECTOR, "input"), "the set-up form")
    fields[0].send_keys("admin")
    for field in browser.find_elements(By.CSS_SELECTOR, "input[type=password]"):
        field.send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    p.wait_until(lambda: browser.find_elements(By.TAG_NAME, "canvas"), "the overview's honeycomb")
    browser.get(f"http://{up.address}/hosts/{ip}")
    p.wait_until(lambda: len(browser.find_elements(By.CSS_SELECTOR, ".uplot")) >= 4, "the charts")
    p.wait_until(lambda: ip in text_of(browser), "the host's address on its page")
    connect(up).ping()
    before = text_of(browser)
    p.wait_until(lambda: text_of(browser) != before, "numbers that move")


def test_the_page_speaks_chinese(up, browser):
    up.setup_admin()
    browser.errors_are_expected = True  # signed out, the page asks for a session and is refused
    browser.get(f"http://{up.address}/login")
    p.wait_until(lambda: browser.find_elements(By.CSS_SELECTOR, "input[type=password]"), "the login form")
    browser.execute_script("localStorage.setItem('muster.lang', 'zh')")
    browser.refresh()
    p.wait_until(lambda: "登录" in text_of(browser), "a Chinese page")


def test_the_commands_that_up_prints_work_as_printed(up, run):
    up.online_host()
    lines = dict(line.split(":", 1) for line in up.process.text().splitlines() if line.startswith(("redis:", "hosts:")))
    assert run(*lines["redis"].split(), "PING").stdout.strip() == "PONG"
    assert "online" in run(*lines["hosts"].split()).stdout


def test_up_refuses_a_password_that_everybody_could_read(folder, run):
    wrong = run(p.program("muster"), "up", "--data", folder / "data", "--redis", "redis://:secret@127.0.0.1:6379")
    assert wrong.returncode == 2 and "--config" in wrong.stderr and not (folder / "data").exists()


def test_a_wrong_setup_link_is_refused_and_harms_nothing(up):
    wrong = up.visitor().request("POST", "/api/v1/setup", {"token": "0" * 64, "name": "eve", "password": PASSWORD})
    assert wrong.status == 403
    assert not [e for e in up.api.get("/events/log")["events"] if e["kind"].startswith("sql.")]
    assert up.api.get("/health")["status"] == "ok"


def test_ages_grow_while_nothing_changes(up):
    ip = up.online_host()["ip"]
    connect(up).set("rdv_client_run", "0")
    p.wait_until(lambda: any(e["kind"] == "client.stopped" for e in up.api.get("/events/log")["events"]), "the client to stop")
    first = up.api.get("/hosts")["now"]
    p.wait_until(lambda: up.api.get("/hosts")["now"] >= first + 1000, "the roll's time to go on", 10)
    assert up.api.get(f"/hosts/{ip}")["now"] > first
