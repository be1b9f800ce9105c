#!/usr/bin/python3
"""Headers are contracts: each compiles alone, each exported function says what it promises.

A /** */ comment covers the prototypes that follow it without a blank line between them. Every source file opens
with a comment that holds the licence line.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import house

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c"]
LICENCE = "SPDX-License-Identifier: Apache-2.0"
COMMENTED = (".c", ".h", ".py", ".ts", ".tsx", ".mjs", ".css")
PROTOTYPE = re.compile(r"^[A-Za-z_][\w\s*]*?\b(\w+)\([^{};]*\)[^{};]*;", re.M | re.S)


def library_flags():
    """Include paths of the libraries whose headers ours may show."""
    found = subprocess.run(
        ["pkg-config", "--cflags", "libevent", "hiredis", "openssl", "jansson"],
        capture_output=True,
        text=True,
        check=False,
    )
    flags = found.stdout.split() if found.returncode == 0 else []
    # llhttp comes as sources in a Debian package, its header with them.
    return [*flags, "-I/usr/share/include/llhttp"]


def compile_alone(root, path, flags):
    """The compiler's first complaint, or None."""
    source = f'#include "{path.relative_to(path.parts[0]) if path.parts[0] == "src" else path}"\n' * 2
    done = subprocess.run(
        [os.environ.get("CC", "cc"), *FLAGS, "-I", str(root / "src"), "-I", str(root), *flags, "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    lines = [t for t in done.stderr.splitlines() if "error" in t] or ["does not compile"]
    return f"{path}:1: does not compile alone, twice: {lines[0]}"


def without_contract(text):
    """Names and lines of prototypes that no /** */ covers."""
    code = house.code_of(text)
    contract_ends = {m.end() for m in re.finditer(r"/\*\*(?!/).*?\*/", text, re.S)}
    for match in PROTOTYPE.finditer(code):
        head = match.group(0)
        if re.match(r"(static|typedef|struct \w+;|extern const|_Static_assert|return|else)\b", head):
            continue
        # Up over the lines that stand directly above, to a contract or a blank line.
        at = match.start()
        covered = False
        while at > 0 and not covered:
            before = text.rfind("\n", 0, at - 1) + 1
            line = text[before : at - 1]
            if line.strip() == "":
                break
            covered = any(before <= end <= at for end in contract_ends)
            at = before
        if not covered:
            yield match.group(1), house.line_of(text, match.start())


def opening(text):
    """The comment a file opens with: a C block, or lines of # or a docstring after the #! line."""
    text = re.sub(r"\A#![^\n]*\n", "", text)
    match = re.match(r'/\*.*?\*/|(?:#[^\n]*\n)+|""".*?"""', text, re.S)
    return match.group(0) if match else ""


def check_opening(path, text):
    first = opening(text)
    if not first:
        return f"{path}:1: does not open with a comment that says what it is for"
    if LICENCE not in first:
        return f"{path}:1: its opening comment lacks the line {LICENCE}"
    said = first.replace(LICENCE, "")
    if len(re.findall(r"\w+", said)) < 4:
        return f"{path}:1: its opening comment says nothing"
    return None


def is_script(root, path):
    with open(root / path, "rb") as file:
        return file.read(2) == b"#!"


def check(root):
    headers = house.files(root, ".h", under=("src", "tests"))
    flags = library_flags()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for fault in pool.map(lambda p: compile_alone(root, p, flags), headers):
            if fault is not None:
                yield fault
    for path in headers:
        if path.parts[0] == "src":
            for name, line in without_contract(house.read(root, path)):
                yield f"{path}:{line}: {name}() has no contract (/** */)"
    for path in house.files(root):
        if (
            path.name.endswith(COMMENTED)
            and not path.name.endswith((".gen.ts", ".d.ts"))
            or path.name == "Makefile"
            or ("." not in path.name and is_script(root, path))
        ):
            fault = check_opening(path, house.read(root, path))
            if fault is not None:
                yield fault


TOP = "/*\n * x - a thing for the test of this lint.\n *\n * " + LICENCE + "\n */\n"
PLANTS = [
    (
        "a header in order",
        {
            "src/a/x.h": TOP + "#ifndef X\n#define X\n#include <stddef.h>\n\n/** Does it. */\nint f(void);\n"
            "size_t g(int (*cb)(int, int),\n         int b);\n\n"
            "static inline int h(void)\n{\n\treturn f();\n}\n#endif\n"
        },
        None,
    ),
    (
        "a header that needs another first",
        {"src/a/x.h": TOP + "/** Does it. */\nsize_t f(void);\n"},
        "does not compile alone",
    ),
    ("a header without a guard", {"src/a/x.h": TOP + "struct x {\n\tint a;\n};\n"}, "does not compile alone"),
    (
        "a function without a contract",
        {"src/a/x.h": TOP + "#ifndef X\n#define X\n/** Yes. */\nint f(void);\n\nint g(void);\n#endif\n"},
        "g() has no contract",
    ),
    (
        "a plain comment instead of a contract",
        {"src/a/x.h": TOP + "/* Does it. */\nint f(void);\n"},
        "f() has no contract",
    ),
    ("a file without an opening comment", {"src/a/x.c": "int x;\n"}, "does not open with a comment"),
    ("a file without a licence line", {"src/a/x.c": "/* x - a thing for the test. */\n"}, "lacks the line"),
    ("an opening comment without a word", {"src/a/x.c": "/* " + LICENCE + " */\n"}, "says nothing"),
    ("a script without an opening comment", {"scripts/x": "#!/bin/sh\nset -e\n"}, "does not open with a comment"),
]

if __name__ == "__main__":
    house.finish(house.run("headers compile alone and say what they promise", check, PLANTS))
