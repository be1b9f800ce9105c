#!/usr/bin/python3
"""Runs a program beside a file system that never answers: a FUSE mount whose other end we hold and ignore.

usage: dead_mount.py FOLDER AFTER_S TYPE SOURCE PROGRAM [ARG...]

FOLDER gets the mount AFTER_S seconds after the start; TYPE is fuse or fuse.SOMETHING.

In a mount namespace of its own, so nobody else meets it. Ends with the program's exit status; 77 when this machine
does not let us (no root, no /dev/fuse).

SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import os
import subprocess
import sys
import time

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE, MNT_DETACH = 16384, 1 << 18, 2
SKIP = 77


def main():
    folder, after, kind, source, argv = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
    libc = ctypes.CDLL(None, use_errno=True)
    if not os.path.exists("/dev/fuse") or libc.unshare(CLONE_NEWNS) != 0:
        raise SystemExit(SKIP)
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise SystemExit(SKIP)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    with subprocess.Popen(argv) as child:
        time.sleep(after)
        options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
        if libc.mount(source.encode(), folder.encode(), kind.encode(), 0, options) != 0:
            child.kill()
            raise SystemExit(SKIP)
        status = child.wait()
    os.close(fuse)
    libc.umount2(folder.encode(), MNT_DETACH)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
