#!/usr/bin/python3
"""Runs the benchmarks: every bench/bench_* that can be executed, one after the other, on the optimised build.

usage: make bench [ARGS="NAME..."]     (names as in bench_NAME, or how they begin)

Each prints its own table, and measures its peers in the same run: figures are ratios, not promises. What a
benchmark needs besides, it finds by environment: MUSTER_BUILD is the build folder.

SPDX-License-Identifier: Apache-2.0
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


def build():
    """The build `make run` uses."""
    if not (BUILD / "build.ninja").is_file():
        subprocess.run(["meson", "setup", str(BUILD), "-Dtests=false"], cwd=ROOT, check=True)
    subprocess.run(["ninja", "-C", str(BUILD), "--quiet"], check=True)


def chosen(names):
    """The benchmarks in alphabetical order, all of them or those that begin with one of the names."""
    found = sorted(p for p in (ROOT / "bench").glob("bench_*") if p.is_file() and os.access(p, os.X_OK))
    return [p for p in found if not names or any(p.stem.removeprefix("bench_").startswith(n) for n in names)]


def main():
    benches = chosen(sys.argv[1:])
    if not benches:
        raise SystemExit(f"bench/run.py: no benchmark is called {' or '.join(sys.argv[1:]) or 'bench_*'}")
    build()
    failed = []
    for path in benches:
        print(f"== {path.stem.removeprefix('bench_')}", flush=True)
        begin = time.monotonic()
        done = subprocess.run([str(path)], cwd=ROOT, check=False, env={**os.environ, "MUSTER_BUILD": str(BUILD)})
        if done.returncode != 0:
            failed.append(path.stem)
            print(f"   failed with exit status {done.returncode}")
        print(f"   {time.monotonic() - begin:.0f} s\n", flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
