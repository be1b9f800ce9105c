/*
 * backoff.h - how long to wait before trying again: exponential ceiling, full jitter.
 *
 * Full jitter spreads a fleet that lost its server at one moment: each wait is drawn evenly
 * between nothing and the ceiling, so the peers do not come back in step.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

#include "base/rng.h"

struct backoff {
	int64_t first_ms; /* ceiling of the first wait */
	int64_t cap_ms;   /* ceiling that is never passed */
	unsigned tries;   /* waits drawn since the last success */
};

/* A back-off whose ceilings are first, 2 x first, 4 x first ... cap. */
#define BACKOFF(first, cap) ((struct backoff){ .first_ms = (first), .cap_ms = (cap) })

/** The ceiling of the next wait, in milliseconds. */
int64_t backoff_ceiling_ms(const struct backoff *b);

/** Draws the next wait, 1..ceiling milliseconds, and raises the ceiling of the one after it. */
int64_t backoff_next_ms(struct backoff *b, struct rng *rng);

/** A try succeeded: the next wait starts from `first_ms` again. */
void backoff_reset(struct backoff *b);

#endif
