"""Fixtures of the end-to-end tests: private folders, real redis-server, our programs, a real browser.

SPDX-License-Identifier: Apache-2.0
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis as redis_module
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import programs as p

TEST_DEADLINE = 180
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--window-size=1280,900",
]


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): ends the test after this long (180)")
    p.become_reaper()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Failed: the logs of its programs belong to the report."""
    outcome = yield
    report = outcome.get_result()
    started = getattr(item, "muster_programs", None)
    if report.failed and started is not None:
        # After the teardown the folder with the logs is gone; they were read before.
        for name, text in getattr(item, "muster_logs", None) or started.logs():
            report.sections.append((f"log of {name}", text))


@pytest.fixture(autouse=True)
def _deadline(request):
    """No test hangs."""
    marker = request.node.get_closest_marker("deadline")
    seconds = marker.args[0] if marker else TEST_DEADLINE

    def too_late(_number, _frame):
        raise TimeoutError(f"the test ran longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder():
    """A private folder with a short path: unix sockets live in it."""
    path = Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    # Programs that drop to an unprivileged user must be able to walk through it.
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def programs(request, folder):
    """Starts programs; at the end all of them are gone, and none had anything bad to say."""
    started = p.Programs(folder)
    request.node.muster_programs = started
    yield started
    complaints = started.close()
    request.node.muster_logs = started.logs()
    if complaints:
        pytest.fail("; ".join(complaints))


class Redis:
    """A private redis-server: a unix socket and a loopback port."""

    def __init__(self, programs, folder, *args):
        self.folder = folder / f"redis{len(programs.started)}"
        self.folder.mkdir()
        self.port = p.free_port()
        self.socket = self.folder / "redis.sock"
        self.programs = programs
        self.args = args
        self.start()

    def start(self):
        self.process = self.programs.start(
            [
                "redis-server",
                "--bind",
                "127.0.0.1",
                "--port",
                self.port,
                "--unixsocket",
                self.socket,
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                self.folder,
                "--daemonize",
                "no",
                *self.args,
            ],
            name="redis-server",
        )
        self.client = redis_module.Redis(port=self.port, decode_responses=True, socket_timeout=p.DEADLINE)
        p.wait_until(self.answers, "redis-server to answer")

    def answers(self):
        try:
            return self.client.ping()
        except redis_module.AuthenticationError:
            return True
        except redis_module.RedisError:
            return False

    def kill(self):
        """As if its machine had lost power."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def redis(programs, folder):
    """A fresh redis-server without users or passwords."""
    return Redis(programs, folder)


@pytest.fixture
def up(programs, folder):
    """`muster up` with private Redis, server and an agent of this host."""
    running = p.Up(programs, folder / "data")
    yield running
    running.close()


@pytest.fixture
def browser(folder):
    """Headless Chromium; the test fails if a page logged an error in the console."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*CHROMIUM_FLAGS, f"--user-data-dir={folder / 'chromium'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service("/usr/bin/chromedriver", log_path=os.devnull)
    before = set(p.descendants())
    driver = webdriver.Chrome(service=service, options=options)
    driver.set_page_load_timeout(p.DEADLINE)
    yield driver
    try:
        errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    finally:
        driver.quit()
        end_all(before)
    if errors and not getattr(driver, "errors_are_expected", False):
        pytest.fail("the page logged: " + "; ".join(e["message"] for e in errors))


def end_all(before):
    """Chromium's helpers outlive its driver for a moment; none may stay."""

    def gone():
        p.reap_orphans(set())
        return not [pid for pid in p.descendants() if pid not in before]

    try:
        p.wait_until(gone, "Chromium to end", 5)
    except AssertionError:
        for pid in set(p.descendants()) - before:
            os.kill(pid, signal.SIGKILL)
        p.wait_until(gone, "Chromium to go", 10)


@pytest.fixture(scope="session")
def agent():
    return p.program("muster-agent")


@pytest.fixture(scope="session")
def server():
    return p.program("muster-server")


@pytest.fixture(scope="session")
def run():
    """Runs a program to its end: run(argv...) gives returncode, stdout and stderr as text."""

    def call(*argv, **more):
        return subprocess.run(
            [str(a) for a in argv],
            capture_output=True,
            text=True,
            timeout=p.DEADLINE,
            stdin=subprocess.DEVNULL,
            check=False,
            **more,
        )

    return call
