/*
 * pool.h - memory that is given piece by piece and released at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_POOL_H
#define SERVER_STORE_POOL_H

#include <stddef.h>

#include "base/str.h"

struct pool_chunk;

/* Valid when zeroed. */
struct pool {
	struct pool_chunk *chunks;
	size_t used, size; /* of the newest chunk */
};

/** `n` bytes aligned for any object, not zeroed. */
MUST_CHECK void *pool_alloc(struct pool *p, size_t n);

/** A copy of `s` with a NUL behind it. */
struct str pool_str(struct pool *p, struct str s);

/** Releases everything. */
void pool_done(struct pool *p);

#endif
