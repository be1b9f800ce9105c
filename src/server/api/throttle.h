/*
 * throttle.h - wrong passwords cost time: by address, and more gently by name.
 *
 * An address has a few tries free; after that each failure doubles the pause before the next try. A name, which
 * an attacker may pick to lock its owner out, is slowed down only so far. Pure: time comes in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_API_THROTTLE_H
#define SERVER_API_THROTTLE_H

#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum {
	THROTTLE_FREE = 5,             /* failures of one address without a pause */
	THROTTLE_ADDR_MAX_MS = 300000, /* its longest pause */
	THROTTLE_NAME_FREE = 10,       /* failures of one name, whoever tries */
	THROTTLE_NAME_MAX_MS = 10000,
	THROTTLE_FORGET_MS = 1800000, /* without a failure for so long, all is forgotten */
	THROTTLE_ENTRIES = 10000,     /* when there are more, the oldest is forgotten */
};

struct throttle;

/** Nobody has failed yet. */
MUST_CHECK struct throttle *throttle_new(uint64_t seed);
void throttle_free(struct throttle *t);

/** How long `addr` has to wait before trying `name` (may be empty) again; 0 = try. */
int64_t throttle_wait_ms(const struct throttle *t, struct str addr, struct str name,
                         int64_t now_ms);

/** A try is under way: until it is known to be right it counts as wrong, so many at once gain nothing. */
void throttle_fail(struct throttle *t, struct str addr, struct str name, int64_t now_ms);

/** One try was right: it no longer counts for `addr`, and nothing does for `name`. */
void throttle_pass(struct throttle *t, struct str addr, struct str name);

/** Failures of an address that are not forgotten yet. */
unsigned throttle_failures(const struct throttle *t, struct str addr);

#endif
