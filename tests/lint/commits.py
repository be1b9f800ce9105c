#!/usr/bin/python3
"""Commit subjects: `folder: what it does now`, aim 72 columns, more than 82 are refused, no full stop.

SPDX-License-Identifier: Apache-2.0
"""

import re
import subprocess
import tempfile
from pathlib import Path

import house

# 72 is the aim; what is longer than 82 is a body.
SUBJECT = re.compile(r"(Revert \"|[a-z0-9][\w./*,+{}-]*(, [\w./*-]+)*: )\S.*[^.\s]")
COLUMNS = 82
MOST = 500


def fault_of(subject):
    if len(subject) > COLUMNS:
        return f"{len(subject)} columns, the limit is {COLUMNS}"
    if not SUBJECT.fullmatch(subject):
        return "is not of the form `folder: what it does now`"
    return None


def check(root):
    if not (root / ".git").exists():
        return
    done = subprocess.run(
        ["git", "-C", str(root), "log", "--no-merges", f"-n{MOST}", "--format=%h %s"],
        capture_output=True,
        text=True,
        check=False,
    )
    # A fresh repository without a commit, or a checkout git does not trust, has no subjects to look at.
    for line in done.stdout.splitlines():
        name, _, subject = line.partition(" ")
        fault = fault_of(subject)
        if fault is not None:
            yield f"{name} '{subject}': {fault}"


def main():
    tap = house.Tap()
    found = list(check(house.ROOT))
    tap.result(not found, "commit subjects say where and what", found)
    for subject, want in (
        ("spool: keep order across a crash", None),
        ("src/base, tests: what both need", None),
        ("http: " + "x" * 77, "83 columns"),
        ("Fixed stuff", "is not of the form"),
        ("spool: keep order across a crash.", "is not of the form"),
        ("spool:keep order", "is not of the form"),
    ):
        fault = fault_of(subject)
        tap.result(
            fault is None if want is None else want in (fault or ""),
            f"{'accepts' if want is None else 'notices'} '{subject[:40]}'",
            [] if fault is None else [fault],
        )
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "commit", "-q", "--no-verify", "--allow-empty", "-m", "wip"], check=True)
        tap.result(any("'wip'" in f for f in check(Path(folder))), "notices a bad subject in a real history")
    return tap.done()


if __name__ == "__main__":
    house.finish(main())
