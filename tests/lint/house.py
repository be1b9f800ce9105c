"""What the lint scripts share: the list of files, C without its comments, TAP, planted trees.

A lint is a function check(root) that yields findings ("path:line: sentence"). run() looks at the real tree and
at planted ones: each plant is a small tree with one fault (or none), and the lint must say exactly what it
is there to say. A lint that cannot fail proves nothing.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def files(root, *suffixes, under=()):
    """Files git knows or would add, sorted, relative to root; in a planted tree simply all files."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        paths = {Path(p) for p in listed if p and (root / p).is_file()}
    else:
        paths = {p.relative_to(root) for p in root.rglob("*") if p.is_file()}
    return sorted(
        p for p in paths if (not suffixes or p.name.endswith(suffixes)) and (not under or p.parts[0] in under)
    )


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


C_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """As many lines and columns as before, so that numbers stay right."""
    return "".join(c if c == "\n" else " " for c in match.group(0))


def code_of(text):
    """C text whose comments and literals have become blanks; #include lines keep their names."""

    def keep_includes(match):
        line_start = text.rfind("\n", 0, match.start()) + 1
        if match.group(0)[0] == '"' and re.match(r"\s*#\s*include\b", text[line_start : match.start()]):
            return match.group(0)
        return blank(match)

    return C_TOKEN.sub(keep_includes, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Tap:
    """Test Anything Protocol on stdout."""

    def __init__(self):
        self.n = 0
        self.bad = 0

    def result(self, good, name, details=()):
        self.n += 1
        self.bad += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}")
        for text in details:
            print(f"#   {text}")

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}")

    def done(self):
        print(f"1..{self.n}", flush=True)
        return 1 if self.bad else 0


def plant(folder, tree):
    """Writes {path: text} below folder."""
    for path, text in tree.items():
        target = Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def run(name, check, plants, root=ROOT):
    """The real tree, then each plant: (title, tree, what a finding must contain; None = no finding)."""
    tap = Tap()
    findings = list(check(root))
    tap.result(not findings, name, findings)
    for title, tree, want in plants:
        with tempfile.TemporaryDirectory(prefix="muster-lint-") as folder:
            plant(folder, tree)
            found = list(check(Path(folder)))
        good = not found if want is None else any(want in f for f in found)
        tap.result(
            good,
            f"{'accepts' if want is None else 'notices'} {title}",
            [] if good else [f"wanted: {want}", *(f"found: {f}" for f in found)],
        )
    return tap.done()


def build_folder():
    """The build folder that meson runs us in, or the one named by MUSTER_BUILD."""
    return Path(os.environ.get("MESON_BUILD_ROOT") or os.environ.get("MUSTER_BUILD") or ROOT / "build")


def finish(code):
    sys.exit(code)
