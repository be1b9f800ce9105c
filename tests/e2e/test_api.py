"""The API over a real store and a fleet in memory: logins, roles, fields, the roll, the stream.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import gzip
import http.client
import json
import re
import socket
import subprocess
import threading
import time

import pytest

import programs as p

API = "/api/v1"


class Tiny:
    """The test program, and requests to it."""

    def __init__(self, programs, folder, hosts=20):
        path = p.build_folder() / "tests/e2e/api_tiny"
        # Its stdin is how the fleet is moved.
        self.process = programs.start([path, folder, hosts], stdin=subprocess.PIPE)
        match = self.process.wait_for(r"^url: http://(\S+):(\d+)$")
        self.host, self.port = match.group(1), int(match.group(2))
        self.token = self.process.wait_for(r"^token: (mst_\w+)$").group(1)

    def tell(self, line):
        self.process.child.stdin.write(line.encode() + b"\n")
        self.process.child.stdin.flush()

    def raw(self, method, path, body=None, headers=None, source="127.0.0.1"):
        """(status, headers, bytes)"""
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=p.DEADLINE,
                                                           source_address=(source, 0))) as conn:
            conn.request(method, path, body, headers or {})
            answer = conn.getresponse()
            return answer.status, answer.headers, answer.read()

    def call(self, method, path, body=None, headers=None, who="token", **more):
        """(status, decoded JSON) of an API request by the token, a Browser, or nobody (None)."""
        headers = dict(headers or {})
        if who == "token":
            headers["Authorization"] = f"Bearer {self.token}"
        elif isinstance(who, str):
            headers["Authorization"] = f"Bearer {who}"
        elif who is not None:
            headers["Cookie"] = f"x=y; muster_session={who.cookie}"
            if method != "GET":
                headers.setdefault("X-CSRF-Token", who.csrf)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        status, _headers, text = self.raw(method, API + path, body, headers, **more)
        return status, json.loads(text)

    def get(self, path, **more):
        status, reply = self.call("GET", path, **more)
        assert status == 200, reply
        return reply

    def refused(self, *args, **more):
        """(status, code, field) of a request that must fail."""
        status, reply = self.call(*args, **more)
        assert status >= 400, reply
        assert reply["error"]["message"]
        return status, reply["error"]["code"], reply["error"].get("field")


class Browser:
    """Someone logged in with a cookie."""

    def __init__(self, tiny, path, body, source="127.0.0.1"):
        status, headers, text = tiny.raw("POST", API + path, json.dumps(body), {"Content-Type": "application/json"}, source)
        assert status == 200, text
        self.set_cookie = headers["Set-Cookie"]
        self.cookie = re.match(r"muster_session=([0-9a-f]{64});", self.set_cookie).group(1)
        self.reply = json.loads(text)
        self.csrf = self.reply["csrf"]


SETUP = {"token": "let-me-in", "name": "root", "password": "correct horse", "language": "en"}


@pytest.fixture
def tiny(programs, folder):
    return Tiny(programs, folder)


@pytest.fixture
def admin(tiny):
    return Browser(tiny, "/setup", SETUP)


def test_the_setup_link_makes_one_admin_and_is_used_up(tiny):
    assert tiny.get("/version", who=None) == {"name": "muster", "version": tiny.get("/version")["version"], "api": 1,
                                              "setup": True}
    wrong = {**SETUP, "token": "let-me-out"}
    assert tiny.refused("POST", "/setup", wrong, who=None) == (403, "wrong_setup_link", "token")
    assert tiny.refused("POST", "/setup", {**SETUP, "password": "short"}, who=None)[::2] == (400, "password")
    assert tiny.refused("POST", "/setup", {**SETUP, "password": "12345678"}, who=None)[::2] == (400, "password")
    admin = Browser(tiny, "/setup", SETUP)
    assert admin.reply["user"] == {"name": "root", "role": "admin"}
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in admin.set_cookie
    assert tiny.get("/version", who=None)["setup"] is False
    assert tiny.refused("POST", "/setup", SETUP, who=None)[0] == 409
    assert tiny.get("/session", who=admin)["user"]["name"] == "root"


def test_nothing_is_told_to_who_is_not_logged_in(tiny):
    for path in ("/health", "/session", "/hosts", "/hosts/10.0.0.0", "/hosts/10.0.0.0/sample", "/events", "/events/log",
                 "/tokens"):
        assert tiny.refused("GET", path, who=None)[:2] == (401, "login_needed"), path
    for method, path in (("POST", "/checkstate"), ("POST", "/tokens"), ("DELETE", "/hosts/10.0.0.0"),
                         ("POST", "/hosts/10.0.0.1/accept"), ("POST", "/logout")):
        assert tiny.refused(method, path, who=None)[:2] == (401, "login_needed"), path
    for bad in ("mst_" + "0" * 64, "mst_zz", "", "x" * 4000):
        assert tiny.refused("GET", "/hosts", headers={"Authorization": f"Bearer {bad}"}, who=None)[0] == 401
    assert tiny.refused("GET", "/hosts", headers={"Cookie": "muster_session=" + "0" * 64}, who=None)[0] == 401
    # The body of a request nobody may make is not read.
    with contextlib.closing(socket.create_connection((tiny.host, tiny.port), 10)) as sock:
        sock.sendall(b"POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n")
        assert b" 401 " in sock.recv(4000)


def test_a_login_needs_the_right_password_and_a_logout_ends_it(tiny, admin):
    again = Browser(tiny, "/login", {"name": "root", "password": "correct horse"})
    assert again.cookie != admin.cookie
    assert tiny.refused("POST", "/login", {"name": "root", "password": "wrong horse"}, who=None)[:2] == (401, "wrong_login")
    assert tiny.refused("POST", "/login", {"name": "toor", "password": "correct horse"}, who=None)[:2] == (401, "wrong_login")
    assert tiny.call("POST", "/logout", {}, who=again) == (200, {})
    assert tiny.refused("GET", "/session", who=again)[0] == 401
    assert tiny.get("/session", who=admin)["csrf"] == admin.csrf


def test_an_unknown_name_costs_as_much_as_a_wrong_password(tiny, admin):
    assert admin
    took = {}
    for name in ("root", "nobody"):
        times = []
        for i in range(3):
            start = time.monotonic()
            tiny.refused("POST", "/login", {"name": name, "password": "wrong horse"}, who=None,
                         source=f"127.0.{name == 'root':d}.{i + 2}")
            times.append(time.monotonic() - start)
        took[name] = min(times)
    assert 0.4 < took["root"] / took["nobody"] < 2.5


def test_wrong_logins_are_slowed_down_by_address_and_by_name(tiny, admin):
    wrong = {"name": "root", "password": "wrong horse"}
    codes = [tiny.refused("POST", "/login", wrong, who=None, source="127.0.0.9")[1] for _ in range(8)]
    assert codes[:5] == ["wrong_login"] * 5 and "too_many_tries" in codes[5:]
    # Even the right one has to wait; elsewhere it does not.
    right = {"name": "root", "password": "correct horse"}
    status, headers, _text = tiny.raw("POST", API + "/login", json.dumps(right), {"Content-Type": "application/json"},
                                      "127.0.0.9")
    if status == 429:
        assert 0 < int(headers["Retry-After"]) < 20
    Browser(tiny, "/login", right, source="127.0.0.10")
    # Many at once gain nothing.
    got = []

    def shoot():
        got.append(tiny.refused("POST", "/login", wrong, who=None, source="127.0.0.11")[1])
    threads = [threading.Thread(target=shoot) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count("wrong_login") <= 6 and len(got) == 30
    assert tiny.get("/session", who=admin)


def test_changes_by_cookie_need_the_csrf_token_and_json(tiny, admin):
    assert tiny.refused("POST", "/checkstate", {}, who=admin, headers={"X-CSRF-Token": "0" * 32})[:2] == (403, "csrf")
    assert tiny.refused("POST", "/checkstate", {}, who=admin, headers={"X-CSRF-Token": ""})[:2] == (403, "csrf")
    assert tiny.call("POST", "/checkstate", {}, who=admin)[1]["workers"] == 20
    assert tiny.call("POST", "/checkstate")[1]["active"] is True
    text = {"Content-Type": "text/plain"}
    body = json.dumps({"name": "root", "password": "correct horse"})
    assert tiny.refused("POST", "/login", body, headers=text, who=None)[:2] == (415, "bad_type")


def test_tokens_have_roles_names_and_an_end(tiny, admin):
    made = {}
    for role in ("visitor", "developer", "admin"):
        status, reply = tiny.call("POST", "/tokens", {"name": f"a {role}", "role": role, "expires_s": 3600}, who=admin)
        assert status == 200 and re.fullmatch(r"mst_[0-9a-f]{64}", reply["token"])
        made[role] = reply
    assert tiny.refused("POST", "/tokens", {"name": "a visitor", "role": "visitor"}) == (409, "exists", "name")
    rows = {t["name"]: t for t in tiny.get("/tokens")["tokens"]}
    assert rows["a visitor"]["role"] == "visitor" and rows["a visitor"]["expires"] > rows["a visitor"]["created"]
    assert rows["test"]["expires"] is None and "mst_" not in json.dumps(rows)
    visitor, developer = made["visitor"]["token"], made["developer"]["token"]
    assert tiny.get("/hosts", who=visitor)["hosts"]
    assert tiny.get("/session", who=visitor) == {"user": {"name": "a visitor", "role": "visitor"}, "csrf": ""}
    assert tiny.refused("POST", "/checkstate", who=visitor)[:2] == (403, "forbidden")
    assert tiny.call("POST", "/checkstate", who=developer)[0] == 200
    assert tiny.refused("GET", "/tokens", who=developer)[0] == 403
    assert tiny.refused("DELETE", "/hosts/10.0.0.0", who=developer)[0] == 403
    assert tiny.call("DELETE", f"/tokens/{made['visitor']['id']}", who=admin) == (200, {})
    assert tiny.refused("GET", "/hosts", who=visitor)[0] == 401
    assert tiny.refused("DELETE", f"/tokens/{made['visitor']['id']}", who=admin)[0] == 404
    tiny.tell("ahead 7200")
    assert tiny.get("/hosts", who=developer)["hosts"], "Redis' clock ended a token"


BAD = [
    # (method, path, body, status, field)
    ("GET", "/hosts?state=dead", None, 400, "state"),
    ("GET", "/hosts?sate=online", None, 400, "sate"),
    ("GET", "/hosts?q=a&q=b", None, 400, "q"),
    ("GET", "/hosts?q=" + "a" * 101, None, 400, "q"),
    ("GET", "/events/log?limit=0", None, 400, "limit"),
    ("GET", "/events/log?limit=1001", None, 400, "limit"),
    ("GET", "/events/log?limit=ten", None, 400, "limit"),
    ("GET", "/events/log?before=-1", None, 400, "before"),
    ("GET", "/events?watch=" + ",".join(f"10.0.0.{i}" for i in range(17)), None, 400, "watch"),
    ("POST", "/tokens", {"name": "x"}, 400, "role"),
    ("POST", "/tokens", {"name": "x", "role": "god"}, 400, "role"),
    ("POST", "/tokens", {"name": "", "role": "admin"}, 400, "name"),
    ("POST", "/tokens", {"name": 7, "role": "admin"}, 400, "name"),
    ("POST", "/tokens", {"name": "x", "role": "admin", "expires_s": 5}, 400, "expires_s"),
    ("POST", "/tokens", {"name": "x", "role": "admin", "expires_s": 60.5}, 400, "expires_s"),
    ("POST", "/tokens", {"name": "x", "role": "admin", "color": "red"}, 400, "color"),
    ("POST", "/tokens", "[1]", 400, None),
    ("POST", "/tokens", "{\"name\":", 400, None),
    ("POST", "/tokens", "{\"name\":\"a\",\"name\":\"b\",\"role\":\"admin\"}", 400, None),
    ("POST", "/tokens", b"{\"name\":\"\xff\",\"role\":\"admin\"}", 400, None),
    ("POST", "/tokens", "{\"name\":\"" + "x" * 5000 + "\"}", 413, None),
    ("POST", "/tokens", "[" * 4000, 400, None),
    ("DELETE", "/tokens/abc", None, 400, "id"),
    ("GET", "/tokens/1", None, 405, None),
    ("PUT", "/hosts", None, 405, None),
    ("HEAD", "/events", None, 405, None),
    ("GET", "/hosts/10.9.9.9", None, 404, None),
    ("GET", "/hosts/" + "1" * 60, None, 400, "ip"),
    ("GET", "/hosts/10.0.0.0/nothing", None, 404, None),
    ("GET", "/hosts/", None, 404, None),
    ("GET", "/nothing", None, 404, None),
    ("POST", "/hosts/10.0.0.0/accept", None, 409, None),
    ("DELETE", "/hosts/10.0.0.0", None, 409, None),
]


def test_bad_requests_name_the_field(tiny):
    wrong = []
    for method, path, body, status, field in BAD:
        if method == "HEAD":
            got = tiny.raw(method, API + path, headers={"Authorization": f"Bearer {tiny.token}"})[0]
            found = (got, None)
        else:
            found = tiny.refused(method, path, body)[::2]
        if found != (status, field):
            wrong.append(f"{method} {path[:60]} {str(body)[:60]}: {found}")
    assert not wrong
    status, headers, _text = tiny.raw("PUT", API + "/tokens")
    assert status == 405 and headers["Allow"] == "GET, HEAD, POST"


def test_the_roll_lists_filters_and_comes_compressed(tiny):
    roll = tiny.get("/hosts")
    assert len(roll["hosts"]) == 20 and roll["rev"] > 1 << 40 and roll["now"] > 0
    row = roll["hosts"][0]
    assert row["ip"] == "10.0.0.0" and row["disk"] is None and row["state"] == "online" and row["interval"] == 10
    assert [h["ip"] for h in tiny.get("/hosts?state=waiting")["hosts"]] == ["10.0.0.1"]
    assert [h["ip"] for h in tiny.get("/hosts?q=NODE-00007")["hosts"]] == ["10.0.0.7"]
    assert tiny.get("/hosts?q=10.0.0.7&state=offline")["hosts"] == []
    head = {"Authorization": f"Bearer {tiny.token}", "Accept-Encoding": "gzip"}
    _status, headers, body = tiny.raw("GET", API + "/hosts", headers=head)
    assert headers["Content-Encoding"] == "gzip" and json.loads(gzip.decompress(body))["hosts"] == roll["hosts"]
    assert tiny.raw("GET", API + "/hosts", headers={**head, "If-None-Match": headers["ETag"]})[0] == 304
    tiny.tell("state 10.0.0.3 offline")
    p.wait_until(lambda: tiny.get("/hosts")["hosts"][3]["state"] == "offline", "the roll to follow", 5)
    assert tiny.raw("GET", API + "/hosts", headers={**head, "If-None-Match": headers["ETag"]})[0] == 200


def test_one_host_its_samples_and_what_may_be_asked_of_it(tiny):
    host = tiny.get("/hosts/10.0.0.4")
    assert re.fullmatch(r"[0-9a-f]{32}", host["id"])
    assert host["kernel"] == "6.1.0" and host["os"] == "Debian 1" and host["info"]["os"] == "Debian 1"
    assert host["runs"] == [] and host["cpu_model"] is None
    assert tiny.refused("GET", "/hosts/10.0.0.4/sample")[1] == "no_sample"
    assert tiny.get("/hosts/10.0.0.4/recent") == {"samples": []}
    tiny.tell('sample 10.0.0.4 {"ip":"10.0.0.4","cpu":{"user":1.5}}')
    p.wait_until(lambda: tiny.call("GET", "/hosts/10.0.0.4/sample")[0] == 200, "the sample")
    sample = tiny.get("/hosts/10.0.0.4/sample")
    assert sample["info"] == {"ip": "10.0.0.4", "cpu": {"user": 1.5}} and 0 <= sample["age_ms"] < 20000
    assert len(tiny.get("/hosts/10.0.0.4/recent")["samples"]) == 50
    status, watch = tiny.call("POST", "/hosts/10.0.0.4/watch", {})
    assert status == 200 and watch["until"] > host["since"]
    assert tiny.call("POST", "/hosts/10.0.0.1/accept") == (200, {})
    assert tiny.get("/hosts/10.0.0.1")["state"] == "online"
    tiny.tell("state 10.0.0.2 offline")
    p.wait_until(lambda: tiny.call("DELETE", "/hosts/10.0.0.2") == (200, {}), "the host to be forgotten")
    assert tiny.refused("GET", "/hosts/10.0.0.2")[0] == 404
    assert len(tiny.get("/hosts")["hosts"]) == 19


def test_the_log_of_events_is_paged_and_filtered(tiny):
    for i in range(30):
        tiny.tell(f"event host.{'online' if i % 2 else 'offline'} number {i}")
    p.wait_until(lambda: len(tiny.get("/events/log")["events"]) == 30, "the events")
    page = tiny.get("/events/log?limit=20")
    assert page["more"] is True and [e["text"] for e in page["events"]][:2] == ["number 29", "number 28"]
    rest = tiny.get(f"/events/log?before={page['events'][-1]['id']}")
    assert rest["more"] is False and len(rest["events"]) == 10
    assert rest["events"][0]["data"] == {"n": 1} and rest["events"][0]["ip"] == "10.0.0.0"
    assert len(tiny.get("/events/log?kind=host.online")["events"]) == 15
    assert len(tiny.get("/events/log?kind=host.")["events"]) == 30
    assert tiny.get("/events/log?ip=10.0.0.9")["events"] == []


class Stream:
    """Reads GET /events on a thread-less socket: next() gives (event, data, id)."""

    def __init__(self, tiny, query="", headers=None):
        self.sock = socket.create_connection((tiny.host, tiny.port), p.DEADLINE)
        head = headers or f"Authorization: Bearer {tiny.token}"
        self.sock.sendall(f"GET {API}/events{query} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        self.file = self.sock.makefile("r", encoding="utf-8", newline="\n")
        assert "200" in self.file.readline()
        while self.file.readline().strip():
            pass

    def next(self):
        event, data, number = None, [], None
        while True:
            line = self.file.readline()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line and event:
                return event, json.loads("\n".join(data)), number
            name, _colon, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                number = int(value)

    def until(self, wanted):
        while True:
            got = self.next()
            assert got is not None, f"the stream ended before {wanted}"
            if got[0] == wanted:
                return got[1]

    def close(self):
        self.sock.close()
        self.file.close()


@pytest.fixture
def stream(tiny):
    with contextlib.closing(Stream(tiny, "?watch=10.0.0.4,10.0.0.5")) as opened:
        yield opened


def test_the_stream_tells_what_changes(tiny, stream):
    event, hello, number = stream.next()
    assert event == "hello" and hello["rev"] == number == tiny.get("/hosts")["rev"]
    tiny.tell("state 10.0.0.3 offline")
    row = stream.until("host")
    assert row["ip"] == "10.0.0.3" and row["state"] == "offline"
    tiny.tell("numbers 5")
    rows = stream.until("hosts")["hosts"]
    assert {r["ip"] for r in rows} >= {f"10.0.0.{i}" for i in range(5)}
    tiny.tell("event redis.down no answer")
    log = stream.until("log")
    assert log["kind"] == "redis.down" and log["text"] == "no answer"
    tiny.tell('sample 10.0.0.6 {"ip":"10.0.0.6"}')
    tiny.tell('sample 10.0.0.5 {"ip":"10.0.0.5"}')
    assert stream.until("sample") == {"ip": "10.0.0.5", "info": {"ip": "10.0.0.5"}}
    tiny.tell("gone 10.0.0.3")
    assert stream.until("gone")["ip"] == "10.0.0.3"
    tiny.tell("reset")
    assert stream.until("hello")["rev"] > hello["rev"]


def test_a_change_is_with_the_browser_within_100_ms(tiny, stream):
    stream.next()
    took = []
    for i in range(20):
        start = time.monotonic()
        tiny.tell(f"state 10.0.0.3 {'online' if i % 2 else 'offline'}")
        stream.until("host")
        took.append(time.monotonic() - start)
    assert sorted(took)[10] < 0.1


def test_nothing_is_lost_between_the_prepared_roll_and_the_stream(tiny):
    for i in range(5):
        tiny.get("/hosts")  # prepared now, and served for half a second
        tiny.tell(f"state 10.0.0.7 {'online' if i % 2 else 'offline'}")
        tiny.tell("numbers 3")
        time.sleep(0.05)
        with contextlib.closing(Stream(tiny)) as stream:
            assert stream.next()[0] == "hello"
            rows = {h["ip"]: h for h in tiny.get("/hosts")["hosts"]}
            end = time.monotonic() + 1.5
            stream.sock.settimeout(2)
            while time.monotonic() < end:
                tiny.tell("event tick .")
                event, data, _number = stream.next()
                if event == "hosts":
                    rows.update({h["ip"]: h for h in data["hosts"]})
                elif event == "host":
                    rows[data["ip"]] = data
                time.sleep(0.05)
        time.sleep(0.6)
        truth = {h["ip"]: h for h in tiny.get("/hosts")["hosts"]}
        assert rows == truth


def test_ten_thousand_changes_at_once_reach_everybody(programs, folder):
    tiny = Tiny(programs, folder, 10000)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(contextlib.closing(Stream(tiny))) for _ in range(5)]
        for stream in streams:
            stream.next()
        for i in range(10000):
            tiny.tell(f"state 10.0.{i // 256}.{i % 256} offline")
        for stream in streams:
            offline = set()
            while len(offline) < 10000:
                event, data, _number = stream.next()
                rows = data["hosts"] if event == "hosts" else [data] if event == "host" else []
                offline |= {r["ip"] for r in rows if r["state"] == "offline"}


def test_a_logout_ends_the_streams_of_the_session(tiny, admin):
    head = f"Cookie: muster_session={admin.cookie}"
    with contextlib.closing(Stream(tiny, headers=head)) as stream, contextlib.closing(Stream(tiny)) as other:
        assert stream.next()[0] == "hello"
        assert tiny.call("POST", "/logout", {}, who=admin) == (200, {})
        assert stream.next() is None
        assert other.next()[0] == "hello"


def test_pages_are_served_with_their_policy_and_their_names_are_kept(tiny):
    status, headers, body = tiny.raw("GET", "/", headers={"Accept-Encoding": "gzip"})
    assert status == 200
    page = gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body
    if b"built without" in page:
        pytest.skip("this build has no pages")
    assert headers["Cache-Control"] == "no-cache" and "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    for path in ("/hosts", "/hosts/10.0.0.7", "/hosts/fe80::1", "/setup", "/events"):
        assert tiny.raw("GET", path, headers={"Accept-Encoding": "gzip"})[2] == body, path
    names = re.findall(rb'(?:src|href)="(/[^"]+\.(?:js|css))"', page)
    assert names
    for name in names:
        status, headers, _body = tiny.raw("GET", name.decode(), headers={"Accept-Encoding": "gzip"})
        assert status == 200 and "immutable" in headers["Cache-Control"] and headers["Content-Encoding"] == "gzip"
        assert tiny.raw("GET", name.decode(), headers={"Accept-Encoding": "gzip", "If-None-Match": headers["ETag"]})[0] == 304
    assert tiny.raw("GET", "/assets/nothing.js")[0] == 404
    assert tiny.raw("POST", "/")[0] == 405


def test_a_clean_end_with_people_on_line(tiny, stream):
    assert stream.next()[0] == "hello"
    assert tiny.process.stop() == 0
    while stream.next() is not None:
        pass
    assert "bye" in tiny.process.text()
