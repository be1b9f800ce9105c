/*
 * keyed.h - files of `key value` lines: /proc/meminfo, /proc/vmstat.
 *
 * A running kernel prints the same lines in the same order for ever, so which
 * line holds what is found once and remembered; afterwards only the wanted lines are
 * looked at, and each is checked to be what it was.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_KEYED_H
#define AGENT_WORKER_COLLECT_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum { KEYED_SLOTS = 64, KEYED_ROWS = 96 };

/* Several rows may share a slot: their values are added. */
struct keyed_row {
	const char *key;
	uint8_t slot;
	uint16_t factor; /* what the number is multiplied by */
};

struct keyed {
	const struct keyed_row *rows;
	size_t n_rows;  /* at most KEYED_ROWS */
	char separator; /* behind the key: ':' or ' ' */
};

/* Where the rows were last time; all-zero = not known yet. */
struct keyed_memo {
	size_t n;
	struct {
		uint16_t line, row;
		uint16_t key_len;
	} at[KEYED_ROWS];
};

struct keyed_values {
	uint64_t v[KEYED_SLOTS];
	uint64_t seen; /* bit per slot */
};

/**
 * Reads the wanted lines of `text`. Returns 0, or -EPROTO with a sentence for a number that is
 * none; `ret` is
 * written only on success. `memo` is kept by the caller from one text to the next.
 */
MUST_CHECK int keyed_parse(const struct keyed *k, struct keyed_memo *memo, struct str text,
                           struct keyed_values *ret, struct err *err);

#endif
