#!/usr/bin/python3
"""Words that do not belong in the repository: unfinished business, one person's machine, download hosts.

Host names and names of tools are kept as hashes here, or this file would be the one to name them.

SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import re

import house

CODE = ("src", "fuzz", "web", "scripts", "bench", "tests")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|TB" r"D)\b")
# Paths that exist on the machine of whoever wrote it only.
PLACES = re.compile(
    r"(?<![\w.~-])/wo[r]k/|(?<![\w/-])(\.\./)?share[d]/(requirements|design|style|libraries|hooks)|"
    r"(?<!\w)\.\./share[d]/|PLA[N]\.md"
)
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b")
WORD = re.compile(r"[a-z]{4,}")
# sha256, first 16 digits.
HOSTS = {
    "3ca29e55be4befa4",
    "66394d5952c288e4",
    "71741fe2460a6150",
    "75adac515f0bd3db",
    "789e46d79514e280",
    "8743857e3ea00fd1",
    "87d14f070cb96869",
    "8b5bb5eb9d758455",
    "a4aa2ac280bb8d1a",
    "ae0e9bceb9fb1084",
}
WORDS = {
    "3ea125d0bff386e6",
    "60965168ce762e94",
    "7d3194f79e645c42",
    "94a168d2da574b00",
    "c70eca6b0f88f44d",
    "c857d09db23e6822",
}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_text(data):
    return b"\0" not in data[:4096]


def suffixes(host):
    """a.b.c and b.c: a mirror of a host is the host."""
    parts = host.split(".")
    return [".".join(parts[i:]) for i in range(len(parts) - 1)]


def check_line(path, line):
    if path.parts[0] in CODE and path.suffix != ".md":
        found = UNFINISHED.search(line)
        if found is not None:
            return f"unfinished: '{found.group(0)}'"
    found = PLACES.search(line)
    if found is not None:
        return f"a place only its writer has: '{found.group(0)}'"
    lower = line.lower()
    for host in HOST.findall(lower):
        if any(digest(s) in HOSTS for s in suffixes(host)):
            return f"names a download host: '{host}'"
    for word in WORD.findall(lower):
        if digest(word) in WORDS:
            return f"names a tool that is no part of this project: '{word}'"
    return None


def check(root):
    for path in house.files(root):
        data = (root / path).read_bytes()
        if not is_text(data) or path.name == "LICENSE" or "corpus" in path.parts:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            fault = check_line(path, line)
            if fault is not None:
                yield f"{path}:{number}: {fault}"


PLANTS = [
    (
        "ordinary text",
        {"src/a/x.c": "/* What remains to do is nothing. mktemp: X" "XXXXX */\n", "README.md": "see example.org\n"},
        None,
    ),
    ("unfinished code", {"src/a/x.c": "/* TO" "DO: the rest */\n"}, "x.c:1: unfinished"),
    ("a path of one machine", {"docs/x.md": "see /wo" "rk/x\n"}, "only its writer has"),
    ("a page that is not here", {"docs/x.md": "see ../share" "d/design.md\n"}, "only its writer has"),
    ("a download host", {"web/package-lock.json": '"resolved": "https://registry.npm' 'js.org/x"\n'}, "download host"),
    ("a mirror of one", {"README.md": "http://ftp.deb" "ian.org/debian\n"}, "download host"),
]

if __name__ == "__main__":
    house.finish(house.run("no word is out of place", check, PLANTS))
