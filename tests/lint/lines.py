#!/usr/bin/python3
"""Lines: no blank at the end, a newline behind the last, no CR, and in scripts and pages' code not wider than 120.

Python has 140: tables of bytes and of shell words say more on one line than on three.

C is laid out by clang-format, which has 100 columns; Markdown tables and fixtures are as wide as they must be.

SPDX-License-Identifier: Apache-2.0
"""

import house

COLUMNS = 120
PYTHON_COLUMNS = 140
LIMITED = (".py", ".sh", ".mjs", ".build", ".ts", ".tsx", ".css")
# Bytes as they came from somewhere else.
FOREIGN = ("corpus", "fixtures")


def faults(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip() and not (path.suffix == ".md" and line.endswith("  ") and line.strip()):
            yield f"{path}:{number}: ends in blanks"
        limit = PYTHON_COLUMNS if path.suffix == ".py" else COLUMNS
        if path.name.endswith(LIMITED) and not path.name.endswith(".gen.ts") and len(line.expandtabs(8)) > limit:
            yield f"{path}:{number}: {len(line.expandtabs(8))} columns, the limit is {limit}"
    if text and not text.endswith("\n"):
        yield f"{path}: the last line has no newline"
    if text.endswith("\n\n"):
        yield f"{path}: ends with empty lines"


def check(root):
    for path in house.files(root):
        data = (root / path).read_bytes()
        if b"\0" in data or any(p in FOREIGN for p in path.parts) or path.name in ("LICENSE", "package-lock.json"):
            continue
        yield from faults(path, data.decode("utf-8", "replace"))


PLANTS = [
    ("tidy lines", {"x.py": "a = 1\n", "x.md": "x" * 200 + "\n", "tests/fixtures/stat": "cpu  1 2 \n"}, None),
    ("a blank at the end", {"x.c": "int x; \n"}, "x.c:1: ends in blanks"),
    ("a CR", {"x.sh": "true\r\n"}, "x.sh:1: ends in blanks"),
    ("a last line without newline", {"x.c": "int x;"}, "has no newline"),
    ("empty lines at the end", {"x.c": "int x;\n\n"}, "ends with empty lines"),
    ("a wide line of a script", {"x.sh": "#" * 121 + "\n"}, "121 columns"),
    ("a wide line of Python", {"x.py": "#" * 141 + "\n"}, "141 columns"),
]

if __name__ == "__main__":
    house.finish(house.run("lines end where they should", check, PLANTS))
