"""The bus against peers that are no Redis, or a Redis that means harm: nothing crashes, nothing hangs, memory stays.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import re
import socket
import threading
import time

import pytest

import programs as p
from test_bus import Probe

TEXT = b"# Server\r\nredis_version:7.0.15\r\nrun_id:0123456789ab\r\n"
INFO = b"$%d\r\n%s\r\n" % (len(TEXT), TEXT)
HELLO = INFO + b"+PONG\r\n"
FAST = ["first=10", "cap=30", "denied=30", "connect=1000", "ping=200"]


class Evil:
    """Listens on a port; each connection is handed to `serve(sock)` in a thread of its own."""

    def __init__(self, serve):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.served = 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                sock.settimeout(p.DEADLINE)
                threading.Thread(target=self.one, args=(sock,), daemon=True).start()

    def one(self, sock):
        with contextlib.suppress(OSError), sock:
            self.serve(sock)
        self.served += 1

    def close(self):
        self.listener.close()


@pytest.fixture
def evil():
    """evil(serve): a peer for this test."""
    peers = []

    def make(serve):
        peers.append(Evil(serve))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture
def probe(programs):
    return lambda address, *settings: Probe(programs, address, *settings)


def drain(sock):
    """Reads until the other side hangs up."""
    with contextlib.suppress(OSError):
        while sock.recv(65536):
            pass


def says(data):
    """Says this after the first words of the client, and then listens on."""

    def serve(sock):
        sock.recv(65536)
        sock.sendall(data)
        drain(sock)

    return serve


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))


# ---- At the hello


@pytest.mark.parametrize(
    ("answer", "pattern"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
         r"EPROTO .*does not speak Redis \(answered 'HTTP/1.1 400 Bad Request'\)"),
        (b"\x00\xff\xfe" * 50, r"EPROTO .*does not speak Redis \(answered '\?"),
        (b"%1\r\n+server\r\n+redis\r\n", "EPROTO .*does not speak Redis"),
        (b"*1073741824\r\n", "EMSGSIZE .*sends more than our limits allow"),
        (b"$1073741824\r\n", "EMSGSIZE .*sends more than our limits allow"),
        (b"-DENIED Redis is running in protected mode because ...\r\n", "EACCES .*is in protected mode"),
        (b"-ERR max number of clients reached\r\n", "EAGAIN .*takes no more clients"),
        (b"-ERR unknown command 'INFO'\r\n", "EPROTO .*does not know INFO"),
        (b"+OK\r\n+PONG\r\n", "EPROTO .*answers INFO with something else"),
        (b"$5\r\nhello\r\n+PONG\r\n", "EPROTO .*does not say which version it is"),
        (b"$22\r\nredis_version:4.0.14\r\n\r\n", "EPROTONOSUPPORT .*is version 4.0.14, and 5.0 or newer is needed"),
        (INFO + b"+OK\r\n", "EPROTO .*does not answer PING with PONG"),
        (INFO + b"-MASTERDOWN Link with MASTER is down\r\n", "EAGAIN .*says 'MASTERDOWN"),
        (b"", "ETIMEDOUT .*does not answer within 1 s"),
        (INFO, "ETIMEDOUT .*does not answer within 1 s"),
    ],
)  # fmt: skip
def test_a_peer_that_is_no_redis_is_told_by_name(evil, probe, answer, pattern):
    bus = probe(evil(says(answer)).address, "once=1", "connect=1000")
    bus.ask("open", f"^down {pattern}")
    bus.quit()


def test_an_old_redis_is_not_asked_for_users(evil, probe):
    address = evil(says(b"-ERR wrong number of arguments for 'auth' command\r\n")).address
    bus = probe(f"redis://u:pw@{address}", "once=1")
    bus.ask("open", "^down EPROTONOSUPPORT .*knows no users")


def test_a_peer_that_drips_is_cut_at_the_deadline(evil, probe):
    def serve(sock):
        for byte in HELLO:
            sock.sendall(bytes([byte]))
            time.sleep(0.3)

    start = time.monotonic()
    bus = probe(evil(serve).address, "once=1", "connect=1000")
    bus.ask("open", "^down ETIMEDOUT .*does not answer within 1 s")
    assert time.monotonic() - start < 10


def test_a_hang_up_at_every_byte_of_the_hello_is_survived(evil, probe):
    count = 0

    def serve(sock):
        nonlocal count
        sock.recv(65536)
        sock.sendall(HELLO[:count])
        count += 1

    peer = evil(serve)
    bus = probe(peer.address, "once=1")
    for _ in range(len(HELLO)):
        bus.ask("open", "^down ECONNRESET .*hung up before it answered")
    bus.ask("open", "^up ")
    bus.wait("^down ECONNRESET .*hung up")
    bus.quit()


# ---- Later


def after_hello(then):
    """Behaves until the first command after the hello, then does `then(sock)`."""

    def serve(sock):
        sock.recv(65536)
        sock.sendall(HELLO)
        sock.recv(65536)
        then(sock)

    return serve


REPLY = b"*3\r\n$5\r\nhello\r\n*2\r\n:12\r\n$-1\r\n-ERR x\r\n"


def test_a_hang_up_at_every_byte_of_an_answer_fails_it_once(evil, probe):
    count = 0

    def then(sock):
        nonlocal count
        sock.sendall(REPLY[:count])
        count += 1

    bus = probe(evil(after_hello(then)).address, "once=1")
    for number in range(1, len(REPLY) + 1):
        bus.ask("open", "^up ")
        bus.say("send GET a", "send GET b")
        bus.wait(f"^#{2 * number - 1} lost ECONNRESET")
        bus.wait(f"^#{2 * number} lost ECONNRESET")
        bus.wait("^down ")
    bus.ask("open", "^up ")
    bus.ask("send GET a", r"^#\d+ \[ hello \[ int 12 nil \] ERR x \]$")
    bus.quit()


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_an_answer_in_small_pieces_is_put_together(evil, probe, piece):
    def then(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(REPLY), piece):
            sock.sendall(REPLY[at : at + piece])
            time.sleep(0.002)
        drain(sock)

    bus = probe(evil(after_hello(then)).address)
    bus.ask("open", "^up ")
    bus.ask("send GET a", r"^#1 \[ hello \[ int 12 nil \] ERR x \]$")
    bus.quit()


def endless(sock):
    block = b"+" + b"a" * 65536
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(block)
            block = b"a" * 65536


def endless_items(sock):
    sock.sendall(b"*100000\r\n")
    block = (b"$65536\r\n" + b"x" * 65536 + b"\r\n") * 16
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(block)


def endless_answers(sock):
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(b"+OK\r\n" * 10000)


def wide(sock):
    sock.sendall(b"$1073741824\r\n")
    endless(sock)


def many(sock):
    sock.sendall(b"*2147483647\r\n")
    endless_answers(sock)


def deep(sock):
    sock.sendall(b"*1\r\n" * 100)
    drain(sock)


@pytest.mark.parametrize(
    ("then", "pattern"),
    [
        (endless, "EPROTO .*sends a line without an end"),
        (endless_items, "EMSGSIZE .*sends more than our limits allow"),
        (endless_answers, "EPROTO .*answers what nobody asked"),
        (wide, "EMSGSIZE .*sends more than our limits allow"),
        (many, "EMSGSIZE .*sends more than our limits allow"),
        (deep, "EPROTO .*breaks the Redis protocol"),
        (drain, "ETIMEDOUT .*does not answer for 3 s"),
    ],
)
def test_a_redis_that_turns_bad_is_dropped_within_bounds(evil, probe, then, pattern):
    bus = probe(evil(after_hello(then)).address, "once=1", "reply=3000", *FAST)
    bus.ask("open", "^up ")
    before = resident_kb(bus.process.pid)
    bus.say("send GET a")
    bus.wait(f"^down {pattern}")
    assert bus.stats()["flight"] == 0
    # Caps are 32 MiB of text and 8 MiB unfinished; the sanitizers keep freed memory for a while.
    assert resident_kb(bus.process.pid) < before + 200 * 1024
    bus.quit()


def test_a_peer_that_takes_nothing_does_not_make_us_hold_more_than_the_cap(evil, probe):
    def then(sock):
        time.sleep(2)

    bus = probe(evil(after_hello(then)).address, "once=1", "out=1000000", "reply=1000")
    bus.ask("open", "^up ")
    bus.say(*["echo 300000"] * 60)
    bus.wait("^not sent: ENOBUFS$")
    assert bus.stats()["out"] <= 1000000
    bus.wait("^down ETIMEDOUT .*does not answer for 1 s")
    bus.quit()


# ---- On the listening connection


def listening(then):
    """A Redis whose first connection behaves and whose others do `then(sock)` when they are asked to subscribe."""
    count = 0

    def serve(sock):
        nonlocal count
        count += 1
        sock.recv(65536)
        sock.sendall(HELLO)
        if count == 1:
            while sock.recv(65536):
                sock.sendall(b"+PONG\r\n")
        else:
            sock.recv(65536)
            then(sock)

    return serve


CONFIRM = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"


@pytest.mark.parametrize(
    ("data", "pattern"),
    [
        (b"+OK\r\n", "EPROTO .*sends what is no message"),
        (b"*0\r\n", "EPROTO .*sends what is no message"),
        (b"*1\r\n*1\r\n:1\r\n", "EPROTO .*sends what is no message"),
        (b"*3\r\n$-1\r\n$-1\r\n$-1\r\n", "EPROTO .*sends what is no message"),
        (b":5\r\n", "EPROTO .*sends what is no message"),
        (CONFIRM * 2, "EPROTO .*sends what is no message"),
        (b"-NOPERM not you\r\n", "EACCES .*refuses a subscription: NOPERM not you"),
        (b"", "ETIMEDOUT .*does not answer for 3 s"),
        (CONFIRM + b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$99999999\r\n", "EMSGSIZE .*more than our limits"),
    ],
)
def test_nonsense_instead_of_messages_is_dropped_and_commands_go_on(evil, probe, data, pattern):
    def then(sock):
        sock.sendall(data)
        drain(sock)

    bus = probe(evil(listening(then)).address, "reply=3000", *FAST)
    bus.say("sub a", "open")
    bus.wait(f"^deaf {pattern}")
    assert bus.stats()["downs"] == 0
    bus.quit()


def test_odd_messages_are_taken_as_they_are(evil, probe):
    def then(sock):
        sock.sendall(
            CONFIRM
            + b"*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$3\r\nnot\r\n"  # not wanted
            + b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n:7\r\n"  # a number
            + b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$0\r\n\r\n"
            + b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nlast\r\n"
        )
        drain(sock)

    bus = probe(evil(listening(then)).address)
    bus.say("sub a", "open")
    bus.wait("^listen$")
    bus.wait("^message a last$")
    assert bus.stats()["messages"] == 3
    assert "message b" not in bus.process.text()
    bus.quit()
