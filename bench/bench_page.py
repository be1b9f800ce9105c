#!/usr/bin/python3
"""The page and the API with a big fleet: bytes of the first load, frame and script time, the roll, and the way of a change.

Starts `muster up --no-agent` in a private folder, lets bench/fleet.py report for N hosts in a process of its own, and
looks at it with a real Chromium. Prints a table.

    bench_page.py [--hosts 10000] [--build build]

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import fleet

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1920,1080"]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Server:
    """`muster up` without an agent, in a private folder."""

    def __init__(self, build, folder):
        self.data = folder / "data"
        self.port = free_port()
        self.log = open(folder / "up.log", "wb")  # pylint: disable=consider-using-with
        self.child = subprocess.Popen(  # pylint: disable=consider-using-with
            [build / "src/cli/muster", "up", "--no-agent", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not self.answers():
            if time.monotonic() > end or self.child.poll() is not None:
                sys.exit(f"muster up does not come up; see {folder / 'up.log'}")
            time.sleep(0.05)
        self.token = (self.data / "token").read_text(encoding="utf-8").strip()

    def answers(self):
        try:
            return (self.data / "server.json").exists() and self.get("/api/v1/version", None)[0] == 200
        except OSError:
            return False

    def get(self, path, token, method="GET", body=None, headers=None):
        """(status, body bytes as sent, seconds)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        head = {"Accept-Encoding": "gzip", **({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        start = time.perf_counter()
        connection.request(method, path, body=body, headers=head)
        answer = connection.getresponse()
        text = answer.read()
        took = time.perf_counter() - start
        connection.close()
        return answer.status, text, took

    def online(self):
        """How many hosts the server holds to be online."""
        body = self.get("/api/v1/health", self.token)[1]
        return json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)["hosts"]["online"]

    def cpu_seconds(self):
        """CPU time of muster-server so far."""
        pid = json.loads((self.data / "server.json").read_text(encoding="utf-8"))["pid"]
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait(30)
        self.log.close()


def measure_roll(server):
    """Milliseconds of GET /hosts, cold cache each time (the roll changes all the while), and its size on the wire."""
    times, size = [], 0
    for _ in range(20):
        status, body, took = server.get("/api/v1/hosts", server.token)
        assert status == 200, status
        times.append(took * 1000)
        size = len(body)
        time.sleep(0.6)
    return statistics.median(times), max(times), size


def measure_change(server, client):
    """Milliseconds from PUBLISH in Redis to the line on an event stream, as a browser gets it."""
    arrived = {}
    ready = threading.Event()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {server.token}"})
    stream = connection.getresponse()

    def listen():
        name = ""
        while True:
            line = stream.fp.readline()
            if not line:
                return
            text = line.decode()
            if text.startswith("event:"):
                name = text[6:].strip()
                if name == "hello":
                    ready.set()
            elif text.startswith("data:") and name == "host":
                arrived.setdefault(json.loads(text[5:])["ip"], time.perf_counter())

    threading.Thread(target=listen, daemon=True).start()
    assert ready.wait(10), "no hello on the event stream"
    times = []
    for n in range(20):
        host = fleet.Host(900000 + n, 2)
        pipe = client.pipeline(transaction=False)
        pipe.hset(f"server:config:{host.ip}", mapping={"services": "{}", "controlled": "{}"})
        host.report(pipe, time.time(), 10)
        start = time.perf_counter()
        pipe.execute()
        end = time.monotonic() + 5
        while host.ip not in arrived and time.monotonic() < end:
            time.sleep(0.001)
        assert host.ip in arrived, "a new host did not reach the event stream"
        times.append((arrived[host.ip] - start) * 1000)
        time.sleep(0.2)
    return statistics.median(times), max(times)


def browser(folder):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*FLAGS, f"--user-data-dir={folder / 'chromium'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver", log_path=os.devnull), options=options)


def wire_bytes(driver, base):
    """Encoded bytes of what was loaded from us so far, calls of the API left out: the page itself."""
    ours, total = set(), 0
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        params = message["params"]
        if message["method"] == "Network.responseReceived":
            url = params["response"]["url"]
            if url.startswith(base) and "/api/" not in url:
                ours.add(params["requestId"])
        if message["method"] == "Network.loadingFinished" and params["requestId"] in ours:
            total += params["encodedDataLength"]
    return total


FRAMES = """
const done = arguments[0], gaps = [];
let last = performance.now();
const end = last + 10000;
const move = n => document.querySelectorAll('canvas').forEach(c => {
  const r = c.getBoundingClientRect();
  c.dispatchEvent(new PointerEvent('pointermove', {bubbles: true, clientX: r.x + (n * 37) % r.width, clientY: r.y + (n * 11) % r.height}));
  c.dispatchEvent(new MouseEvent('mousemove', {bubbles: true, clientX: r.x + (n * 37) % r.width, clientY: r.y + (n * 11) % r.height}));
});
const frame = () => {
  const now = performance.now();
  gaps.push(now - last);
  last = now;
  if (now > end) {
    gaps.sort((a, b) => a - b);
    const at = share => gaps[Math.floor(gaps.length * share)];
    done({n: gaps.length, p50: at(.5), p95: at(.95), max: gaps[gaps.length - 1]});
    return;
  }
  move(gaps.length);
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def measure_page(server, folder, hosts):
    driver = browser(folder)
    try:
        driver.set_script_timeout(60)
        driver.execute_cdp_cmd("Performance.enable", {})
        link = (server.data / "setup-link").read_text(encoding="utf-8").strip()
        token = link.partition("#")[2]
        status, body, _ = server.get("/api/v1/setup", None, "POST",
                                     json.dumps({"token": token, "name": "bench", "password": "a-long-bench-password"}),
                                     {"Content-Type": "application/json"})
        assert status == 200, body
        base = f"http://127.0.0.1:{server.port}"
        driver.get(base + "/login")
        end = time.monotonic() + 10
        while not driver.find_elements("css selector", "input[type=password]") and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        first_load = wire_bytes(driver, base)
        logged_in = driver.execute_async_script(
            "const done = arguments[0]; fetch('/api/v1/login', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            "body: JSON.stringify({name: 'bench', password: 'a-long-bench-password'})}).then(r => done(r.status))")
        assert logged_in == 200, logged_in
        driver.get(base + "/")
        end = time.monotonic() + 20
        while not driver.find_elements("css selector", "canvas"):
            assert time.monotonic() < end, "no honeycomb on the overview"
            time.sleep(0.05)
        time.sleep(3)
        before = {m["name"]: m["value"] for m in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
        frames = driver.execute_async_script(FRAMES)
        after = {m["name"]: m["value"] for m in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
        script = (after["ScriptDuration"] - before["ScriptDuration"]) / (after["Timestamp"] - before["Timestamp"])
        driver.save_screenshot(str(folder / f"overview-{hosts}.png"))
        return first_load, frames, script
    finally:
        driver.quit()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10000)
    parser.add_argument("--build", default=os.environ.get("MUSTER_BUILD", ROOT / "build"), type=Path)
    parser.add_argument("--keep", action="store_true", help="keep the folder (with a screenshot)")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="muster-bench-"))
    server = Server(args.build.resolve(), folder)
    load = None
    try:
        client = fleet.connect(server.data)
        load = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, Path(__file__).with_name("fleet.py"), "--data", server.data, "--hosts", str(args.hosts), "--seconds", "600"],
            stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while server.online() < args.hosts:
            assert time.monotonic() < end, "the fleet did not come online"
            time.sleep(0.5)
        cpu, at = server.cpu_seconds(), time.monotonic()
        time.sleep(10)
        per_report = (server.cpu_seconds() - cpu) / (time.monotonic() - at) / (args.hosts / 10) * 1e6
        roll, roll_max, size = measure_roll(server)
        change, change_max = measure_change(server, client)
        first_load, frames, script = measure_page(server, folder, args.hosts)
    finally:
        if load is not None:
            load.kill()
            load.wait()
        server.stop()
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(folder)
    print(f"| what ({args.hosts} hosts) | measured | reach |\n|---|---|---|")
    print(f"| page, first load over the wire | {first_load / 1024:.0f} KB | <= 200 KB |")
    print(f"| GET /api/v1/hosts, gzip, median (max) of 20 | {roll:.1f} ms ({roll_max:.1f}) | <= 20 ms |")
    print(f"| its size | {size / 1024:.0f} KB | <= 400 KB |")
    print(f"| PUBLISH to event stream, median (max) of 20 | {change:.1f} ms ({change_max:.1f}) | <= 100 ms |")
    print(f"| overview, frames in 10 s with the pointer moving | {frames['n']}; gap p50 {frames['p50']:.0f} ms, p95 {frames['p95']:.0f} ms,"
          f" max {frames['max']:.0f} ms | fluid |")
    print(f"| overview, share of one core spent in scripts | {script * 100:.0f} % | |")
    print(f"| server CPU per report | {per_report:.1f} us | |")


if __name__ == "__main__":
    main()
