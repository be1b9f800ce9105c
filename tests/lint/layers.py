#!/usr/bin/python3
"""Who may include whom: arrows between folders point one way, each library has one home.

SPDX-License-Identifier: Apache-2.0
"""

import re
from pathlib import Path

import house

# A folder (the longest that fits counts) and what it may include: folders, or single headers.
MAY = {
    "src/base": ["base/"],
    "src/wire": ["base/", "wire/"],
    "src/core": ["base/", "wire/", "core/"],
    "src/conf": ["base/", "conf/"],
    "src/bus": ["base/", "bus/"],
    "src/http": ["base/", "http/"],
    "src/agent": ["base/", "wire/", "core/", "conf/", "agent/"],
    "src/agent/keeper": ["base/", "wire/", "core/", "conf/", "agent/agent_options.h", "agent/keeper/"],
    "src/agent/worker": ["base/", "wire/", "core/", "conf/", "bus/", "http/", "agent/agent_options.h", "agent/worker/"],
    "src/agent/worker/collect": ["base/", "wire/sample.h", "agent/worker/collect/"],
    "src/server": ["base/", "wire/", "core/", "conf/", "bus/", "http/", "server/", "web_assets.h"],
    "src/cli": ["base/", "wire/", "conf/", "http/", "cli/"],
    # Prints everybody's tables.
    "src/describe": ["base/", "wire/", "conf/", "agent/", "server/", "cli/", "describe/"],
    "web": ["web_assets.h"],
}

# A library's headers and the folders that may include them; the first pattern that fits counts.
LIBRARIES = [
    (r"event2/(event|thread|util)\.h", ["src/bus", "src/http", "src/agent", "src/server", "src/cli"]),
    (r"event2/.*", ["src/bus", "src/http"]),
    (r"hiredis/.*", ["src/bus"]),
    (r"openssl/.*", ["src/bus"]),
    (r"llhttp\.h", ["src/http"]),
    (r"(zlib|libdeflate)\.h", ["src/http"]),
    (r"sqlite3\.h", ["src/server/store"]),
    (r"sodium(/.*)?\.h", ["src/server/login"]),
    (r"jansson\.h", ["src/base"]),
    (r"curl/.*", ["src/cli"]),
    (r"zstd\.h", ["src/wire"]),
]

# No names, no addresses, no peers.
NETWORK = re.compile(r"(netinet|arpa|net)/.*|netdb\.h|resolv\.h")
NO_NETWORK = ["src/base", "src/wire", "src/core", "src/conf", "src/agent/keeper", "src/agent/worker/collect"]
# One collector asks the kernel which card owns an address, and what state a card is in.
NETWORK_EXCEPT = {
    "src/wire": ("netinet/in.h", "arpa/inet.h"),
    "src/conf": ("netinet/in.h", "arpa/inet.h"),
    "src/base": ("netinet/in.h", "arpa/inet.h"),
    "src/core": ("netinet/in.h", "arpa/inet.h"),
    "src/agent/worker/collect": ("net/if.h",),
}

SYSTEM = re.compile(
    r"(sys|linux|asm|netinet|arpa|net)/[\w./-]+\.h|(assert|ctype|dirent|elf|endian|errno|fcntl|features|float|fnmatch|"
    r"getopt|glob|grp|ifaddrs|inttypes|libgen|limits|link|locale|malloc|math|mntent|netdb|poll|pthread|pwd|resolv|sched|"
    r"semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|"
    r"stdnoreturn|syslog|termios|threads|time|ucontext|unistd|utmp|utmpx|wchar|wctype|byteswap|paths|"
    r"sanitizer/\w+)\.h"
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def home_of(path, table):
    """The longest folder of `table` that holds `path`."""
    parts = path.as_posix()
    fits = [f for f in table if parts.startswith(f + "/")]
    return max(fits, key=len, default=None)


def inside(path, folders):
    return any(path.as_posix().startswith(f + "/") for f in folders)


def check_own(path, name, root):
    """A header of ours, written from src/."""
    home = home_of(path, MAY)
    if "/" not in name and name != "web_assets.h":
        return f'"{name}" is not written from src/'
    if not any(name == may or (may.endswith("/") and name.startswith(may)) for may in MAY[home]):
        return f'{home} must not include "{name}"'
    if name.endswith("_int.h") and Path("src", name).parent != path.parent:
        return f'"{name}" is private to its folder'
    if name != "web_assets.h" and not name.endswith((".gen.h", ".inc")) and not (root / "src" / name).is_file():
        return f'"{name}" is not there'
    return None


def check_foreign(path, name):
    """A header of a library or of the system."""
    for pattern, homes in LIBRARIES:
        if re.fullmatch(pattern, name):
            return None if inside(path, homes) else f"<{name}> belongs in {' or '.join(homes)} only"
    if NETWORK.fullmatch(name):
        home = home_of(path, NO_NETWORK)
        if home is not None and name not in NETWORK_EXCEPT.get(home, ()):
            return f"{home} has nothing to do with the network, but includes <{name}>"
    if not SYSTEM.fullmatch(name):
        return f"<{name}> is of a library that has no home yet (LIBRARIES in tests/lint/layers.py)"
    return None


def cycles(graph):
    """Each cycle of headers once, as a path."""
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for other in graph.get(node, ()):
            if state.get(other) == "open":
                yield [*trail[trail.index(other) :], other]
            elif other not in state:
                yield from visit(other, [*trail, other])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            yield from visit(node, [node])


def check(root):
    graph = {}
    for path in house.files(root, ".c", ".h", under=("src", "web")):
        if home_of(path, MAY) is None:
            yield f"{path}:1: this folder has no row in tests/lint/layers.py"
            continue
        text = house.code_of(house.read(root, path))
        for match in INCLUDE.finditer(text):
            kind, name = match.groups()
            fault = check_own(path, name, root) if kind == '"' else check_foreign(path, name)
            if fault is not None:
                yield f"{path}:{house.line_of(text, match.start(1))}: {fault}"
            if kind == '"' and path.suffix == ".h" and name.endswith(".h"):
                graph.setdefault(path.as_posix(), []).append("src/" + name)
    for cycle in cycles(graph):
        yield f"{cycle[0]}:1: headers include one another: {' -> '.join(cycle)}"


H = {
    "src/base/a.h": "",
    "src/bus/b.h": "",
    "src/core/c.h": "",
    "src/http/h.h": "",
    "src/wire/sample.h": "",
    "src/wire/keys.h": "",
    "src/bus/b_int.h": "",
}
PLANTS = [
    (
        "a tree in order",
        {
            **H,
            "src/core/c.c": '#include <stdint.h>\n#include "base/a.h"\n#include "core/c.h"\n',
            "src/bus/b.c": '#include <event2/bufferevent.h>\n#include "bus/b_int.h"\n',
        },
        None,
    ),
    ("base including core", {**H, "src/base/x.c": '#include "core/c.h"\n'}, "x.c:1: src/base must not include"),
    ("a collector reading keys", {**H, "src/agent/worker/collect/x.c": '#include "wire/keys.h"\n'}, "must not include"),
    ("a keeper with a bus", {**H, "src/agent/keeper/x.c": '#include "bus/b.h"\n'}, "must not include"),
    ("a keeper with sockets", {**H, "src/agent/keeper/x.c": "#include <netdb.h>\n"}, "nothing to do with the network"),
    ("a keeper with bufferevents", {**H, "src/agent/keeper/x.c": "#include <event2/bufferevent.h>\n"}, "belongs in"),
    ("sqlite outside the store", {**H, "src/server/x.c": "#include <sqlite3.h>\n"}, "src/server/store only"),
    ("an unknown library", {**H, "src/core/x.c": "#include <uv.h>\n"}, "no home yet"),
    ("a private header borrowed", {**H, "src/bus/sub/x.c": '#include "bus/b_int.h"\n'}, "private to its folder"),
    ("an include from beside", {**H, "src/base/x.c": '#include "a.h"\n'}, "not written from src/"),
    ("a header that is gone", {**H, "src/base/x.c": '#include "base/gone.h"\n'}, "is not there"),
    (
        "headers in a ring",
        {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/a.h"\n'},
        "include one another",
    ),
    ("a folder nobody planned", {"src/misc/x.c": ""}, "has no row"),
    ("an include that is only a comment", {**H, "src/base/x.c": '/* #include "core/c.h" */\n'}, None),
]

if __name__ == "__main__":
    house.finish(house.run("folders include only what lies below them", check, PLANTS))
