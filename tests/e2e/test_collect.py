"""`muster-agent collect` on this host as it is, and beside a file system that never answers.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import programs as p

HERE = Path(__file__).resolve().parent
MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")


def collect(*args, env=None):
    """Exit status and output of `muster-agent collect ARGS`."""
    done = subprocess.run(
        [p.program("muster-agent"), "collect", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        env=env,
    )
    return done.returncode, done.stdout


def test_every_collector_reads_this_host():
    status, output = collect("-o", "json", "-i", "0.2")
    modules = json.loads(output)
    assert status == 0
    how = modules.pop("collect")
    rates = modules.pop("rates")
    for name in modules:
        # What a kernel need not have may be missing, and says so.
        assert how[name]["ok"] or "error" in how[name]
    assert modules["mem"]["total"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert modules["cpu"]["count"] == os.sysconf("SC_NPROCESSORS_ONLN")
    assert abs(modules["uptime"]["seconds"] - float(Path("/proc/uptime").read_text().split()[0])) < 10
    assert 0 < rates["self"]["cpu"] < 1


def test_the_root_file_system_is_what_statvfs_says():
    _, output = collect("-o", "json", "-i", "0", "fs")
    fs = json.loads(output)["fs"]
    root = [tags for tags in fs.get("total", {}) if ",mount=/," in f",{tags},"]
    if not root:
        pytest.skip("this machine's / is no storage of its own")
    want = os.statvfs("/")
    assert fs["total"][root[0]] == want.f_blocks * want.f_frsize
    assert fs["inodes"][root[0]] == want.f_files


def test_shares_of_processor_time_add_up_in_the_real_message():
    status, output = collect("-o", "message", "-i", "0.3", "-n", "3")
    messages = [json.loads(line) for line in output.splitlines()]
    assert status == 0
    assert [m["seq"] for m in messages] == [1, 2, 3]
    for m in messages:
        for shares in (m["cpu"], *m["cpu"]["cores"]):
            values = [shares[mode] for mode in MODES]
            # A core that was off has no shares; one that was on has all.
            assert None in values or round(sum(values) * 100) == 10000
        assert m["cpu"]["count"] == len(m["cpu"]["cores"])
        assert 0.3 <= m["interval"] < 10


@pytest.mark.parametrize(
    "after, kind, source",
    [(0, "fuse.dead", "dead"), (1.5, "fuse.dead", "dead"), (0, "fuse", "/dev/fuse")],
    ids=["there from the start", "mounted meanwhile", "with the source of a local one"],
)
def test_a_dead_mount_is_a_finding_and_delays_nobody(tmp_path, after, kind, source):
    mount = tmp_path / "dead"
    mount.mkdir()
    # LeakSanitizer stops all threads before it looks, and this one cannot be stopped.
    env = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, HERE / "dead_mount.py", mount, str(after), kind, source]
        + [p.program("muster-agent"), "collect", "-n", "7"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=90,
        check=False,
        env=env,
    )
    if done.returncode == 77:
        pytest.skip("this machine gives us no mount of our own")
    assert done.returncode == 0, done.stdout
    # Seven cycles a second apart; a mount that does not answer would have held up the first.
    assert time.monotonic() - begin < 30
    finding = f"finding fs.stuck {mount}: file system {mount} ({kind} from {source}) has not answered for 3 s"
    assert finding in done.stdout
    last = done.stdout[done.stdout.rindex("\nload: ok, ") :]
    assert f"fs.state{{device={source},mount={mount},remote=1,type={kind}}}" in last
    assert "uptime: ok, " in last


def test_every_key_of_the_real_message_is_documented():
    _, output = collect("-o", "message", "-i", "0.2")
    message = json.loads(output)
    page = (p.ROOT / "docs" / "message.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([\w.]+)`", page))
    known |= {name.rpartition(".")[2] for name in known}
    named_by_metrics = ("pressure", "sock", "proc", "files", "vm")
    for key, value in message.items():
        assert key in known
        if key == "net":
            value = next(iter(value.values()))
        if isinstance(value, dict) and key not in named_by_metrics:
            assert value.keys() <= known
            for row in (rows[0] for rows in value.values() if isinstance(rows, list) and rows):
                assert row.keys() <= known
