#!/usr/bin/python3
"""clang-format, clang-tidy, cppcheck and shellcheck over the files they are for.

usage: tools.py format|tidy|cppcheck|scripts

tidy and cppcheck are slow, so a file that passed is remembered in the build folder under a hash of everything that
went in: the tool, its configuration, the command line, the file and all headers of ours it includes. Only what
changed is looked at again.

SPDX-License-Identifier: Apache-2.0
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import house

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
# Where tests are concerned the analyzer would go through the unit a second time; their numbers are small and chosen,
# and their texts are JSON in several literals.
TEST_CHECKS = (
    "-clang-analyzer-*,-cert-err33-c,-readability-function-size,"
    "-bugprone-implicit-widening-of-multiplication-result,-bugprone-suspicious-missing-comma"
)


def output_of(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    return done.returncode, done.stdout + done.stderr


# ---- What a file depends on.


class Tree:
    """Which headers of ours a file includes, directly or not."""

    def __init__(self, folders):
        self.folders = folders
        self.known = {}

    def bytes_of(self, path):
        if path not in self.known:
            self.known[path] = path.read_bytes()
        return self.known[path]

    def find(self, path, name):
        for folder in (path.parent, *self.folders):
            if (folder / name).is_file():
                return (folder / name).resolve()
        return None

    def closure(self, path):
        seen, todo = {path}, [path]
        while todo:
            here = todo.pop()
            for name in INCLUDE.findall(self.bytes_of(here)):
                there = self.find(here, name.decode())
                if there is not None and there not in seen:
                    seen.add(there)
                    todo.append(there)
        return sorted(seen)


def include_folders(words, directory):
    folders = []
    for i, word in enumerate(words):
        if word in ("-I", "-isystem", "-iquote") and i + 1 < len(words):
            folders.append(words[i + 1])
        elif word.startswith("-I"):
            folders.append(word[2:])
    return [(directory / f).resolve() for f in folders]


def key_of(tool_id, words, path, tree):
    digest = hashlib.sha256(f"{tool_id}\0{shlex.join(words)}\0{path}\0".encode())
    for item in tree.closure(path):
        digest.update(f"{item}\0".encode() + tree.bytes_of(item))
    return digest.hexdigest()


def compiled_files(build):
    """(path, words of its command) of each C file of ours in the compilation database, once each."""
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        directory = Path(entry["directory"])
        path = (directory / entry["file"]).resolve()
        # Generated tables and library sources are others' business.
        if (
            path.suffix == ".c"
            and path.is_relative_to(house.ROOT)
            and not path.is_relative_to(build)
            and path not in seen
        ):
            seen.add(path)
            words = shlex.split(entry["command"])
            yield path, words, Tree(include_folders(words, directory))


# ---- The tools. Each gives (complaints, how many files).


def look_at(name, build, tool_id, jobs):
    """Runs (path, words, tree, command) jobs, remembering those that pass. Returns complaints and a summary."""
    cache = build / "lint-cache" / name
    cache.mkdir(parents=True, exist_ok=True)
    kept, todo, complaints = set(), [], []
    for path, words, tree, command in jobs:
        key = key_of(tool_id, words + command, path, tree)
        kept.add(key)
        if not (cache / key).exists():
            todo.append((path, command, key))

    def one(job):
        path, command, key = job
        code, text = output_of(command)
        if code == 0:
            (cache / key).touch()
            return None
        useful = [t for t in text.splitlines() if not re.match(r"\d+ warnings? |Suppressed |Use -|Error while", t)]
        return f"{path.relative_to(house.ROOT)}:\n" + "\n".join(useful)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        complaints = [c for c in pool.map(one, todo) if c is not None]
    for old in cache.iterdir():
        if old.name not in kept:
            old.unlink()
    return complaints, f"{len(kept)} files, {len(todo)} looked at"


def tidy(build):
    tool_id = output_of(["clang-tidy", "--version"])[1] + (house.ROOT / ".clang-tidy").read_text(encoding="utf-8")
    jobs = []
    for path, words, tree in compiled_files(build):
        command = ["clang-tidy", "--quiet", "-p", str(build)]
        if path.relative_to(house.ROOT).parts[0] in ("tests", "fuzz", "bench"):
            command.append("--checks=" + TEST_CHECKS)
        jobs.append((path, words, tree, [*command, str(path)]))
    return look_at("tidy", build, tool_id, jobs)


def cppcheck(build):
    tool_id = output_of(["cppcheck", "--version"])[1]
    jobs = []
    for path, words, tree in compiled_files(build):
        if path.relative_to(house.ROOT).parts[0] not in ("src", "web"):
            continue
        # resourceLeak: it does not know __attribute__((cleanup)); ASan and the analyzer do.
        command = [
            "cppcheck",
            "--quiet",
            "--suppress=resourceLeak",
            "--enable=warning,performance,portability",
            "--error-exitcode=1",
            "--std=c11",
            "--library=posix",
            "--library=gnu",
            "--inline-suppr",
            "--suppress=unusedStructMember",
            "--suppress=missingIncludeSystem",
            # glibc's readdir is safe for streams of one's own, and readdir_r is deprecated.
            "--suppress=readdirCalled",
            "--max-configs=4",
            "-D__GNUC__=12",
            "-D__linux__",
            "-D__x86_64__",
            "-I",
            str(house.ROOT / "src"),
            str(path),
        ]
        jobs.append((path, [], tree, command))
    return look_at("cppcheck", build, tool_id, jobs)


def layout(_build):
    paths = house.files(house.ROOT, ".c", ".h")
    if not paths:
        return [], "no files"
    code, text = output_of(["clang-format", "--dry-run", "-Werror", *map(str, paths)], cwd=house.ROOT)
    files = sorted({t.split(":")[0] for t in text.splitlines() if ": error:" in t})
    complaints = [f"{f}: not laid out as .clang-format says (make format)" for f in files]
    return complaints or ([text] if code else []), f"{len(paths)} files"


def scripts(_build):
    complaints, shells, pythons = [], [], []
    for path in house.files(house.ROOT):
        with open(house.ROOT / path, "rb") as file:
            first = file.readline(80)
        if re.match(rb"#!.*\b(ba)?sh\b", first):
            shells.append(str(path))
        elif path.suffix == ".py" or re.match(rb"#!.*python", first):
            pythons.append(path)
    if shells:
        code, text = output_of(["shellcheck", *shells], cwd=house.ROOT)
        complaints += [text] if code else []
    for path in pythons:
        try:
            compile(house.read(house.ROOT, path), str(path), "exec")
        except SyntaxError as fault:
            complaints.append(f"{path}:{fault.lineno}: {fault.msg}")
    return complaints, f"{len(shells)} shell, {len(pythons)} Python"


# ---- Each tool must be seen to complain.

BAD = {
    "format": ("x.c", "int  f( void ){return 1;}\n", ["clang-format", "--dry-run", "-Werror", "--style=file"]),
    "tidy": (
        "x.c",
        "int f(int n);\nint f(int n)\n{\n\tif (n == 1 && n == 1)\n\t\treturn 2;\n\treturn n;\n}\n",
        ["clang-tidy", "--quiet"],
    ),
    "cppcheck": (
        "x.c",
        "int f(int i)\n{\n\tint a[4] = { 0 };\n\tif (i == 9)\n\t\treturn a[9];\n\treturn a[0] + a[i & 3];\n}\n",
        ["cppcheck", "--quiet", "--enable=warning", "--error-exitcode=1"],
    ),
    "scripts": ("x.sh", "#!/bin/sh\nrm -rf $1/*\n", ["shellcheck"]),
}


def complains(name):
    """Whether the tool, as configured here, refuses a faulty file."""
    file, text, command = BAD[name]
    folder = house.build_folder() / "lint-cache" / f"plant-{name}"
    house.plant(folder, {file: text})
    for config in (".clang-format", ".clang-tidy"):
        house.plant(folder, {config: house.read(house.ROOT, config)})
    tail = ["--", "-std=gnu17"] if name == "tidy" else []
    return output_of([*command, str(folder / file), *tail])[0] != 0


TOOLS = {
    "format": (layout, "the files are laid out by clang-format"),
    "tidy": (tidy, "clang-tidy has nothing to say"),
    "cppcheck": (cppcheck, "cppcheck has nothing to say"),
    "scripts": (scripts, "scripts are sound for shellcheck and Python"),
}


def main():
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in TOOLS:
        raise SystemExit(f"usage: tools.py {'|'.join(TOOLS)}")
    function, sentence = TOOLS[name]
    tap = house.Tap()
    complaints, summary = function(house.build_folder())
    tap.result(not complaints, f"{sentence} ({summary})", [line for c in complaints for line in c.splitlines()])
    tap.result(complains(name), f"{name} refuses a faulty file")
    return tap.done()


if __name__ == "__main__":
    house.finish(main())
