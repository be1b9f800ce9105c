#!/usr/bin/python3
"""The core does nothing but think: what its archive asks of others stays within a short list.

No I/O, no clock, no chance that is not handed in, no allocation but base's x* functions. Looks at the symbols the
compiler really left open, so a header or macro cannot hide anything.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import subprocess
from pathlib import Path

import house

# Of libc: bytes, sorting, formatting into memory, mathematics, and the end of a broken promise.
ALLOWED = re.compile(
    r"mem(cpy|move|set|cmp|chr|mem)|str(len|n?cmp|n?casecmp|chr|rchr|nlen)|qsort(_r)?|bsearch|v?snprintf|free|abort|"
    r"__assert_fail|__stack_chk_fail|__(mem|str|v?sn)\w+_chk|"
    r"l?l?(abs|round|rint)|(ceil|floor|sqrt|log2?|log10|exp2?|pow|fabs|fmod|fmin|fmax|isnan|isinf|ldexp|frexp)f?|"
    r"_GLOBAL_OFFSET_TABLE_|__(div|mod|mul|udiv|umod)[dt]i\d"
)
# What instrumented builds add.
INSTRUMENT = re.compile(
    r"__(asan|ubsan|sanitizer|tsan|lsan|sancov|gcov|start___sancov|stop___sancov)_?\w*|__interceptor_\w+"
)
# The parts of base that reach outside; the rest of it is as pure as the core.
OUTWARD = re.compile(r"(clock|fd|log|child|secret)_\w+|random_bytes")
INNER = ("base", "wire", "core")


def symbols(objects, option):
    """The names `nm option` prints for the files."""
    done = subprocess.run(
        ["nm", "--format=posix", option, *map(str, objects)], check=True, capture_output=True, text=True
    )
    return {
        line.split()[0]
        for line in done.stdout.splitlines()
        if line and not line.endswith(":") and len(line.split()) > 1
    }


def objects_of(build, folder):
    return sorted((build / "src" / folder).rglob("*.o"))


def findings_in(build):
    inner = {folder: objects_of(build, folder) for folder in INNER}
    if not inner["core"]:
        yield f"{build}/src/core: no object file there; build first"
        return
    known = set()
    for folder in INNER:
        if inner[folder]:
            known |= symbols(inner[folder], "--defined-only")
    known = {name for name in known if not OUTWARD.fullmatch(name)}
    for item in inner["core"]:
        for name in sorted(symbols([item], "--undefined-only")):
            if name not in known and not ALLOWED.fullmatch(name) and not INSTRUMENT.fullmatch(name):
                yield f"{item.name}: asks for {name}()"


def compile_tree(folder):
    """Compiles a planted tree the way ninja would lay it out."""
    for path in house.files(folder, ".c"):
        target = folder / "out" / path.with_suffix(".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [os.environ.get("CC", "cc"), "-O1", "-I", str(folder / "src"), "-c", str(folder / path), "-o", str(target)],
            check=True,
        )
    return folder / "out"


def check(root):
    if root == house.ROOT:
        return findings_in(house.build_folder())
    return findings_in(compile_tree(root))


BASE = {
    "src/base/mem.c": "void *xcalloc(unsigned long n, unsigned long s) { return (void *)(n * s); }\n",
    "src/base/clock.c": "long clock_mono_ns(void) { return 1; }\n",
}
PLANTS = [
    (
        "a core that thinks",
        {
            **BASE,
            "src/core/x.c": "#include <string.h>\nvoid *xcalloc(unsigned long, unsigned long);\n"
            "void *f(const char *s) { return xcalloc(strlen(s), 1); }\n",
        },
        None,
    ),
    (
        "a core that prints",
        {**BASE, "src/core/x.c": '#include <stdio.h>\nvoid f(int n) { printf("%d", n); }\n'},
        "asks for printf()",
    ),
    (
        "a core that looks at the clock",
        {**BASE, "src/core/x.c": "long clock_mono_ns(void);\nlong f(void) { return clock_mono_ns(); }\n"},
        "asks for clock_mono_ns()",
    ),
    (
        "a core that allocates by itself",
        {**BASE, "src/core/x.c": "#include <stdlib.h>\nvoid *f(int n) { return malloc(n); }\n"},
        "asks for malloc()",
    ),
    (
        "a core that throws dice",
        {**BASE, "src/core/x.c": "#include <stdlib.h>\nint f(void) { return rand(); }\n"},
        "asks for rand()",
    ),
    ("a core that was not built", {"src/base/x.c": "int x;\n"}, "build first"),
]

if __name__ == "__main__":
    house.finish(house.run("the core asks for nothing but memory and arithmetic", check, PLANTS))
