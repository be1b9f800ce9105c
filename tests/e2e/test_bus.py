"""The bus against a real redis-server: login, rights, pipelines, messages, breaks, TLS.

SPDX-License-Identifier: Apache-2.0
"""

import re
import signal
import socket
import subprocess
import threading
import time

import pytest

import programs as p
from conftest import Redis

FAST = ["first=20", "cap=100", "denied=300"]


class Probe:
    """bus_probe, its lines taken in order: what was waited for is not found again."""

    def __init__(self, programs, address, *settings, prefix=()):
        path = p.build_folder() / "tests" / "e2e" / "bus_probe"
        self.process = programs.start([*prefix, path, address, *settings], stdin=subprocess.PIPE, text=True)
        self.at = 0
        self.wait("^(ready|error: .*)$")

    def say(self, *lines):
        for line in lines:
            self.process.child.stdin.write(line + "\n")
        self.process.child.stdin.flush()

    def wait(self, pattern, deadline=p.DEADLINE):
        """The next line that matches, from behind the last one waited for."""
        def look():
            text = self.process.text()
            match = re.compile(pattern, re.M).search(text, self.at)
            if match is None and self.process.child.poll() is not None:
                raise AssertionError(f"bus_probe ended before /{pattern}/:\n{text[self.at:]}")
            return match

        match = p.wait_until(look, f"bus_probe to print /{pattern}/", deadline)
        self.at = match.end()
        return match

    def ask(self, line, pattern):
        self.say(line)
        return self.wait(pattern)

    def stats(self):
        text = self.ask("stats", r"^stats (.*)$").group(1)
        return {name: int(value) for name, value in (word.split("=") for word in text.split())}

    def quit(self):
        self.say("quit")
        self.wait("^bye$")
        assert self.process.wait() == 0


@pytest.fixture
def probe(programs):
    return lambda address, *settings: Probe(programs, address, *settings)


def make_user(redis, **rules):
    """A user "agent" with password "pw" and these rights."""
    assert redis.client.acl_setuser("agent", enabled=True, reset=True, passwords=["+pw"], **rules)


# ---- Addresses and login


def test_it_connects_by_port_by_name_and_by_socket(redis, probe):
    for address, ip in (
        (f"127.0.0.1:{redis.port}", "127.0.0.1"),
        (f"localhost:{redis.port}", "127.0.0.1"),
        (f"redis://127.0.0.1:{redis.port}/0", "127.0.0.1"),
        (f"unix:{redis.socket}", "none"),
    ):
        bus = probe(address, "name=probe")
        bus.say("open")
        bus.wait("^up ")
        assert bus.ask("ip", r"^ip (\S+)$").group(1) == ip
        version = bus.ask("peer", r"^peer version=(\S*) run_id=(\S*)$")
        assert version.group(1) == redis.client.info("server")["redis_version"]
        assert version.group(2) == redis.client.info("server")["run_id"]
        assert "probe" in [c["name"] for c in redis.client.client_list()]
        bus.quit()


def test_the_database_of_the_address_is_used(redis, probe):
    bus = probe(f"redis://127.0.0.1:{redis.port}/3")
    bus.say("open")
    bus.wait("^up ")
    bus.ask("send SET a here", "^#1 OK$")
    assert redis.client.get("a") is None
    redis.client.execute_command("SELECT", 3)
    assert redis.client.get("a") == "here"


def test_a_database_that_is_not_there_is_told(redis, probe):
    bus = probe(f"redis://127.0.0.1:{redis.port}/999", "once=1")
    bus.ask("open", "^down EACCES .*refuses database 999: ERR DB index is out of range")


def test_passwords_right_wrong_missing_and_superfluous(programs, folder, redis, probe):
    locked = Redis(programs, folder, "--requirepass", "a secret")
    at = f"127.0.0.1:{locked.port}"
    probe(f"redis://:a%20secret@{at}", "once=1").ask("open", "^up ")
    down = "^down EACCES retry=0 denied=1: redis 127.0.0.1:[0-9]+ "
    probe(f"redis://:guess@{at}", "once=1").ask("open", down + "refuses the password$")
    probe(at, "once=1").ask("open", down + "wants a password and none is configured$")
    probe(f"redis://:x@127.0.0.1:{redis.port}", "once=1").ask(
        "open", down + "has no password set, but we are configured with one$"
    )
    probe(f"redis://nobody:x@{at}", "once=1").ask("open", down + "refuses user 'nobody': wrong name or password$")


def test_an_acl_user_may_do_what_it_may(redis, probe):
    make_user(redis, keys=["host:*"], channels=["live:*"], commands=["+@all", "-info", "-client"])
    bus = probe(f"redis://agent:pw@127.0.0.1:{redis.port}", "name=x", *FAST)
    bus.say("open")
    bus.wait("^up ")
    # INFO is forbidden to it, so it does not know the version, and comes up all the same.
    bus.ask("peer", "^peer version= run_id=$")
    bus.ask("send SET host:1 a", "^#1 OK$")
    bus.ask("send SET other a", "^#2 refused EACCES: redis says 'NOPERM ")
    bus.say("sub live:1")
    bus.wait("^listen$")
    bus.say("sub secret")
    bus.wait("^deaf EACCES retry=[0-9]{3}: .*refuses a subscription: NOPERM ")
    # Commands go on, and without the forbidden channel the rest comes back.
    bus.ask("send GET host:1", "^#3 a$")
    bus.ask("unsub secret", "^unsub 1$")
    bus.wait("^listen$")
    redis.client.publish("live:1", "hello")
    bus.wait("^message live:1 hello$")
    assert bus.stats()["downs"] == 0


def test_a_wrong_password_is_tried_again_seldom_and_found_right_later(redis, probe):
    redis.client.config_set("requirepass", "other")
    bus = probe(f"redis://:pw@127.0.0.1:{redis.port}", "first=1", "cap=1", "denied=400")
    start = time.monotonic()
    bus.say("open")
    bus.wait("^down EACCES retry=40[01] denied=1: ")
    bus.wait("^down EACCES ")
    assert time.monotonic() - start >= 0.4
    redis.client.execute_command("CONFIG", "SET", "requirepass", "pw")
    bus.wait("^up ")


# ---- Commands


def test_a_long_pipeline_is_answered_in_order(redis, probe):
    bus = probe(f"unix:{redis.socket}")
    bus.ask("open", "^up ")
    bus.ask("burst 100000", "^burst done")
    assert redis.client.get("probe:burst") == "100000"
    bus.say("send SET last 1", "flush")
    bus.wait("^#1 OK$")
    bus.wait("^flushed$")


def test_queues_have_an_end(redis, probe):
    bus = probe(f"unix:{redis.socket}", "flight=100", "out=100000")
    bus.ask("open", "^up ")
    bus.say("burst 101")
    bus.wait("^not sent: ENOBUFS$")
    bus.wait("^burst done")
    bus.ask("echo 100000", "^not sent: ENOBUFS$")
    bus.ask("echo 90000", "^#2 90000 bytes$")


def test_an_answer_above_the_caps_ends_the_connection_and_it_comes_back(redis, probe):
    redis.client.rpush("long", *range(100001))
    redis.client.set("wide", "x" * ((8 << 20) + 1))
    bus = probe(f"unix:{redis.socket}", *FAST)
    bus.ask("open", "^up ")
    for number, command in enumerate(("LRANGE long 0 -1", "GET wide"), 1):
        bus.say(f"send {command}")
        bus.wait(f"^#{number} lost ECONNRESET: .*sends more than our limits allow")
        bus.wait("^down EMSGSIZE ")
        bus.wait("^up ")
    bus.ask("send LLEN long", "^#3 int 100001$")


def test_nothing_is_sent_while_down(redis, probe):
    bus = probe(f"unix:{redis.socket}")
    bus.ask("send PING", "^not sent: ENOTCONN$")
    bus.ask("flush", "^not sent: ENOTCONN$")


def test_closing_fails_what_is_in_flight_and_opening_goes_on(redis, probe):
    bus = probe(f"unix:{redis.socket}")
    bus.ask("open", "^up ")
    bus.say("send BLPOP never 0", "close")
    bus.wait("^#1 lost ECANCELED: .*we hung up$")
    assert bus.stats()["is_up"] == 0
    bus.ask("open", "^up ")
    bus.ask("send PING", "^#2 PONG$")


def test_a_callback_may_close_open_and_free(redis, probe):
    bus = probe(f"unix:{redis.socket}")
    bus.ask("open", "^up ")
    bus.say("hang", "send PING")
    bus.wait("^#1 lost ECANCELED")
    bus.wait("^hang still readable$")
    bus.wait("^up ")
    bus.say("free", "send PING", "send PING")
    bus.wait("^#2 lost ECANCELED")
    bus.wait("^#3 lost ECANCELED")
    bus.wait("^freed$")
    bus.quit()


def test_a_callback_that_frees_hears_of_all_others_before_it_goes_on(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}", *FAST)
    bus.ask("open", "^up ")
    bus.say("own 3")
    p.wait_until(lambda: redis.client.info("clients")["blocked_clients"] == 1, "the command to wait")
    redis.kill()
    for line in ("own 1 ECONNRESET", "own 2 ECANCELED", "own 3 ECANCELED", "freed"):
        bus.wait(f"^{line}$")
    bus.quit()


# ---- Messages


def test_messages_come_in_order_and_only_the_wanted_ones(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}")
    bus.say("sub a", "sub b", "open")
    bus.wait("^listen$")
    for i in range(200):
        redis.client.publish("ab"[i % 2], i)
    for i in range(200):
        bus.wait(f"^message {'ab'[i % 2]} {i}$")
    bus.ask("unsub a", "^unsub 1$")
    bus.ask("unsub a", "^unsub 0$")
    p.wait_until(lambda: dict(redis.client.pubsub_numsub("a", "b")) == {"a": 0, "b": 1}, "the channel to be left")
    bus.ask("unsub b", "^unsub 1$")
    p.wait_until(lambda: len(redis.client.client_list()) == 2, "the second connection to be gone")
    bus.say("sub c")
    bus.wait("^listen$")
    redis.client.publish("c", "again")
    bus.wait("^message c again$")


def test_a_killed_subscription_comes_back_alone(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}", *FAST)
    bus.say("sub a", "open")
    bus.wait("^listen$")
    redis.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    bus.wait("^deaf ECONNRESET ")
    bus.wait("^listen$")
    redis.client.publish("a", "back")
    bus.wait("^message a back$")
    assert bus.stats()["downs"] == 0


# ---- Breaks


def test_a_killed_redis_fails_what_is_in_flight_and_is_found_again(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}", *FAST)
    bus.say("sub a", "open")
    bus.wait("^listen$")
    bus.say("send BLPOP never 0")
    p.wait_until(lambda: redis.client.info("clients")["blocked_clients"] == 1, "the command to wait")
    redis.kill()
    bus.wait("^#1 lost ECONNRESET: ")
    bus.wait("^down ECONNRESET retry=[1-9]")
    bus.wait("^down ECONNREFUSED .*cannot be reached: Connection refused$")
    redis.start()
    bus.wait("^up ")
    bus.wait("^listen$")
    redis.client.publish("a", "after")
    bus.wait("^message a after$")
    # What was lost was not repeated.
    assert redis.client.info("clients")["blocked_clients"] == 0


def test_a_redis_that_goes_away_politely_is_found_again(redis, probe):
    bus = probe(f"unix:{redis.socket}", *FAST)
    bus.ask("open", "^up ")
    redis.process.stop()
    bus.wait("^down ECONNRESET .*hung up$")
    bus.wait("^down (ENOENT|ECONNREFUSED) .*cannot be reached: ")
    redis.start()
    bus.wait("^up ")


def test_a_redis_that_stands_still_is_given_up(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}", "reply=300", "ping=200", "connect=300", *FAST)
    bus.say("sub a", "open")
    bus.wait("^listen$")
    redis.process.signal(signal.SIGSTOP)
    try:
        # Nothing was asked: it is the PING of an idle connection that finds out, on each of the two.
        both = bus.wait("^(down|deaf) ETIMEDOUT .*does not answer for 0.3 s$").group(1)
        bus.wait(f"^{'deaf' if both == 'down' else 'down'} ETIMEDOUT .*does not answer for 0.3 s$")
        bus.wait("^down ETIMEDOUT .*does not answer within 0.3 s$")
    finally:
        redis.process.signal(signal.SIGCONT)
    bus.wait("^up ")
    bus.wait("^listen$")


def test_idle_connections_are_kept_alive(redis, probe):
    bus = probe(f"127.0.0.1:{redis.port}", "reply=2000", "ping=100")
    bus.say("sub a", "open")
    bus.wait("^listen$")
    before = redis.client.info("stats")["total_commands_processed"]
    p.wait_until(lambda: redis.client.info("stats")["total_commands_processed"] > before + 20, "pings")
    stats = bus.stats()
    assert stats["downs"] == 0 and stats["commands"] == 0 and stats["flight"] <= 1


def test_an_acl_without_ping_keeps_both_connections(redis, probe):
    make_user(redis, keys=["*"], channels=["*"], commands=["+@all", "-ping"])
    bus = probe(f"redis://agent:pw@127.0.0.1:{redis.port}", "ping=50")
    bus.say("sub a", "open")
    bus.wait("^listen$")

    def refusals():
        return int(redis.client.info("errorstats").get("errorstat_NOPERM", "count=0").split("=")[1])

    before = refusals()
    p.wait_until(lambda: refusals() > before + 10, "pings")
    redis.client.publish("a", "still there")
    bus.wait("^message a still there$")
    assert bus.stats()["downs"] == 0 and "deaf" not in bus.process.text()


def test_a_loading_redis_is_waited_for(redis, probe):
    redis.client.config_set("key-load-delay", 1000)
    for i in range(2000):
        redis.client.set(f"k{i}", i)
    redis.client.save()
    redis.kill()
    redis.args = (*redis.args, "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
    bus = probe(f"unix:{redis.socket}", *FAST)
    bus.say("open")
    bus.wait("^down ")
    redis.start()
    bus.wait("^down EAGAIN .*is still loading its data$")
    bus.wait("^up ")


def test_too_many_clients_is_said_plainly(redis, probe):
    redis.client.config_set("maxclients", 1)
    bus = probe(f"127.0.0.1:{redis.port}", "once=1")
    bus.ask("open", "^down EAGAIN .*takes no more clients")


def test_a_name_that_does_not_exist_is_told_in_time(probe):
    bus = probe("no-such-host.invalid", "connect=4000", "once=1")
    bus.ask("open", "^down (EHOSTUNREACH .*cannot be found: |ETIMEDOUT .*within 4 s .resolving its name.)")
    # Given up on the way: nothing of the lookup may call back.
    bus.say("open", "close", "open", "close", "open")
    bus.quit()


class Names(threading.Thread):
    """A name server on the loopback: an address for what it knows, nothing for the rest, or nonsense."""

    def __init__(self, known, nonsense=False):
        super().__init__(daemon=True)
        self.known = known
        self.nonsense = nonsense
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.start()

    def run(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            self.sock.sendto(self.answer(query), peer)

    def answer(self, query):
        if self.nonsense:
            return query[:2] + b"\x81\x80\x00\x01\xff\xff" + b"\xc0\x0c" * 40
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1 : at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question = query[12 : at + 5]
        kind = int.from_bytes(query[at + 1 : at + 3], "big")
        addresses = self.known.get(".".join(name)) if kind == 1 else []
        if addresses is None:
            return query[:2] + b"\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00" + question
        head = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"
        rows = b"".join(head + socket.inet_aton(a) for a in addresses)
        return query[:2] + b"\x81\x80\x00\x01" + len(addresses).to_bytes(2, "big") + bytes(4) + question + rows


def with_names(folder, names):
    """A command prefix under which resolv.conf names our server: in a mount namespace of its own."""
    config = folder / "resolv.conf"
    config.write_text(f"nameserver 127.0.0.1:{names.port}\noptions attempts:1\n", encoding="ascii")
    return ["unshare", "--mount", "sh", "-c", f'mount --bind {config} /etc/resolv.conf && exec "$@"', "sh"]


needs_namespace = pytest.mark.skipif(
    subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0,
    reason="no mount namespaces here",
)


@needs_namespace
def test_names_are_asked_of_the_name_server_and_all_addresses_tried(programs, folder, redis):
    names = Names({"redis.test": ["127.0.0.2", "127.0.0.1"], "nowhere.test": []})
    prefix = with_names(folder, names)
    bus = Probe(programs, f"redis.test:{redis.port}", prefix=prefix)
    bus.ask("open", "^up redis redis.test:")
    bus.ask("ip", "^ip 127.0.0.1$")
    # A name that moves is found where it is now, also by who asked before.
    names.known["redis.test"] = []
    bus.ask("close", "")
    bus.ask("open", "^down EHOSTUNREACH .*redis.test:[0-9]+ cannot be found: ")
    bus.quit()
    for name in ("nowhere.test", "other.test"):
        bus = Probe(programs, name, "once=1", prefix=prefix)
        bus.ask("open", f"^down EHOSTUNREACH .*{name}:6379 cannot be found: ")
        bus.quit()


@needs_namespace
def test_a_name_server_that_says_nonsense_is_survived(programs, folder):
    bus = Probe(programs, "redis.test", "once=1", prefix=with_names(folder, Names({}, nonsense=True)))
    bus.ask("open", "^down (EHOSTUNREACH .*cannot be found|ETIMEDOUT .*resolving its name)")
    bus.quit()


def test_a_port_without_a_listener_is_told(probe):
    bus = probe(f"127.0.0.1:{p.free_port()}", "once=1")
    bus.ask("open", "^down ECONNREFUSED retry=0 denied=0: .*cannot be reached: Connection refused$")


def test_a_socket_that_is_not_there_is_told(probe, folder):
    bus = probe(f"unix:{folder}/none.sock", "once=1")
    bus.ask("open", "^down ENOENT .*cannot be reached: No such file or directory$")


# ---- TLS


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True, timeout=60)


def make_ca(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")


def make_certificate(folder, ca, name, san):
    (folder / f"{name}.ext").write_text(f"subjectAltName={san}\n", encoding="ascii")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt")


class TlsRedis(Redis):
    """Its TLS port beside the plain one."""

    def __init__(self, programs, folder, certs, certificate, *args):
        self.tls_port = p.free_port()
        super().__init__(programs, folder, "--tls-port", self.tls_port, "--tls-cert-file",
                         certs / f"{certificate}.crt", "--tls-key-file", certs / f"{certificate}.key",
                         "--tls-ca-cert-file", certs / "ca.crt", *args)


@pytest.fixture
def certs(folder):
    path = folder / "certs"
    path.mkdir()
    make_ca(path, "ca")
    make_ca(path, "otherca")
    make_certificate(path, "ca", "local", "DNS:localhost,IP:127.0.0.1")
    make_certificate(path, "ca", "named", "DNS:redis.example")
    make_certificate(path, "ca", "client", "DNS:client")
    return path


def test_tls_holds_for_the_right_ca_and_name(programs, folder, certs, probe):
    redis = TlsRedis(programs, folder, certs, "local", "--tls-auth-clients", "no", "--requirepass", "pw")
    for host in ("localhost", "127.0.0.1"):
        bus = probe(f"rediss://:pw@{host}:{redis.tls_port}", f"ca={certs}/ca.crt", *FAST)
        bus.say("sub a", "open")
        bus.wait(f"^up redis\\+tls {host}:")
        bus.wait("^listen$")
        bus.ask("burst 20000", "^burst done")
        bus.ask("echo 1000000", "^#1 1000000 bytes$")
        bus.ask("send PUBLISH a hello", "^#2 int 1$")
        bus.wait("^message a hello$")
        bus.ask("ip", "^ip 127.0.0.1$")
        if host == "localhost":
            redis.kill()
            bus.wait("^down ECONNRESET .*: .*(hung up|broke)")
            bus.wait("^down ECONNREFUSED .*cannot be reached: Connection refused")
            redis.start()
            bus.wait("^up ")
            bus.wait("^listen$")
        bus.quit()


def test_tls_does_not_hold_for_a_wrong_ca_name_or_version(programs, folder, certs, probe):
    redis = TlsRedis(programs, folder, certs, "named", "--tls-auth-clients", "no")
    at = f"127.0.0.1:{redis.tls_port}"
    denied = "^down EKEYREJECTED retry=0 denied=1: .* shows a certificate that does not hold: "
    probe(f"rediss://{at}", f"ca={certs}/otherca.crt", "once=1").ask("open", denied + ".*certificate")
    probe(f"rediss://{at}", "once=1").ask("open", denied + ".*certificate")
    probe(f"rediss://{at}", f"ca={certs}/ca.crt", "once=1").ask("open", denied + "IP address mismatch")
    probe(f"rediss://localhost:{redis.tls_port}", f"ca={certs}/ca.crt", "once=1").ask(
        "open", denied + "hostname mismatch"
    )
    probe(f"rediss://{at}", f"ca={certs}/none.crt", "once=1").ask(
        "open", "^down EKEYREJECTED .*read CA file '.*none.crt': "
    )
    # Nothing of these ever became a client.
    assert len(redis.client.client_list()) == 1


def test_a_replaced_ca_is_used_without_a_restart(programs, folder, certs, probe):
    redis = TlsRedis(programs, folder, certs, "local", "--tls-auth-clients", "no")
    trusted = certs / "trusted.crt"
    trusted.write_bytes((certs / "otherca.crt").read_bytes())
    bus = probe(f"rediss://127.0.0.1:{redis.tls_port}", f"ca={trusted}", *FAST)
    bus.ask("open", "^down EKEYREJECTED ")
    trusted.write_bytes((certs / "ca.crt").read_bytes())
    bus.wait("^up ")


def test_a_redis_may_ask_for_our_certificate(programs, folder, certs, probe):
    redis = TlsRedis(programs, folder, certs, "local")
    at = f"rediss://127.0.0.1:{redis.tls_port}"
    ca = f"ca={certs}/ca.crt"
    probe(at, ca, f"cert={certs}/client.crt", f"key={certs}/client.key", "once=1").ask("open", "^up ")
    # The refusal may be overtaken by the reset that follows it.
    probe(at, ca, "once=1").ask(
        "open", "^down (EKEYREJECTED .*refuses our TLS: .*certificate required|ECONNRESET .*want a certificate)"
    )
    probe(at, ca, f"cert={certs}/client.crt", f"key={certs}/ca.key", "once=1").ask(
        "open", "^down EKEYREJECTED .*read key '.*ca.key': "
    )


def test_tls_and_plain_on_the_wrong_port_are_told(programs, folder, certs, probe):
    redis = TlsRedis(programs, folder, certs, "local", "--tls-auth-clients", "no")
    probe(f"rediss://127.0.0.1:{redis.port}", f"ca={certs}/ca.crt", "once=1", "connect=2000").ask(
        "open", "^down (EPROTO .*does not speak TLS on this port|ETIMEDOUT .*starting TLS.)"
    )
    probe(f"127.0.0.1:{redis.tls_port}", "once=1").ask(
        "open", r"^down (EPROTO .*does not speak Redis|ECONNRESET .*does this port want TLS\?)"
    )


def test_a_name_with_several_addresses_is_tried_through(probe, redis):
    # localhost is 127.0.0.1, then ::1; here only one of them listens.
    with socket.socket(socket.AF_INET6) as six:
        six.bind(("::1", 0))
        six.listen()
        bus = probe(f"localhost:{six.getsockname()[1]}", "connect=1000", "once=1")
        bus.say("open")
        six.settimeout(p.DEADLINE)
        six.accept()[0].close()
        bus.wait("^down ECONNRESET .*hung up before it answered")
