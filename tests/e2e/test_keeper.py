"""The keeper and its worker: one of each, always back, no rights it does not need.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pwd
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

import programs as p

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop its rights")
WORKER = r"^\d+ \(muster-agent worker"


class Agent:
    """A muster-agent whose Redis nobody answers, unless told otherwise."""

    def __init__(self, programs, program, folder, *args, **more):
        self.ini = folder / "client-daemon.ini"
        self.state = folder / "state"
        if not self.ini.exists():
            self.ini.write_text(f"redis = 127.0.0.1:{p.free_port()}\npassword = hush\n")
            self.ini.chmod(0o600)
        self.process = programs.start([program, "--config", self.ini, "--state-dir", self.state, *args], **more)

    def worker(self):
        """Pid of the worker that has said hello, which is another one than `before`."""
        pids = re.findall(r"worker \S+ runs \(pid (\d+)\)", self.process.text())
        return int(pids[-1]) if pids else None

    def next_worker(self, *before):
        return p.wait_until(lambda: self.worker() not in (None, *before) and self.worker(), "a worker")


@pytest.fixture
def start(programs, agent, folder):
    return lambda *args, **more: Agent(programs, agent, folder, *args, **more)


def uid_of(pid):
    return Path(f"/proc/{pid}").stat().st_uid


def test_a_clean_stop_takes_the_worker_along(start):
    agent = start()
    worker = agent.next_worker()
    assert agent.process.below(WORKER) == [worker]
    begin = time.monotonic()
    assert agent.process.stop() == 0
    assert time.monotonic() - begin < 4
    assert p.stat_of(worker) is None
    assert "SIGTERM, stopping" in agent.process.text()


def test_ctrl_c_reaches_both_and_is_one_clean_stop(start):
    agent = start()
    worker = agent.next_worker()
    os.kill(worker, signal.SIGINT)
    agent.process.signal(signal.SIGINT)
    assert agent.process.wait() == 0
    assert "exit status 0" in agent.process.text()


def test_the_second_says_who_is_there_and_goes(start, programs, run, agent, folder):
    first = start()
    first.next_worker()
    second = run(agent, "--config", first.ini, "--state-dir", first.state)
    assert second.returncode == 1
    assert f"already runs here (pid {first.process.pid} holds keeper.lock)" in second.stderr
    assert first.process.child.poll() is None
    # Its lock is gone with it, however it went.
    first.process.signal(signal.SIGKILL)
    first.process.wait()
    third = start()
    third.next_worker()
    assert third.process.stop() == 0


def test_a_killed_worker_is_back_at_once_and_its_end_is_told(start):
    agent = start()
    first = agent.next_worker()
    os.kill(first, signal.SIGKILL)
    begin = time.monotonic()
    second = agent.next_worker(first)
    assert time.monotonic() - begin < 10
    assert p.stat_of(first) is None
    assert f"the worker (pid {first}) ended after" in agent.process.text()
    assert "killed by signal 9" in agent.process.text()
    assert agent.process.below(WORKER) == [second]


def test_a_crash_loop_is_called_one(start):
    agent = start()
    seen = []
    for _ in range(5):
        seen.append(agent.next_worker(*seen))
        os.kill(seen[-1], signal.SIGKILL)
    agent.process.wait_for(r"the worker crashes again and again \(5 times in a row\)")
    # And still: it comes back.
    agent.next_worker(*seen)


def test_a_hung_worker_is_killed_and_replaced(start):
    agent = start("--hang-after", "3s")
    first = agent.next_worker()
    os.kill(first, signal.SIGSTOP)
    agent.process.wait_for(rf"no sign of life from the worker \(pid {first}\)")
    agent.next_worker(first)
    assert p.stat_of(first) is None


def test_a_worker_that_does_not_end_is_ended(start):
    agent = start("--stop-after", "500ms")
    worker = agent.next_worker()
    os.kill(worker, signal.SIGSTOP)
    assert agent.process.stop() == 0
    assert "did not end within 500 ms" in agent.process.text()
    assert p.stat_of(worker) is None


def test_a_stopped_keeper_does_not_blame_its_worker(start):
    agent = start("--hang-after", "3s")
    worker = agent.next_worker()
    agent.process.signal(signal.SIGSTOP)
    time.sleep(4.5)
    agent.process.signal(signal.SIGCONT)
    time.sleep(1)
    assert agent.worker() == worker
    assert agent.process.below(WORKER) == [worker]


def test_a_killed_keeper_leaves_no_worker(start):
    agent = start()
    worker = agent.next_worker()
    agent.process.signal(signal.SIGKILL)
    agent.process.wait()
    p.wait_until(lambda: p.stat_of(worker) is None or p.stat_of(worker)[1] == "Z", "the worker to go", 5)


def test_new_settings_replace_the_worker_and_bad_ones_do_not(start):
    agent = start()
    first = agent.next_worker()
    good = agent.ini.read_text()
    agent.ini.write_text(good + "loop-interval = 1\n")
    agent.process.signal(signal.SIGHUP)
    agent.process.wait_for(r"client-daemon.ini:3: unknown option 'loop-interval'.*; going on with the settings as")
    assert agent.worker() == first
    agent.ini.write_text(good + "interval-default = 1\nlog-level = debug\n")
    agent.process.signal(signal.SIGHUP)
    second = agent.next_worker(first)
    assert "settings read again" in agent.process.text()
    assert "crash" not in agent.process.text()
    assert agent.process.below(WORKER) == [second]


def test_no_secret_is_in_arguments_environment_or_log(start):
    agent = start("--log-level", "debug")
    worker = agent.next_worker()
    for pid in (agent.process.pid, worker):
        assert b"hush" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert b"hush" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert agent.process.stop() == 0
    assert "hush" not in agent.process.text()


def test_a_password_others_may_read_is_warned_of(start, folder):
    (folder / "client-daemon.ini").write_text("redis = 127.0.0.1:1\npassword = hush\n")
    (folder / "client-daemon.ini").chmod(0o644)
    agent = start()
    agent.process.wait_for(r"others may read .*client-daemon.ini, and it holds a password: chmod 600 it")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("redis = a:1\nhang-after = 1s\n", r":2: option 'hang-after': '1s' is not in range; allowed: 3s to 1h"),
        ("redis = a:1\nredi = b\n", r":2: unknown option 'redi', do you mean 'redis'\?"),
        ("password = x\n", r": option 'redis' is missing: give --redis ADDRESS or a line in the file: redis = ADDRESS"),
        ("[other]\nredis = a:1\n", r":1: unknown section \[other\], want \[client-daemon\] or none"),
        ("redis\n", r":1: want 'name = value'"),
    ],
)
def test_broken_settings_name_the_place(run, agent, folder, text, sentence):
    ini = folder / "client-daemon.ini"
    ini.write_text(text)
    for command in ([], ["check-config"]):
        result = run(agent, *command, "--config", ini, "--state-dir", folder / "state")
        assert result.returncode == 2
        assert re.search(r"client-daemon\.ini" + sentence, result.stderr)
    assert not (folder / "state").exists()


def test_a_missing_file_and_a_worker_alone_are_refused(run, agent, folder):
    missing = run(agent, "--config", folder / "none.ini")
    assert missing.returncode == 1
    assert "none.ini: No such file or directory" in missing.stderr
    worker = run(agent, "worker", "--redis", "a:1")
    assert worker.returncode == 2
    assert "the worker is started by muster-agent only" in worker.stderr
    state = run(agent, "--redis", "a:1", "--state-dir", "/proc/nowhere")
    assert state.returncode == 1
    assert "make folder /proc/nowhere" in state.stderr


@ROOT_ONLY
def test_the_worker_of_root_is_nobody_special(start):
    agent = start("--worker-user", "nobody")
    worker = agent.next_worker()
    nobody = pwd.getpwnam("nobody")
    status = Path(f"/proc/{worker}/status").read_text()
    assert re.search(rf"^Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}$", status, re.M)
    assert re.search(rf"^Gid:\t{nobody.pw_gid}\t{nobody.pw_gid}\t", status, re.M)
    assert re.search(r"^Groups:\t *$", status, re.M)
    assert re.search(r"^CapEff:\t0+$", status, re.M)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert uid_of(agent.process.pid) == 0
    assert (agent.state / "worker").stat().st_uid == nobody.pw_uid
    assert (agent.state / "worker").stat().st_mode & 0o777 == 0o700


@ROOT_ONLY
def test_an_unknown_worker_user_is_told_and_becomes_nobody(start):
    agent = start("--worker-user", "no-such-user")
    worker = agent.next_worker()
    assert "there is no user 'no-such-user'; the worker runs as nobody" in agent.process.text()
    assert uid_of(worker) == pwd.getpwnam("nobody").pw_uid


@ROOT_ONLY
def test_the_worker_needs_no_way_to_its_folder(start, folder):
    # A settings file and a state folder only root can walk to.
    folder.chmod(0o700)
    agent = start("--worker-user", "nobody")
    agent.next_worker()
    assert (agent.state / "worker" / "identity").exists()


@ROOT_ONLY
def test_everything_works_without_root(start, folder, programs):
    user = pwd.getpwnam("nobody")
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, user.pw_uid, user.pw_gid)
    agent = start()
    agent.next_worker()
    assert agent.process.stop() == 0
    shutil.rmtree(agent.state)
    shutil.chown(agent.ini, user.pw_uid)
    folder.chmod(0o777)
    # The build may stand where nobody may look (/root); the programs need nothing that lies beside them.
    copy = Path(shutil.copy2(p.program("muster-agent"), folder / "muster-agent"))
    plain = Agent(programs, copy, folder, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    worker = plain.next_worker()
    assert uid_of(plain.process.pid) == uid_of(worker) == user.pw_uid
    os.kill(worker, signal.SIGKILL)
    plain.next_worker(worker)
    assert plain.process.stop() == 0


def test_the_identity_outlives_everything(start):
    agent = start()
    worker = agent.next_worker()
    before = (agent.state / "worker" / "identity").read_text()
    assert re.search(r"^id = [0-9a-f]{32}$", before, re.M)
    os.kill(worker, signal.SIGKILL)
    agent.next_worker(worker)
    agent.process.stop()
    again = start()
    again.next_worker()
    assert (agent.state / "worker" / "identity").read_text() == before


def test_the_service_manager_is_told(start, folder):
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(p.DEADLINE)
        agent = start(env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"})
        seen = set()
        while not {"READY=1", "WATCHDOG=1"} <= seen:
            seen.add(manager.recv(1000).decode())
        assert b"NOTIFY_SOCKET" not in Path(f"/proc/{agent.next_worker()}/environ").read_bytes()
        agent.process.signal(signal.SIGTERM)
        while "STOPPING=1" not in seen:
            seen.add(manager.recv(1000).decode())
        assert agent.process.wait() == 0


def test_help_and_version_are_there(run, agent):
    text = run(agent, "--help")
    assert text.returncode == 0
    assert "--hang-after TIME" in text.stdout and "Examples:" in text.stdout
    assert run(agent, "--version").stdout == run(agent, "version").stdout
    wrong = run(agent, "--hang-afte", "3")
    assert wrong.returncode == 2
    assert "do you mean '--hang-after'?" in wrong.stderr
