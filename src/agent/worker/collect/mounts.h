/*
 * mounts.h - which file systems of a host are worth a number, each of them once.
 *
 * /proc/self/mountinfo has a line for each mount:
 *	36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw
 * (blanks and the like inside names are \040). The same file system may be there
 * many times: bind mounts show its device again, btrfs subvolumes show
 * a device number of their own over the same source, zfs datasets share a pool. One of them is
 * kept: the one that shows the whole file system, then the one with the shortest path.
 *
 * Left out are file systems without storage of their own, images that are always
 * full, and overlays, unless `/` is one (a container has nothing else).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_MOUNTS_H
#define AGENT_WORKER_COLLECT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum { MOUNTS_MAX = 512, MOUNTS_MAX_LINES = 65536 };

struct mount {
	char *point, *device,
		*type;  /* owned, escapes resolved; `device` is the source as mounted */
	bool remote;    /* storage of another machine, or a program's */
	bool may_block; /* asking it, or walking to it, may wait for somebody: not on our thread */
};

struct mounts {
	struct mount *p;
	size_t n;
};

/**
 * Reads a mountinfo text into `ret`, which is empty before; at most MOUNTS_MAX file systems in the
 * order of the
 * text. Returns 0, or -EPROTO with a sentence for a line that is none; `ret` is then still empty.
 */
MUST_CHECK int mounts_parse(struct str text, struct mounts *ret, struct err *err);

/** Frees the list and leaves it empty. */
void mounts_done(struct mounts *m);

#endif
