/*
 * backoff.c - exponential back-off with full jitter.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/backoff.h"

int64_t backoff_ceiling_ms(const struct backoff *b)
{
	int64_t ceiling = b->first_ms;

	for (unsigned i = 0; i < b->tries && ceiling < b->cap_ms; i++)
		ceiling = ceiling > INT64_MAX / 2 ? INT64_MAX : ceiling * 2;
	return ceiling < b->cap_ms ? ceiling : b->cap_ms;
}

int64_t backoff_next_ms(struct backoff *b, struct rng *rng)
{
	int64_t ceiling = backoff_ceiling_ms(b);

	/* Counting on past the cap could only overflow. */
	if (ceiling < b->cap_ms)
		b->tries++;
	return ceiling > 1 ? 1 + (int64_t)rng_below(rng, (uint64_t)ceiling) : 1;
}

void backoff_reset(struct backoff *b)
{
	b->tries = 0;
}
