"""Hostile peers against src/http: every limit, every deadline, every way of smuggling, over real sockets.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import json
import re
import socket
import time

import pytest

import programs as p

END = b"\r\n\r\n"


class Tiny:
    """The test server, with short deadlines."""

    def __init__(self, programs, **limits):
        path = p.build_folder() / "tests/e2e/http_tiny"
        self.process = programs.start([path, *(f"{k}={v}" for k, v in limits.items())])
        url = self.process.wait_for(r"^url: http://(\S+):(\d+)$")
        self.host, self.port = url.group(1).strip("[]"), int(url.group(2))

    def connect(self):
        sock = socket.create_connection((self.host, self.port), timeout=10)
        return contextlib.closing(sock)

    def talk(self, data):
        """Sends bytes, reads until the server closes; returns all of it."""
        with self.connect() as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data)
            return drain(sock)

    def stats(self):
        return json.loads(body(self.talk(get("/stats"))))

    def get(self, path, *lines):
        return self.talk(get(path, *lines))


def get(path, *lines, close=True):
    more = "".join(f"{line}\r\n" for line in lines)
    end = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{end}{more}\r\n".encode()


def drain(sock):
    """All bytes until the end; a reset counts as the end."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while data := sock.recv(65536):
            got += data
    return got


def statuses(answer):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def body(answer):
    return answer.split(END, 1)[1]


@pytest.fixture
def tiny(programs):
    return Tiny(programs, head_ms=1000, body_ms=1200, idle_ms=1500, linger_ms=500, write_ms=1000, reply_ms=1000)


REFUSED = [
    # (what it is, what is sent, the status it gets)
    ("a header of 64 kB", get("/hello", "X: " + "a" * 65536), 431),
    ("10,000 headers", get("/hello", *[f"X{i}: 1" for i in range(10000)]), 431),
    ("70 small headers", get("/hello", *["X: 1"] * 70), 431),
    ("an address of 64 kB", get("/" + "a" * 65536), 414),
    ("an address of 9 kB", get("/" + "a" * 9000), 414),
    ("endless empty lines", b"\r\n" * 20000, 431),
    ("two lengths", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    ("two different lengths", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    ("a length list", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
    ("length and chunks",
     b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\n", 400),
    ("chunks and length",
     b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
    ("a negative length", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
    ("a signed length", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400),
    ("a length beyond 64 bits", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n", 400),
    ("an unknown coding", b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("chunked twice", b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("a bent coding", b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", None),
    ("chunks in HTTP/1.0", b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    ("a bad chunk size", b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    ("a NUL in a header", b"GET /hello HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
    ("a blank before the colon", b"GET /hello HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ("bare line feeds", b"GET /hello HTTP/1.1\nHost: x\n\n", 400),
    ("a bare carriage return", b"GET /hello HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400),
    ("a folded header", b"GET /hello HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
    ("a blank first header", b"GET /hello HTTP/1.1\r\n X: a\r\nHost: x\r\n\r\n", 400),
    ("no Host", b"GET /hello HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("a Host that is a path", b"GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("HTTP/0.9", b"GET /hello\r\n\r\n", 505),
    ("HTTP/2.0", b"GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ("HTTP/1.2", b"GET /hello HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("TRACE", b"TRACE /hello HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    ("CONNECT", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    ("a method of nobody", b"FROB /hello HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a method in small letters", b"get /hello HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    ("an unknown Expect", b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 3\r\n\r\nabc", 417),
    ("dot segments", get("/a/../etc/passwd"), 400),
    ("encoded dot segments", get("/a/%2e%2E/etc/passwd"), 400),
    ("an encoded slash", get("/a%2fb"), 400),
    ("an encoded NUL", get("/a%00b"), 400),
    ("an encoded line feed", get("/a%0ab"), 400),
    ("a broken escape", get("/a%zz"), 400),
    ("half an escape", get("/a%2"), 400),
    ("a path of bad UTF-8", get("/a%ff%fe"), 400),
    ("an overlong slash", get("/a%c0%afb"), 400),
    ("an empty segment", get("//etc/passwd"), 400),
    ("a backslash", get("/a%5cb"), 400),
    ("a fragment", get("/hello#x"), 400),
    ("an absolute address with a user", get("http://u@x/hello"), 400),
    ("another scheme", get("ftp://x/hello"), 400),
    ("an asterisk", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("100 arguments", get("/hello?" + "&".join(["a=1"] * 100)), 400),
    ("a NUL in the query", get("/hello?a=%00"), 400),
    ("a body of 100 MB", b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + b"a" * 3000000, 413),
    ("a body where none belongs", b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 413),
    ("a chunked body too long",
     b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     + b"100\r\n" + b"a" * 256 + b"\r\n" + b"400\r\n" + b"a" * 800, 413),
    ("endless chunk extensions",
     b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"a" * 60000, 413),
    ("endless trailers",
     b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: 1\r\n" * 10000, 413),
]


@pytest.mark.deadline(120)
def test_malformed_oversized_and_smuggled_requests_get_one_refusal_and_the_door(tiny):
    wrong = []
    for what, sent, status in REFUSED:
        got = tiny.talk(sent)
        found = statuses(got)
        if len(found) != 1 or (found[0] != status if status else found[0] < 400):
            wrong.append(f"{what}: {found} instead of {status}")
        elif b"Connection: close" not in got:
            wrong.append(f"{what}: the connection stays")
    assert not wrong
    assert statuses(tiny.get("/hello")) == [200]


def test_a_smuggled_request_is_not_answered(tiny):
    inner = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
    for head in (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"):
        got = tiny.talk(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n0\r\n\r\n" + inner)
        assert len(statuses(got)) == 1 and statuses(got)[0] >= 400


def test_good_requests_are_answered(tiny):
    assert body(tiny.get("/hello")) == b"hello\n"
    assert statuses(tiny.get("http://whatever:99/hello")) == [200]
    assert statuses(tiny.talk(b"GET /hello HTTP/1.0\r\n\r\n")) == [200]
    assert statuses(tiny.talk(b"\r\nGET /hello HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n")) == [200]
    seen = json.loads(body(tiny.get("/api/d/a%20b%C3%A9?x=1+2%2F&y&x=", "X-Test:  a b \t", "Cookie: a=b; c=d=e; f")))
    assert seen == {"path": "/api/d/a bé", "peer": "127.0.0.1", "x-test": "a b", "cookie": "d=e",
                    "args": ["x", "1 2/", "y", "", "x", ""]}
    # An upgrade we do not offer is ignored.
    assert statuses(tiny.get("/hello", "Upgrade: websocket", "Connection: upgrade")) == [200]


def test_bodies_arrive_whole_however_they_are_cut(tiny):
    whole = (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
             b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
             b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n")
    for sent in whole:
        assert body(tiny.talk(sent)) == b"hello"
        with tiny.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(sent)):
                sock.sendall(sent[i:i + 1])
                time.sleep(0.001)
            assert body(drain(sock)) == b"hello"


def test_pipelined_requests_are_answered_in_order(tiny):
    sent = get("/hello", close=False) + get("/later", close=False)
    sent += b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get("/closed", close=False) + get("/hello")
    got = tiny.talk(sent)
    assert statuses(got) == [200, 200, 200, 401, 200]
    assert got.index(b"hello\n") < got.index(b"later\n") < got.index(b"abc")


def test_a_refusal_comes_before_the_body_and_small_bodies_do_not_cost_the_connection(tiny):
    with tiny.connect() as sock:
        sock.sendall(b"POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        got = drain(sock)
        assert statuses(got) == [401] and b"Connection: close" in got
    got = tiny.talk(b"POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get("/hello"))
    assert statuses(got) == [401, 200]
    # Whoever sends everything before reading sees the refusal, not a reset.
    got = tiny.talk(b"POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1000000)
    assert statuses(got) == [401]


def test_continue_is_sent_only_to_those_who_may_go_on(tiny):
    head = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    with tiny.connect() as sock:
        sock.sendall(head.format("/echo", 3).encode())
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert body(drain(sock)) == b"abc"
    assert statuses(tiny.talk(head.format("/echo", 100000).encode())) == [413]
    assert statuses(tiny.talk(head.format("/closed", 3).encode())) == [401]


def test_a_head_can_be_decided_later(tiny):
    head = "POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n"
    let_in = head.format(3, "Authorization: x\r\n").encode() + b"abc"
    got = tiny.talk(let_in + head.format(3, "").encode() + b"abc" + let_in + get("/hello"))
    assert statuses(got) == [200, 401, 200, 200] and got.count(b"abc") == 2
    got = tiny.talk(head.format(1000000, "").encode() + b"a" * 1000000)
    assert statuses(got) == [401]
    with tiny.connect() as sock:
        sock.sendall(head.format(3, "").encode())
    p.wait_until(lambda: tiny.stats()["cancelled"] == 1, "the cancellation")


def cut_after(sock, send, every, most):
    """Sends a byte of `send` each `every` seconds; the seconds until the server hangs up, and what it said."""
    start, got = time.monotonic(), b""
    sock.settimeout(every)
    for i in range(int(most / every)):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(send[i:i + 1])
        try:
            data = sock.recv(65536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            break
        if not data:
            break
        got += data
    return time.monotonic() - start, got


def test_a_slow_loris_is_cut(tiny):
    with tiny.connect() as sock:
        took, got = cut_after(sock, b"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1000, 0.1, 8)
        assert took < 4 and statuses(got) == [408]


def test_a_slow_body_is_cut(tiny):
    with tiny.connect() as sock:
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        took, got = cut_after(sock, b"a" * 1000, 0.1, 8)
        assert took < 4 and statuses(got) == [408]
    with tiny.connect() as sock:
        # One that was refused already, but whose rest is read over.
        sock.sendall(b"POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        took, got = cut_after(sock, b"a" * 1000, 0.1, 8)
        assert took < 4 and statuses(got) == [401]


def test_a_silent_peer_is_cut(tiny):
    with tiny.connect() as sock:
        took, got = cut_after(sock, b"", 0.2, 8)
        assert 1 < took < 4 and got == b""


def test_a_slow_reader_is_cut_and_holds_nothing(tiny):
    with tiny.connect() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(get("/asset", close=False) * 400)
        p.wait_until(lambda: tiny.stats()["timeouts"] == 1, "the slow reader to be cut", 20)
        assert tiny.stats()["conns"] == 1


def test_a_handler_that_never_answers_is_answered_for(tiny):
    got = tiny.get("/later?never=1")
    assert statuses(got) == [503] and b"text/html" in got
    assert tiny.stats()["cancelled"] == 1


def test_a_peer_that_goes_cancels_its_request(tiny):
    with tiny.connect() as sock:
        sock.sendall(get("/later?never=1", close=False))
        time.sleep(0.1)
    p.wait_until(lambda: tiny.stats()["cancelled"] == 1, "the cancellation")


def test_connections_are_capped_in_total_and_idle_ones_make_room(programs):
    tiny = Tiny(programs, conns=20, idle_ms=60000, head_ms=60000)
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(tiny.connect()) for _ in range(20)]
        assert statuses(tiny.get("/hello")) == [200]
        # The oldest idle one had to go.
        assert idle[0].recv(1) == b""
    with contextlib.ExitStack() as stack:
        def is_full():
            # One more each time: our own look may have pushed out one whose bytes were not read yet.
            stack.enter_context(tiny.connect()).sendall(b"GET /hel")
            return statuses(tiny.get("/hello")) == [503]
        p.wait_until(is_full, "the cap to be reached")
    p.wait_until(lambda: statuses(tiny.get("/hello")) == [200], "room again")


def test_connections_are_capped_by_address(programs):
    tiny = Tiny(programs, conns_per_addr=5, idle_ms=60000)
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(tiny.connect())
        p.wait_until(lambda: statuses(tiny.get("/hello")) == [503], "the cap to be reached")
        with contextlib.closing(socket.create_connection((tiny.host, tiny.port), 5, ("127.0.0.2", 0))) as other:
            other.sendall(get("/hello"))
            assert statuses(drain(other)) == [200]


def test_streams_start_with_a_hello_and_ping_in_silence(tiny):
    with tiny.connect() as sock:
        sock.sendall(get("/events"))
        got = b""
        while got.count(b"event: tick") < 3:
            got += sock.recv(65536)
    head, rest = got.split(END, 1)
    assert b"text/event-stream" in head
    assert rest.startswith(b"id: 1\nevent: hello\ndata: a\ndata: b\n\n")
    p.wait_until(lambda: tiny.stats()["streams"] == 0, "the stream to be forgotten")


def test_a_stream_that_is_not_read_is_dropped_and_others_are_served(tiny):
    with tiny.connect() as slow, tiny.connect() as good:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(get("/events"))
        good.sendall(get("/events"))
        end = time.monotonic() + 20
        while tiny.stats()["slow_streams"] == 0 and time.monotonic() < end:
            assert good.recv(1 << 20)
        assert tiny.stats()["slow_streams"] == 1 and tiny.stats()["streams"] == 1


def test_prepared_answers_know_gzip_etags_and_head(tiny):
    plain = tiny.get("/asset")
    assert len(body(plain)) == 100000 and b'ETag: "v1"' in plain and b"Vary: Accept-Encoding" in plain
    zipped = tiny.get("/asset", "Accept-Encoding: br, gzip;q=0.5")
    assert body(zipped) == b"not really gzip" and b'ETag: "v1-gz"' in zipped
    assert len(body(tiny.get("/asset", "Accept-Encoding: gzip;q=0"))) == 100000
    same = tiny.get("/asset", 'If-None-Match: "x", W/"v1"')
    assert statuses(same) == [304] and body(same) == b"" and b"Content-Length" not in same
    assert statuses(tiny.get("/asset", 'If-None-Match: "v1-gz"')) == [200]
    assert statuses(tiny.get("/asset", 'If-None-Match: "v1-gz"', "Accept-Encoding: gzip")) == [304]
    head = tiny.talk(b"HEAD /asset HTTP/1.1\r\nHost: x\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello"))
    assert statuses(head) == [200, 200, 200] and b"Content-Length: 100000" in head and head.count(b"hello\n") == 1


def test_errors_are_json_for_programs_and_a_page_for_people(tiny):
    page = tiny.get("/nowhere")
    assert b"text/html" in page and b"&lt;such&gt;" in page and b"Content-Security-Policy: default-src 'none'; script-src 'self'" in page
    fault = json.loads(body(tiny.get("/api/nowhere")))
    assert fault == {"error": {"code": "not_found", "message": "there is no <such> page", "remedy": "look elsewhere"}}
    assert json.loads(body(tiny.get("/api/a%zz")))["error"]["code"] == "bad_path"
    for name in (b"X-Content-Type-Options: nosniff", b"Referrer-Policy: no-referrer", b"frame-ancestors 'none'",
                 b"Cross-Origin-Opener-Policy: same-origin"):
        assert name in page


def test_a_stop_ends_streams_and_idle_ones_at_once_and_lets_requests_finish(tiny):
    with tiny.connect() as stream, tiny.connect() as idle, tiny.connect() as busy:
        stream.sendall(get("/events"))
        stream.recv(100)
        busy.sendall(get("/later", close=False))
        time.sleep(0.1)
        start = time.monotonic()
        assert tiny.process.stop() == 0
        assert time.monotonic() - start < 1.5
        assert statuses(drain(busy)) == [200]
        assert drain(idle) == b""
        drain(stream)
    assert "bye" in tiny.process.text()


def test_addresses_to_listen_on(programs, run):
    path = p.build_folder() / "tests/e2e/http_tiny"
    taken = Tiny(programs)
    again = run(path, f"listen=127.0.0.1:{taken.port}")
    assert again.returncode == 1
    assert "another program already listens there" in again.stderr and str(taken.port) in again.stderr
    for bad in ("8470", "127.0.0.1", "127.0.0.1:99999", "host.example:80", "::1:80", "[::1", "127.0.0.1:8a", ":80"):
        refused = run(path, f"listen={bad}")
        assert refused.returncode != 0 and "want ADDRESS:PORT" in refused.stderr
    assert "no such address" in run(path, "listen=192.0.2.1:0").stderr
    if socket.has_ipv6:
        with contextlib.suppress(OSError):
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
            six = Tiny(programs, listen="[::1]:0")
            assert json.loads(body(six.get("/api/d")))["peer"] == "::1"


def test_many_at_once(tiny):
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(tiny.connect()) for _ in range(200)]
        for sock in socks:
            sock.sendall(get("/hello", close=False) * 5 + get("/later"))
        for sock in socks:
            assert statuses(drain(sock)) == [200] * 6
