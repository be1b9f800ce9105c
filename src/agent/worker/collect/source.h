/*
 * source.h - text files of the kernel, kept open and read at most once a cycle.
 *
 * Collectors that need the same file share one source and one text. A source
 * that is missing is looked for again every SOURCE_RETRY cycles; one that
 * went away (ENODEV, ESTALE...) is opened again at once.
 *
 * The kernel's sequence files hand out at most a page a read and stop before
 * the first record that does not fit, so a piece shorter than half a page is the last one
 * as long as no record is longer than that; `SOURCE_WHOLE` files come in one piece, whatever their
 * length.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_SOURCE_H
#define AGENT_WORKER_COLLECT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct sources;
struct source;

enum { SOURCE_RETRY = 30, SOURCE_MAX_BYTES = 8 * 1024 * 1024 };

enum source_shape {
	SOURCE_WHOLE,   /* one read gives all of it */
	SOURCE_PIECES,  /* a sequence of records, none longer than half a page */
	SOURCE_RECORDS, /* a sequence of records of any length: read until nothing comes */
};

/** The sources below the directory `root`, which stays the caller's and open. */
MUST_CHECK struct sources *sources_new(int root);

/** Closes and frees all of them; NULL allowed. */
void sources_free(struct sources *s);

/** Begins cycle `cycle`: texts read before are stale now. */
void sources_next(struct sources *s, uint64_t cycle);

/**
 * The source `path` (relative to the root, a literal); made when it is new. Lives as long as `all`.
 */
struct source *source_get(struct sources *all, const char *path, enum source_shape shape);

/**
 * The text of this cycle, valid until the next. Returns 0, or a negative errno with a
 * sentence naming the file; the same answer for the rest of the cycle.
 */
MUST_CHECK int source_text(struct source *s, struct str *ret, struct err *err);

/**
 * Whether the kernel says the file changed since the last call (poll for POLLPRI, as mountinfo
 * knows it); true for a file that was not open yet. Files that do not know never change.
 */
bool source_changed(struct source *s);

#endif
