/*
 * news.h - what the keeper has to tell the world, kept until a worker has passed it on.
 *
 * The keeper has no network: it tells the next worker, and tells again the one after it until one says TOLD.
 * Things of one kind that nobody has passed on yet become one with a count.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_NEWS_H
#define AGENT_KEEPER_NEWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { NEWS_MAX = 8, NEWS_TEXT_SIZE = 400 };

struct news_item {
	uint64_t id;
	const char *kind; /* of the event, a literal: "agent.crash" */
	int64_t time_ms;  /* UTC, of the last time */
	int64_t count;
	char text[NEWS_TEXT_SIZE]; /* about the last time */
};

struct news {
	size_t n;
	uint64_t last_id;
	struct news_item items[NEWS_MAX];
};

/** Adds what happened, or counts it to what is waiting of that kind (a literal). */
void news_add(struct news *news, const char *kind, int64_t time_ms, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/** Forgets the item, if it has not changed since it was given this number. */
void news_told(struct news *news, uint64_t id);

#endif
