/*
 * pairs.h - files of line pairs, names above numbers: /proc/net/snmp, /proc/net/netstat.
 *
 *	Tcp: RtoAlgorithm RtoMin ... CurrEstab
 *	Tcp: 1 200 ... 7
 *
 * Which column holds what is found once for each line of names and remembered
 * with a copy of that line; afterwards one comparison tells that nothing moved.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_PAIRS_H
#define AGENT_WORKER_COLLECT_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { PAIRS_WANTED = 32, PAIRS_MAX_NAMES = 64 * 1024 };

struct pairs_row {
	const char *proto, *name; /* "Tcp", "CurrEstab" */
	uint8_t slot;
};

/* Where the rows were last time; all-zero = not known yet. */
struct pairs_memo {
	struct buf names; /* the lines of names that have something wanted, one behind the other */
	size_t n;
	struct {
		uint16_t column; /* behind the protocol's name, from 0 */
		uint8_t slot;
		uint8_t block; /* which of the remembered lines */
	} at[PAIRS_WANTED];
	size_t n_blocks;
	struct {
		size_t from, len; /* in `names` */
	} blocks[PAIRS_WANTED];
};

struct pairs_values {
	int64_t v[PAIRS_WANTED];
	uint32_t seen; /* bit per slot */
};

/**
 * Reads the wanted columns of `text`; rows of one protocol stand together in `rows`. Returns 0, or
 * -EPROTO with a
 * sentence when a line of names has no numbers below it. Values already in `ret` stay; columns that
 * are
 * missing are not seen.
 */
MUST_CHECK int pairs_parse(const struct pairs_row *rows, size_t n_rows, struct pairs_memo *memo,
                           struct str text, struct pairs_values *ret, struct err *err);

/** Frees what the memo holds. */
void pairs_done(struct pairs_memo *memo);

#endif
