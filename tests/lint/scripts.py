#!/usr/bin/python3
"""scripts/setup and tests/run.py do what they say, also when things are missing or fail.

SPDX-License-Identifier: Apache-2.0
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import house

SETUP = house.ROOT / "scripts" / "setup"


# ---- scripts/setup, with programs of our own in its PATH.


def setup(folder, *args, programs, user=0):
    """Runs it with only `programs` (name: script) and a few basic tools to be found."""
    tools = Path(folder) / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "awk", "find", "sort", "mktemp", "tail", "rm", "tee", "chmod", "cat", "env", "echo"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    for name, text in {**programs, "id": f"echo {user}"}.items():
        (tools / name).write_text("#!/bin/sh\n" + text + "\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    return subprocess.run(
        [str(SETUP), *args],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": str(tools), "TMPDIR": str(folder), "FOLDER": str(folder)},
    )


# Says that all it is asked for is installed, less the words in $FOLDER/missing.
DPKG = """shift 3; for p; do grep -qsx "$p" "$FOLDER/missing" || echo "installed $p"; done"""
# Notes what it is asked for; "installs" by forgetting what was missing.
APT = """echo "apt-get $*" >>"$FOLDER/apt"; case "$*" in *install*) : >"$FOLDER/missing";; esac"""
NODE = {"node": "true", "npm": "true", "grep": 'exec /usr/bin/grep "$@"'}


def setup_case(tap, name, args, programs, missing="", user=0, code=0, says="", apt=None):
    """One run: its exit status, what it says, what apt-get was asked for (None = not at all)."""
    with tempfile.TemporaryDirectory(prefix="muster-setup-") as folder:
        (Path(folder) / "missing").write_text(missing, encoding="utf-8")
        done = setup(folder, *args, programs={**NODE, **programs}, user=user)
        asked = Path(folder) / "apt"
        calls = asked.read_text(encoding="utf-8") if asked.exists() else None
    good = done.returncode == code and says in done.stdout + done.stderr
    good = good and (calls is None if apt is None else calls is not None and apt in calls)
    tap.result(good, name, [] if good else [f"exit {done.returncode}", *done.stderr.splitlines(), f"apt: {calls}"])


def check_setup(tap):
    debian = {"dpkg-query": DPKG, "apt-get": APT}
    setup_case(tap, "setup asks apt for nothing when all is there", ["run", "test"], debian)
    # As root in a real system it would write policy-rc.d, so this is tried with sudo that only notes its words.
    sudo = {"sudo": 'test "$1" = -n && shift; case $1 in true|env) exec "$@";; *) : ;; esac', "true": ":"}
    setup_case(
        tap,
        "setup installs what is missing, and that only",
        ["run"],
        {**debian, **sudo},
        "redis-server\n",
        1000,
        apt="install -y --no-install-recommends redis-server\n",
    )
    setup_case(
        tap,
        "setup says what to type when it has no rights",
        ["test"],
        debian,
        "cppcheck\nclang\n",
        1000,
        1,
        "apt-get install --no-install-recommends clang cppcheck",
    )
    setup_case(tap, "setup names the packages on other systems", ["run"], {}, "", 0, 1, "not a Debian-like system")
    setup_case(tap, "setup refuses a group it does not know", ["tset"], debian, "", 0, 1, "no group 'tset'")
    setup_case(
        tap,
        "setup shows the log when apt fails",
        ["run"],
        {**debian, **sudo, "apt-get": "echo E: no space left; exit 100"},
        "meson\n",
        1000,
        1,
        "no space left",
    )
    listed = subprocess.run([str(SETUP), "--list", "run", "test", "bench"], capture_output=True, text=True, check=True)
    words = listed.stdout.split()
    tap.result(len(words) == len(set(words)) and "meson" in words, "setup lists each package once")


# ---- tests/run.py


def load_run():
    spec = importlib.util.spec_from_file_location("run", house.ROOT / "tests" / "run.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["run"] = module
    spec.loader.exec_module(module)
    return module


CMOCKA = "[==========] 8 test(s) run.\n[  PASSED  ] 6 test(s).\n[  FAILED  ] 2 test(s), listed below:\n[  FAILED  ] x\n"
NODE_TEST = "ok 1 - a\nok 2 - b\nnot ok 3 - c\n1..3\n# tests 3\n# pass 2\n# fail 1\n# skipped 0\n"
TAP = "ok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no such thing\n1..3\n"


def check_run(tap):
    run = load_run()
    tap.result(run.count_output(CMOCKA) == run.Count(6, 2, 0), "run counts what cmocka says")
    tap.result(run.count_output(NODE_TEST) == run.Count(2, 1, 0), "run counts what node --test says")
    tap.result(run.count_output(TAP) == run.Count(1, 1, 1), "run counts TAP lines")
    with tempfile.TemporaryDirectory(prefix="muster-run-") as folder:
        run.ROOT = Path(folder)
        report = run.Report()
        cases = [
            ("a step that passes", ["sh", "-c", "echo ok 1 - fine"], run.Count(1, 0, 0)),
            ("a step that fails its test", ["sh", "-c", "echo not ok 1 - bad; exit 1"], run.Count(0, 1, 0)),
            (
                "a step that is killed after good results",
                ["sh", "-c", "echo ok 1 - fine; kill -SEGV $$"],
                run.Count(1, 1, 0),
            ),
            ("a step that runs nothing", ["true"], run.Count(0, 1, 0)),
            ("a step that hangs", ["sh", "-c", "echo ok 1 - fine; sleep 60"], run.Count(1, 1, 0)),
        ]
        for name, command, want in cases:
            step = run.Step("x", "x", "b", command, lambda _s, log: run.count_output(log.read_text()), seconds=2)
            count, _ = run.judge(step, run.run_command(step, report))
            tap.result(count == want, f"run counts {name}", [f"{count}"])


def check_closing_line(tap):
    """The whole program on a tree where nothing can be built: it must end with failures and status 1."""
    with tempfile.TemporaryDirectory(prefix="muster-run-") as folder:
        house.plant(folder, {"tests/run.py": house.read(house.ROOT, "tests/run.py")})
        done = subprocess.run(
            ["/usr/bin/python3", f"{folder}/tests/run.py", "--only", "unit"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "MESON_BUILD_ROOT": ""},
        )
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    tap.result(
        last == "0 passed, 2 failed" and done.returncode == 1,
        "run fails when nothing could be built",
        [last, *done.stderr.splitlines()],
    )


def main():
    tap = house.Tap()
    check_setup(tap)
    check_run(tap)
    check_closing_line(tap)
    return tap.done()


if __name__ == "__main__":
    house.finish(main())
