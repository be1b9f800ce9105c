#!/usr/bin/python3
"""No mutable state outside a struct somebody passed you.

Looks at the compiler's work: every object of ours in .data, .bss or thread-local storage is a variable that lives
outside a struct. `extern` is searched in the text; constants (tables, collectors) may be extern.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import house

# Where a process-wide thing has its place, and main()'s signal flags.
ALLOWED = re.compile(r"src/base/(log|clock)\.c|src/([\w/]+/)?main\.c")
MUTABLE = re.compile(
    r"^[0-9a-f]+ .{7} (\.(?:data(?!\.rel\.ro)|bss|tdata|tbss)[\w.]*)\t[0-9a-f]+\s+(?:\.hidden )?(\S+)$",
    re.M,
)
# What compilers add on their own.
THEIRS = re.compile(
    r"\.(data|bss|tdata|tbss|LASAN|LUBSAN).*|__(asan|ubsan|sancov|odr_asan|gcov)_?\w*.*|\.L.*|asan\..*|"
    r"___asan_globals_registered|__unnamed_\d+|\w+\.(\d+\.)?__odr.*"
)
EXTERN = re.compile(r"^[ \t]*extern\s+(?!const\b)(?![\"'])[^;(]*;", re.M)


def compiled(root, path, folder):
    """Compiles one planted file and returns its object."""
    target = Path(folder) / "x.o"
    subprocess.run([os.environ.get("CC", "cc"), "-O0", "-fPIE", "-c", str(root / path), "-o", str(target)], check=True)
    return target


def objects(build):
    """(source, object) of each C file of ours in a build; meson writes folders as '_'."""
    for item in sorted((build / "src").rglob("*.c.o")):
        if item.name.startswith("_usr_"):  # a library that comes as sources
            continue
        inside = item.relative_to(build / "src")
        place = inside.parts[:-2]
        yield "/".join(("src", *place, item.name[: -len(".o")])), item


def variables(item):
    text = subprocess.run(["objdump", "-t", str(item)], check=True, capture_output=True, text=True).stdout
    names = (name for _section, name in MUTABLE.findall(text) if not THEIRS.fullmatch(name))
    # A static of a function is "n.0" with gcc, "function.n" with clang.
    return sorted(re.sub(r"\.\d+$|^\w+\.(?=[A-Za-z_])", "", name) for name in names)


def check(root):
    for path in house.files(root, ".c", ".h", under=("src",)):
        code = house.code_of(house.read(root, path))
        for match in EXTERN.finditer(code):
            yield f"{path}:{house.line_of(code, match.start())}: extern variable"
    if root == house.ROOT:
        pairs = list(objects(house.build_folder()))
        if not pairs:
            yield "no object files; build first"
    else:
        pairs = []
        for path in house.files(root, ".c"):
            with tempfile.TemporaryDirectory() as folder:
                for name in variables(compiled(root, path, folder)):
                    if not ALLOWED.fullmatch(path.as_posix()):
                        yield f"{path}: {name} is state outside any struct"
    for source, item in pairs:
        if not ALLOWED.fullmatch(source):
            for name in variables(item):
                yield f"{source}: {name} is state outside any struct"


PLANTS = [
    (
        "constant tables, also with pointers",
        {
            "src/a/x.c": 'static const char *const names[] = { "a", "b" };\nconst char *f(int i);\n'
            "const char *f(int i)\n{\n\tstatic const int map[] = { 1, 0 };\n\treturn names[map[i]];\n}\n",
            "src/a/x.h": "extern const int collector_files;\nextern int f(int);\n",
        },
        None,
    ),
    (
        "a static in a function",
        {"src/a/x.c": "int f(void);\nint f(void)\n{\n\tstatic int n;\n\treturn ++n;\n}\n"},
        "n is state",
    ),
    ("a table one can write to", {"src/a/x.c": 'const char *names[] = { "a" };\n'}, "names is state"),
    ("a thread-local variable", {"src/a/x.c": "_Thread_local int n = 3;\n"}, "n is state"),
    ("a global", {"src/a/x.c": "int n;\n"}, "n is state"),
    (
        "main's flag",
        {"src/agent/main.c": "static volatile int stop;\nint f(void);\nint f(void)\n{\n\treturn stop;\n}\n"},
        None,
    ),
    ("an extern variable", {"src/a/x.h": "extern int n;\n"}, "x.h:1: extern variable"),
]

if __name__ == "__main__":
    house.finish(house.run("nothing remembers outside a struct", check, PLANTS))
