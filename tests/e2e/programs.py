"""Real programs for the end-to-end tests: started in private folders, watched, and all ended again.

This process makes itself the reaper of orphans, so whatever a program of ours leaves behind, also after a double
fork, is a descendant of ours, is found, ended, and counted as a failure of the test.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import ctypes
import http.client
import json
import os
import queue
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PR_SET_CHILD_SUBREAPER = 36
# Instrumented programs on a busy machine of two cores: deadlines are there to end a hang, not to measure.
DEADLINE = 30.0
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer|Assertion .* failed")


def build_folder():
    """Where ninja put the programs: MUSTER_BUILD, or the build the unit tests use."""
    return Path(os.environ.get("MUSTER_BUILD") or ROOT / "build-asan")


def program(name):
    """The path of one of our programs."""
    folder = {"muster": "cli", "muster-agent": "agent", "muster-server": "server"}[name]
    return build_folder() / "src" / folder / name


def sees_storage():
    """Whether this machine shows us a file system on storage: below a chroot, / is no mount of its own."""
    looked = subprocess.run(
        [str(program("muster-agent")), "collect", "-o", "json", "-i", "0", "fs"],
        capture_output=True, text=True, timeout=DEADLINE, check=False,
    )
    return bool(json.loads(looked.stdout)["fs"].get("total"))


def is_percent(value):
    return isinstance(value, (int, float)) and 0 <= value <= 100


def wait_until(condition, what, deadline=DEADLINE):
    """Waits until condition() gives something true and returns that; `what` completes "waited 30 s for ..."."""
    end = time.monotonic() + deadline
    pause = 0.005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:g} s for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def free_port():
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# ---- Processes


def become_reaper():
    """Orphans below us become our children instead of init's."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def stat_of(pid):
    """(parent, state) of a process, None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, parent = text[text.rfind(")") + 2 :].split()[:2]
    return int(parent), state


def name_of(pid):
    """Its command line, for people."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        line = ""
    return f"{pid} ({line or '?'})"


def descendants(root=None):
    """Pids of all live processes below `root` (this process), children first."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = stat_of(int(entry))
            if stat is not None and stat[1] != "Z":
                children.setdefault(stat[0], []).append(int(entry))
    found, todo = [], [root or os.getpid()]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


class Process:
    """One program, in a session of its own, its output in a file that is shown when the test fails."""

    def __init__(self, argv, log, env=None, cwd=None, stdin=subprocess.DEVNULL, **more):
        self.argv = [str(a) for a in argv]
        self.log = Path(log)
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                self.argv,
                stdin=stdin,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
                env={**os.environ, **(env or {})},
                **more,
            )

    @property
    def pid(self):
        return self.child.pid

    def text(self):
        """All it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern, deadline=DEADLINE):
        """Waits until it has printed something that matches; returns the match. Ends early if the program does."""

        def look():
            ended = self.child.poll() is not None
            match = re.search(pattern, self.text(), re.M)
            if match is None and ended:
                raise AssertionError(
                    f"{self.argv[0]} ended with {self.child.returncode} before printing /{pattern}/:\n{self.text()}"
                )
            return match

        return wait_until(look, f"{self.argv[0]} to print /{pattern}/", deadline)

    def wait(self, deadline=DEADLINE):
        """Waits for its end and returns the exit status."""
        return self.child.wait(deadline)

    def signal(self, number):
        if self.child.poll() is None:
            self.child.send_signal(number)

    def stop(self, deadline=DEADLINE):
        """Asks it to end, as a service manager would, and returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(deadline)

    def below(self, pattern):
        """Pids of its descendants whose command line matches."""
        return [p for p in descendants(self.pid) if re.search(pattern, name_of(p))]


class Programs:
    """What one test has started. close() ends all of it and tells what was not in order."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.started = []
        self.before = set(descendants())
        self.kept = None

    def start(self, argv, name=None, **more):
        name = name or Path(str(argv[0])).name
        log = self.folder / f"{len(self.started)}-{name}.log"
        process = Process(argv, log, **more)
        self.started.append(process)
        return process

    def logs(self):
        """(name, the end of what it printed) of each program."""
        if self.kept is not None:
            return self.kept
        return [(p.log.name, "\n".join(p.text().splitlines()[-150:])) for p in self.started]

    def close(self):
        """Stops what runs, last started first; whatever is then left is ended hard. Returns complaints."""
        complaints = []
        for process in reversed(self.started):
            if process.child.poll() is None:
                try:
                    process.stop()
                except subprocess.TimeoutExpired:
                    complaints.append(f"{process.argv[0]} did not end within {DEADLINE:g} s of SIGTERM")
        left = []
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.left(), "orphans to end", 5)
        for pid in self.left():
            left.append(name_of(pid))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if left:
            complaints.append(f"left processes behind: {', '.join(left)}")
        for process in self.started:
            process.child.poll()
            found = SANITIZER.search(process.text())
            if found is not None:
                complaints.append(f"{process.log.name}: {found.group(0)}")
        wait_until(lambda: not self.left(), "killed processes to go", 10)
        # The folder is gone before the report is written.
        self.kept = self.logs()
        return complaints

    def left(self):
        for process in self.started:
            process.child.poll()
        reap_orphans({p.pid for p in self.started})
        return [p for p in descendants() if p not in self.before]


def reap_orphans(own):
    """Collects adopted zombies; those of `own` belong to their Popen objects."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in own:
            stat = stat_of(int(entry))
            if stat == (os.getpid(), "Z"):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(int(entry), os.WNOHANG)


# ---- Talking to the server


class Answer:
    """Status, headers and body of an HTTP answer."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Api:
    """A client of /api/v1: with a bearer token, or with a session cookie and its CSRF word."""

    def __init__(self, address, token=None):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.token = token
        self.cookie = self.csrf = None

    def headers(self, more):
        own = {}
        if self.token:
            own["Authorization"] = f"Bearer {self.token}"
        if self.cookie:
            own["Cookie"] = self.cookie
        if self.csrf:
            own["X-CSRF-Token"] = self.csrf
        return {**own, **(more or {})}

    def request(self, method, path, body=None, headers=None):
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        try:
            data = None if body is None else json.dumps(body)
            sent = self.headers(headers)
            if data is not None:
                sent["Content-Type"] = "application/json"
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            answer = Answer(response, response.read())
        finally:
            connection.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return answer

    def get(self, path, status=200):
        """The JSON of GET /api/v1/path, which must answer with `status`."""
        return self.call("GET", path, None, status)

    def post(self, path, body=None, status=200):
        return self.call("POST", path, {} if body is None else body, status)

    def delete(self, path, status=200):
        return self.call("DELETE", path, None, status)

    def call(self, method, path, body, status):
        answer = self.request(method, "/api/v1" + path, body)
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.body[:500]!r}"
        return answer.json() if answer.body else None

    def login_from(self, answer):
        """Remembers the CSRF word of a login's or setup's reply."""
        self.csrf = answer["csrf"]
        return answer

    def events(self, query=""):
        """The stream of /events, from now on."""
        return Events(self, query)


class Events:
    """Server-sent events, read by a thread; wait() takes them in order."""

    def __init__(self, api, query=""):
        self.connection = http.client.HTTPConnection(api.host, api.port, timeout=DEADLINE)
        self.connection.request("GET", "/api/v1/events" + query, headers=api.headers(None))
        self.response = self.connection.getresponse()
        assert self.response.status == 200, f"/events: {self.response.status} {self.response.read(500)!r}"
        self.sock = self.connection.sock
        self.queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        kind, data = "message", []
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            for raw in self.response:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and data:
                    self.queue.put((kind, json.loads("\n".join(data)), time.monotonic()))
                    kind, data = "message", []
        self.queue.put(None)

    def wait(self, kind, condition=lambda data: True, deadline=DEADLINE):
        """The data of the next event of that kind for which the condition holds; others are passed over."""
        return self.wait_timed(kind, condition, deadline)[0]

    def wait_timed(self, kind, condition=lambda data: True, deadline=DEADLINE):
        """As wait(), and when it came (time.monotonic())."""
        end = time.monotonic() + deadline
        while True:
            try:
                item = self.queue.get(timeout=max(end - time.monotonic(), 0.001))
            except queue.Empty:
                raise AssertionError(f"waited {deadline:g} s for an event '{kind}'") from None
            assert item is not None, f"the event stream ended while waiting for '{kind}'"
            if item[0] == kind and condition(item[1]):
                return item[1], item[2]

    def close(self):
        with contextlib.suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def choose_redis_port(data):
    """A port of its own for a private Redis: the one all servers try first may be taken by another while it is dead."""
    folder = data / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    if not (folder / "port").exists():
        (folder / "port").write_text(str(free_port()), encoding="ascii")


class Up:
    """`muster up` on a data folder of its own."""

    def __init__(self, programs, data, *args, env=None):
        self.programs = programs
        self.data = Path(data)
        self.address = f"127.0.0.1:{free_port()}"
        self.args = args
        self.env = env
        self.streams = []
        choose_redis_port(self.data)
        self.start()

    def start(self):
        self.process = self.programs.start(
            [program("muster"), "up", "--data", self.data, "--listen", self.address, *self.args], env=self.env
        )
        self.process.wait_for(r"^\s*url: *\S+")
        wait_until(lambda: (self.data / "token").exists(), "the token file")
        self.api = Api(self.address, (self.data / "token").read_text(encoding="utf-8").strip())
        wait_until(self.answers, "the server to answer")

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.api.request("GET", "/api/v1/version").status == 200
        return False

    def visitor(self):
        """A client without any credentials."""
        return Api(self.address)

    def cli(self, *args, check=True, deadline=DEADLINE):
        """Runs `muster ARGS` against this data folder."""
        done = subprocess.run(
            [str(program("muster")), *map(str, args)],
            env={**os.environ, "MUSTER_DATA": str(self.data)},
            capture_output=True,
            text=True,
            timeout=deadline,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert (
            not check or done.returncode == 0
        ), f"muster {' '.join(map(str, args))}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def server_json(self):
        return json.loads((self.data / "server.json").read_text(encoding="utf-8"))

    def setup_token(self):
        """The word behind '#' of the one-time link."""
        link = wait_until(
            lambda: (self.data / "setup-link").exists()
            and (self.data / "setup-link").read_text(encoding="utf-8").strip(),
            "the setup link",
        )
        return link.rsplit("#", 1)[1]

    def setup_admin(self, name="admin", password="correct horse battery"):
        """Makes the first admin through the one-time link; returns a client with that session."""
        client = self.visitor()
        client.login_from(client.post("/setup", {"token": self.setup_token(), "name": name, "password": password}))
        return client

    def events(self, query=""):
        stream = self.api.events(query)
        self.streams.append(stream)
        return stream

    def online_host(self, deadline=DEADLINE):
        """The row of the first host that is online."""
        return wait_until(
            lambda: next((h for h in self.api.get("/hosts")["hosts"] if h["state"] == "online"), None),
            "a host to be online",
            deadline,
        )

    def close(self):
        for stream in self.streams:
            stream.close()
