"""What is installed beside the programs: completion that bash understands, manual pages with every command.

SPDX-License-Identifier: Apache-2.0
"""

import subprocess

import pytest

import programs as p


def described(name):
    """A page as `describe` prints it for the installation."""
    program = p.build_folder() / "src/describe/describe"
    return subprocess.run([program, name], capture_output=True, text=True, timeout=p.DEADLINE, check=True).stdout


def completed(folder, command, *words):
    """What bash offers for the last of `words`."""
    page = folder / command
    page.write_text(described(command), encoding="utf-8")
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", script, "-", page, command, *words],
        capture_output=True, text=True, timeout=p.DEADLINE, check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_words(folder):
    assert {"host", "hosts"} <= set(completed(folder, "muster", "ho"))
    assert completed(folder, "muster", "hosts", "--sta") == ["--state"]
    assert set(completed(folder, "muster", "hosts", "--output", "")) == {"table", "json", "csv"}
    assert "--listen" in completed(folder, "muster-server", "--li")
    assert completed(folder, "muster-agent", "--red") == ["--redis"]


@pytest.mark.parametrize("page", ["muster.1", "muster-agent.8", "muster-server.8"])
def test_manual_pages_hold_what_help_tells(page, run):
    text = described(page)
    assert text.startswith(".TH ") and ".SH OPTIONS\n" in text
    name = page.split(".")[0]
    told = run(p.program(name), "--help").stdout
    for line in told.splitlines():
        words = line.split()
        # "  hosts     List ..." or "  -o, --output WORD   ..."
        if line.startswith("  ") and words and words[0].startswith("--"):
            assert words[0].strip(",").replace("-", r"\-") in text, words[0]
    if name == "muster":
        for command in ("up", "hosts", "host", "events", "redis", "checkstate", "version"):
            assert f".B {command} " in text
