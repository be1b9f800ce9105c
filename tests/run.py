#!/usr/bin/python3
"""Runs every suite and closes with one line of counts, taken from the suites' own results.

Three builds: gcc with ASan and UBSan (unit, simulator, end to end), gcc optimised as `make run` has it, and
clang with the fuzz targets (lint, fuzz). They run in two lanes side by side. A step prints one line with its
time; its log stays in build-*/steps/ and is shown when it fails. A step that crashes, runs into its deadline
or tells no result counts as a failure, and so does one that could not start because its build failed.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASAN, PLAIN, CLANG = "build-asan", "build", "build-clang"
TAIL_LINES = 120


@dataclass
class Count:
    """What a step says of itself."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


# ---- Reading results. Each of these takes the step and its log and returns a Count.


def count_output(text):
    """Counts the tests a program tells of in its output, whichever of our runners wrote it."""
    count = Count()
    for number in re.findall(r"^\[  PASSED  \] (\d+) test\(s\)", text, re.M):  # cmocka
        count.passed += int(number)
    for number in re.findall(r"^\[  FAILED  \] (\d+) test\(s\), listed below", text, re.M):
        count.failed += int(number)
    for number in re.findall(r"^\[  SKIPPED \] (\d+) test\(s\), listed below", text, re.M):
        count.skipped += int(number)
    node = re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", text, re.M)  # node --test, whichever reporter
    for what, number in node:
        name = {"pass": "passed", "fail": "failed", "skipped": "skipped"}[what]
        setattr(count, name, getattr(count, name) + int(number))
    if node:
        return count
    for bad, skip in re.findall(r"^(not )?ok \d+(?:.*(# SKIP))?.*$", text, re.M):  # TAP
        if skip:
            count.skipped += 1
        elif bad:
            count.failed += 1
        else:
            count.passed += 1
    return count


def count_meson(step, _log):
    """Meson's list of programs, each with what it printed."""
    count = Count()
    path = ROOT / step.build / "meson-logs" / (step.logbase + ".json")
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        inner = count_output((record.get("stdout") or "") + "\n" + (record.get("stderr") or ""))
        if record["result"] in ("OK", "EXPECTEDFAIL"):
            # A program that tells no numbers is one test.
            count.add(inner if inner.passed + inner.failed + inner.skipped else Count(passed=1))
        elif record["result"] == "SKIP":
            count.skipped += 1
        else:
            inner.failed = max(inner.failed, 1)
            count.add(inner)
    return count


def count_pytest(step, _log):
    """The numbers of pytest's report."""
    count = Count()
    for suite in ElementTree.parse(ROOT / step.build / "steps" / (step.name + ".xml")).iter("testsuite"):
        total, bad, skip = (int(suite.get(k)) for k in ("tests", "failures", "skipped"))
        bad += int(suite.get("errors"))
        count.add(Count(max(total - bad - skip, 0), bad, skip))
    return count


def count_nothing(_step, _log):
    """A build is no test; it only counts when it fails."""
    return Count()


@dataclass
class Step:
    """One line of the report."""

    name: str
    what: str
    build: str
    command: list
    counter: object = count_nothing
    seconds: int = 600  # deadline
    needs: tuple = ()
    env: dict = field(default_factory=dict)
    must_count: bool = True  # running no test at all is a failure
    logbase: str = ""

    def log_path(self):
        return ROOT / self.build / "steps" / (self.name + ".log")


def build_step(name, what, build, options, compiler):
    """Configures `build` if need be and compiles it."""
    script = (
        f"test -f {build}/build.ninja || meson setup {build} {options} || {{ rm -f {build}/build.ninja; exit 1; }}\n"
        f"ninja -C {build} -j{jobs()}"
    )
    return Step(name, what, build, ["sh", "-c", script], env={"CC": compiler}, seconds=1800, must_count=False)


def meson_step(name, what, build, suites, needs, extra=(), **more):
    """Runs some of meson's suites."""
    command = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--logbase", name]
    for suite in suites:
        command += ["--suite", suite]
    return Step(name, what, build, command + list(extra), count_meson, needs=needs, logbase=name, **more)


def jobs():
    return str(os.cpu_count() or 2)


def lanes(campaign):
    """The steps, in two lanes; a step of a later place in its lane starts when the one before has ended."""
    asan_env = {
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:strict_string_checks=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }
    sanitized = build_step(
        "build-asan", "gcc, ASan and UBSan", ASAN, "-Dbuildtype=debug -Db_sanitize=address,undefined", "gcc"
    )
    plain = build_step("build-run", "gcc, optimised, as make run", PLAIN, "-Dtests=false", "gcc")
    clang = build_step(
        "build-clang",
        "clang, fuzz targets",
        CLANG,
        "-Dbuildtype=debug -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false",
        "clang",
    )
    if campaign:
        return [
            [
                sanitized,
                meson_step(
                    "campaign-sim",
                    "simulator, 10,000 seeds and all mutants",
                    ASAN,
                    ["campaign"],
                    ("build-asan",),
                    ("-t", "0"),
                    seconds=6 * 3600,
                    env=asan_env,
                ),
            ],
            [
                clang,
                meson_step(
                    "campaign-fuzz",
                    "fuzz targets, 30 minutes each",
                    CLANG,
                    ["fuzz"],
                    ("build-clang",),
                    ("-t", "0", "-j", "1"),
                    seconds=24 * 3600,
                    env={"FUZZ_SECONDS": "1800"},
                ),
            ],
        ]
    e2e = Step(
        "e2e",
        "end to end: real programs, redis-server, Chromium",
        ASAN,
        [
            "/usr/bin/python3",
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-q",
            "--durations=5",
            "--junitxml",
            f"{ASAN}/steps/e2e.xml",
            "tests/e2e",
        ],
        count_pytest,
        seconds=1500,
        needs=("build-asan",),
        env={**asan_env, "MUSTER_BUILD": str(ROOT / ASAN)},
    )
    return [
        [
            sanitized,
            meson_step(
                "unit", "unit tests, simulator", ASAN, ["unit", "sim"], ("build-asan",), ("-t", "4"), env=asan_env
            ),
            e2e,
        ],
        [
            plain,
            clang,
            meson_step(
                "lint",
                "layout, layers, contracts, clang-tidy, cppcheck, web",
                CLANG,
                ["lint"],
                ("build-clang",),
                seconds=1500,
            ),
            meson_step("fuzz", "fuzz targets, a few seconds each", CLANG, ["fuzz"], ("build-clang",), seconds=900),
        ],
    ]


# ---- Running.


class Report:
    """Where the lanes meet: printed lines, sums, what failed, children to end when we are interrupted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.total = Count()
        self.failed_steps = set()
        self.children = set()
        self.stopping = False

    def line(self, step, count, seconds, verdict):
        counts = f"{count.passed} passed" + (f", {count.failed} failed" if count.failed else "")
        counts += f", {count.skipped} skipped" if count.skipped else ""
        if count.passed + count.failed + count.skipped == 0:
            counts = "-"
        print(f"{verdict:<6} {step.name:<12} {seconds:7.1f} s  {counts:<28} {step.what}", flush=True)

    def stop(self):
        """Ends the process group of every step that runs."""
        with self.lock:
            self.stopping = True
            for child in self.children:
                end_group(child, signal.SIGTERM)


def end_group(child, sig):
    try:
        os.killpg(child.pid, sig)
    except ProcessLookupError:
        pass


def run_command(step, report):
    """Runs the step's command in a session of its own. Returns its exit code, or a sentence."""
    path = step.log_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as log:
        child = subprocess.Popen(
            step.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **step.env},
        )
        with report.lock:
            report.children.add(child)
        try:
            return child.wait(step.seconds)
        except subprocess.TimeoutExpired:
            end_group(child, signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                pass
            return f"ran into its deadline of {step.seconds} s"
        finally:
            end_group(child, signal.SIGKILL)
            with report.lock:
                report.children.discard(child)


def judge(step, outcome):
    """Turns exit code and results into a Count and a list of complaints."""
    complaints = []
    if isinstance(outcome, str):
        complaints.append(outcome)
    elif outcome != 0:
        complaints.append(f"exit status {outcome}")
    try:
        count = step.counter(step, step.log_path())
    except (OSError, ValueError, KeyError, TypeError, ElementTree.ParseError) as fault:
        count = Count()
        complaints.append(f"no readable results: {fault}")
    if step.must_count and count.passed + count.failed + count.skipped == 0:
        complaints.append("ran no test")
    if complaints:
        count.failed = max(count.failed, 1)
    return count, complaints


def forget_old_results(step):
    """A result left by an earlier run must not be counted again."""
    for path in (
        ROOT / step.build / "steps" / (step.name + ".xml"),
        ROOT / step.build / "meson-logs" / ((step.logbase or "-") + ".json"),
    ):
        path.unlink(missing_ok=True)


def run_step(step, report):
    if report.stopping:
        return
    blocker = next((n for n in step.needs if n in report.failed_steps), None)
    if blocker is not None:
        with report.lock:
            report.failed_steps.add(step.name)
            report.total.add(Count(failed=1))
            report.line(step, Count(failed=1), 0, "FAILED")
            print(f"       not run, because {blocker} failed", flush=True)
        return
    forget_old_results(step)
    begin = time.monotonic()
    outcome = run_command(step, report)
    count, complaints = judge(step, outcome)
    with report.lock:
        report.total.add(count)
        report.line(step, count, time.monotonic() - begin, "FAILED" if count.failed else "ok")
        if count.failed and not report.stopping:
            report.failed_steps.add(step.name)
            print(f"       {'; '.join(complaints) or 'tests failed'}; the end of {step.log_path().relative_to(ROOT)}:")
            lines = step.log_path().read_text(encoding="utf-8", errors="replace").splitlines()
            print("\n".join("       | " + text for text in lines[-TAIL_LINES:]), flush=True)


def choose(all_lanes, prefix):
    """The lanes with only the steps named `prefix...` and the builds they need."""
    if prefix is None:
        return all_lanes
    steps = [s for lane in all_lanes for s in lane]
    chosen = {s.name for s in steps if s.name.startswith(prefix)}
    if not chosen:
        raise SystemExit(f"tests/run.py: no step begins with '{prefix}' (there are: {' '.join(s.name for s in steps)})")
    chosen |= {n for s in steps if s.name in chosen for n in s.needs}
    return [[s for s in lane if s.name in chosen] for lane in all_lanes]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PREFIX", help="only the steps whose name begins so")
    parser.add_argument("--campaign", action="store_true", help="the long runs instead")
    parser.add_argument("--list", action="store_true", help="print the steps and stop")
    options = parser.parse_args()
    chosen = choose(lanes(options.campaign), options.only)
    if options.list:
        for step in (s for lane in chosen for s in lane):
            print(f"{step.name:<14} {step.what}")
        return 0
    if shutil.which("meson") is None:
        raise SystemExit("tests/run.py: no meson here; run scripts/setup run test (make test does it)")

    report = Report()
    threads = [
        threading.Thread(target=lambda lane=lane: [run_step(s, report) for s in lane], daemon=True) for lane in chosen
    ]

    def interrupted(_sig, _frame):
        report.stop()

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)
    if report.stopping:
        print("interrupted", flush=True)
        return 130
    skipped = f", {report.total.skipped} skipped" if report.total.skipped else ""
    print(f"all steps: {time.monotonic() - begin:.0f} s")
    print(f"{report.total.passed} passed, {report.total.failed} failed{skipped}", flush=True)
    return 1 if report.total.failed or report.total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
