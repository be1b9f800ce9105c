#!/usr/bin/python3
"""Sizes: what is longer than these limits is two things.

Function length, nesting, branches and parameters are limited by clang-tidy as well; here they are found
without a compiler, for every file, and the medians are printed.

SPDX-License-Identifier: Apache-2.0
"""

import re
import statistics

import house

C_LINES = 1000
H_LINES = 400
FUNCTION_LINES = 80
PARAMETERS = 7
# A dozen of the kernel's headers is what a shell around child processes and files needs; ours come on top.
INCLUDES = 24
# For each 1,000 lines outside base/, once there are enough lines to speak of a rate.
MACROS, GOTOS, IFS = 2, 3, 1
RATE_FROM_LINES = 5000
# Lines of tests for each line of source, comments not counted. Good is 0.7 and more; below the floor tests were
# left out. It is no target: one test against the real programs says more than twenty lines around a getter.
TEST_AIM, TEST_FLOOR = 0.7, 0.4

FUNCTION = re.compile(
    r"^(?P<head>(?!typedef\b|struct\b[^()]*$|union\b[^()]*$|enum\b[^()]*$)[A-Za-z_][^;{}#]*?"
    r"\b(?P<name>\w+)\((?P<args>[^;{}]*)\))\s*\n\{\n(?P<body>.*?)^\}",
    re.M | re.S,
)


def functions(code):
    """(name, line, lines of the body, parameters) of each function; clang-format's layout is relied on."""
    for match in FUNCTION.finditer(code):
        args = re.sub(r"\([^()]*\)", "", match.group("args")).strip()
        count = 0 if args in ("", "void") else args.count(",") + 1
        yield (match.group("name"), house.line_of(code, match.start()), match.group("body").count("\n"), count)


def outside_base(path):
    return path.parts[0] == "src" and path.parts[:2] != ("src", "base")


def check_file(path, text, code):
    lines = text.count("\n")
    limit = C_LINES if path.suffix == ".c" else H_LINES
    if lines > limit:
        yield f"{path}:1: {lines} lines, the limit is {limit}"
    includes = len(re.findall(r"^#\s*include\b", code, re.M))
    if includes > INCLUDES and path.suffix == ".c":
        yield f"{path}:1: {includes} includes, the limit is {INCLUDES}"
    for name, line, length, parameters in functions(code):
        if length > FUNCTION_LINES:
            yield f"{path}:{line}: {name}() has {length} lines, the limit is {FUNCTION_LINES}"
        if parameters > PARAMETERS:
            yield f"{path}:{line}: {name}() has {parameters} parameters, the limit is {PARAMETERS}"


def check_rates(codes):
    """Macros, gotos and conditional compilation outside base/."""
    chosen = {p: c for p, c in codes.items() if outside_base(p)}
    total = sum(c.count("\n") for c in chosen.values())
    if total < RATE_FROM_LINES:
        return
    for what, pattern, limit in (
        ("function-like macros", r"^#\s*define\s+\w+\(", MACROS),
        ("gotos", r"\bgoto\b", GOTOS),
        ("#if", r"^#\s*(if|ifdef|ifndef)\b(?!.*_H$)", IFS),
    ):
        count = sum(len(re.findall(pattern, c, re.M)) for c in chosen.values())
        if count * 1000 > limit * total:
            yield f"src: {count} {what} in {total} lines outside base/, the limit is {limit} in 1,000"


def weigh(root):
    """Lines of source and of tests that hold more than blanks and comments."""

    def lines_of(path):
        text = house.read(root, path)
        code = text if path.suffix == ".py" else house.code_of(text)
        return sum(1 for line in code.split("\n") if line.strip())

    tests = house.files(root, ".c", ".h", ".py", under=("tests", "fuzz"))
    return (
        sum(map(lines_of, house.files(root, ".c", ".h", under=("src",)))),
        sum(lines_of(p) for p in tests if p.parts[:2] != ("tests", "lint")),
    )


def check(root):
    codes = {}
    for path in house.files(root, ".c", ".h", under=("src", "tests", "fuzz", "bench", "web")):
        text = house.read(root, path)
        codes[path] = house.code_of(text)
        yield from check_file(path, text, codes[path])
    yield from check_rates(codes)
    source, tests = weigh(root)
    if source >= RATE_FROM_LINES and tests < TEST_FLOOR * source:
        yield f"tests: {tests} lines for {source} lines of source, the limit is {TEST_FLOOR} for one"


def tell_medians(root):
    lengths, bodies = [], []
    for path in house.files(root, ".c", under=("src",)):
        code = house.code_of(house.read(root, path))
        lengths.append(code.count("\n"))
        bodies += [length for _, _, length, _ in functions(code)]
    if lengths and bodies:
        print(
            f"# {len(lengths)} files, median {statistics.median(lengths):.0f} lines (aim 150-250); "
            f"{len(bodies)} functions, median {statistics.median(bodies):.0f} lines (aim 15)"
        )
    source, tests = weigh(root)
    if source:
        print(f"# {tests} lines of tests for {source} of source: {tests / source:.2f} (aim {TEST_AIM})")


def function_of(lines, args="void"):
    return f"int f({args})\n{{\n" + "\tg();\n" * lines + "}\n"


PLANTS = [
    ("files within the limits", {"src/a/x.c": function_of(80)}, None),
    ("a long .c file", {"src/a/x.c": "\n" * 1001}, "1001 lines"),
    ("a long header", {"src/a/x.h": "\n" * 401}, "401 lines"),
    ("a long function", {"src/a/x.c": function_of(81)}, "f() has 81 lines"),
    (
        "a long static function with a split head",
        {
            "src/a/x.c": "static const struct err *f(int a,\n                           int b)\n{\n"
            + "\tg();\n" * 90
            + "}\n"
        },
        "f() has 90 lines",
    ),
    ("eight parameters", {"src/a/x.c": function_of(1, ", ".join(["int a"] * 8))}, "8 parameters"),
    (
        "a callback counted as one parameter",
        {"src/a/x.c": function_of(1, "void (*f)(int, int, int), int a, int b, int c, int d, int e")},
        None,
    ),
    ("too many includes", {"src/a/x.c": "#include <a.h>\n" * 25}, "25 includes"),
    (
        "a house of macros",
        {
            "src/a/x.c": "#define M(x) x\n" * 20,
            **{f"src/a/y{i}.c": "int x;\n" * 900 for i in range(6)},
            "tests/t.c": "\n" * 990,
        },
        "function-like macros",
    ),
    ("too few tests", {f"src/a/y{i}.c": "int x;\n" * 900 for i in range(6)}, "tests: 0 lines"),
]

if __name__ == "__main__":
    tell_medians(house.ROOT)
    house.finish(house.run("files, functions and includes keep to their sizes", check, PLANTS))
