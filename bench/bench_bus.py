#!/usr/bin/python3
"""Commands a second through the bus, beside hiredis' own blocking API, on one private Redis.

Each row is the median of several runs, taken in turns. The server is the limit of most rows; what is ours is the CPU
time for each operation. Prints a table.

    bench_bus.py [--operations 500000] [--rounds 5]

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import os
import shlex
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("MUSTER_BUILD", ROOT / "build"))
PACKAGES = ["libevent", "libevent_openssl", "openssl", "hiredis"]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def compile_load(folder):
    """bus_load, linked with the libraries of the optimised build."""
    flags = shlex.split(subprocess.run(["pkg-config", "--cflags", "--libs", *PACKAGES], capture_output=True, text=True,
                                       check=True).stdout)
    program = folder / "bus_load"
    subprocess.run(["cc", "-std=gnu17", "-O2", "-D_GNU_SOURCE", "-I", ROOT / "src", "-o", program,
                    ROOT / "bench" / "bus_load.c", BUILD / "src/bus/libbus.a", BUILD / "src/base/libbase.a", *flags],
                   check=True)
    return program


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)


def start_redis(folder, port, tls_port):
    child = subprocess.Popen(  # pylint: disable=consider-using-with
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--tls-port", str(tls_port), "--unixsocket",
         folder / "redis.sock", "--save", "", "--dir", folder, "--tls-cert-file", folder / "cert.pem",
         "--tls-key-file", folder / "key.pem", "--tls-ca-cert-file", folder / "cert.pem", "--tls-auth-clients", "no"],
        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while not (folder / "redis.sock").exists():
        time.sleep(0.02)
    return child


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, timeout=120)
    operations, seconds, cpu = map(float, done.stdout.split())
    return operations / seconds, cpu / operations * 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--operations", type=int, default=500000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as name:
        folder = Path(name)
        load = compile_load(folder)
        make_certificate(folder)
        port, tls_port = free_port(), free_port()
        redis = start_redis(folder, port, tls_port)
        try:
            n = args.operations
            few = max(n // 20, 1)
            rows = {
                "hiredis, unix, 1,000 outstanding": [load, "hiredis", folder / "redis.sock", n, 1000],
                "bus, unix, 1,000 outstanding": [load, "bus", f"unix:{folder}/redis.sock", n, 1000],
                "bus, tcp, 1,000 outstanding": [load, "bus", f"127.0.0.1:{port}", n, 1000],
                "bus, tls, 1,000 outstanding": [load, "bus", f"rediss://127.0.0.1:{tls_port}", n, 1000,
                                                folder / "cert.pem"],
                "hiredis, unix, one at a time": [load, "hiredis", folder / "redis.sock", few, 1],
                "bus, unix, one at a time": [load, "bus", f"unix:{folder}/redis.sock", few, 1],
            }
            results = {name: [] for name in rows}
            for _ in range(args.rounds):
                for name, command in rows.items():
                    results[name].append(run(command))
        finally:
            redis.terminate()
            redis.wait()
    print(f"{'':34} {'operations/s':>14} {'our CPU ns/operation':>22}")
    for name, values in results.items():
        print(f"{name:34} {statistics.median(v[0] for v in values):14,.0f} "
              f"{statistics.median(v[1] for v in values):22,.0f}")


if __name__ == "__main__":
    main()
