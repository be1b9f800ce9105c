#!/usr/bin/python3
"""Documentation is current: pages printed from tables are as the program prints them, and no link leads nowhere.

`describe` prints a page for each kind of table (metrics, keys, options, API, the web's types); since it prints all
rows, a page that is current leaves nothing out.

SPDX-License-Identifier: Apache-2.0
"""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import house

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def describe_program(root):
    if root == house.ROOT:
        return house.build_folder() / "src" / "describe" / "describe"
    return root / "describe"


def output_of(program, *args):
    return subprocess.run([str(program), *args], check=True, capture_output=True, text=True).stdout


def check_pages(root):
    program = describe_program(root)
    if not program.is_file():
        yield f"{program} is not there; build first"
        return
    for name in output_of(program, "--list").split():
        page = root / name
        if not page.is_file():
            yield f"{name}:1: is not there (ninja -C build describe-write)"
        elif page.read_text(encoding="utf-8") != output_of(program, name):
            yield f"{name}:1: is not what the tables say now (ninja -C build describe-write)"


def without_code(text):
    """Markdown without its code: a link shown is no link."""
    return re.sub(r"```.*?```|`[^`\n]*`", house.blank, text, flags=re.S)


def check_links(root):
    for path in house.files(root, ".md"):
        text = without_code(house.read(root, path))
        for match in LINK.finditer(text):
            target = unquote(match.group(1).split("#")[0])
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not (root / path.parent / target).exists():
                yield f"{path}:{house.line_of(text, match.start())}: the link leads nowhere: {target}"


def check(root):
    yield from check_pages(root)
    yield from check_links(root)


DESCRIBE = '#!/bin/sh\n[ "$1" = --list ] && echo docs/keys.md || echo "key a"\n'


class Plants:
    """Planted trees need a describe that can be run."""

    def __iter__(self):
        for title, tree, want in (
            (
                "pages that are current",
                {"docs/keys.md": "key a\n", "README.md": "[k](docs/keys.md#a) `[x](y)`\n"},
                None,
            ),
            ("a page that is behind", {"docs/keys.md": "key b\n"}, "is not what the tables say"),
            ("a page that is missing", {}, "docs/keys.md:1: is not there"),
            (
                "a dead link",
                {"docs/keys.md": "key a\n", "README.md": "x\n[k](docs/kyes.md)\n"},
                "README.md:2: the link leads nowhere",
            ),
        ):
            yield title, {"describe": DESCRIBE, **tree}, want


def runnable(root):
    """check(), after the planted program was made one."""
    if root != house.ROOT:
        (Path(root) / "describe").chmod(0o755)
    yield from check(root)


if __name__ == "__main__":
    house.finish(house.run("printed pages are current and links lead somewhere", runnable, Plants()))
