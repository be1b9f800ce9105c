/*
 * news.c - the keeper's list of things to tell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/news.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static struct news_item *place_for(struct news *news, const char *kind)
{
	for (size_t i = 0; i < news->n; i++)
		if (strcmp(news->items[i].kind, kind) == 0)
			return &news->items[i];
	/* Kinds are few; should they ever be more, the oldest goes. */
	if (news->n == NEWS_MAX)
		memmove(&news->items[0], &news->items[1], --news->n * sizeof(news->items[0]));
	news->items[news->n] = (struct news_item){ .kind = kind };
	return &news->items[news->n++];
}

void news_add(struct news *news, const char *kind, int64_t time_ms, const char *fmt, ...)
{
	struct news_item *item = place_for(news, kind);
	va_list ap;

	item->id = ++news->last_id;
	item->time_ms = time_ms;
	item->count++;
	va_start(ap, fmt);
	(void)vsnprintf(item->text, sizeof(item->text), fmt, ap);
	va_end(ap);
}

void news_told(struct news *news, uint64_t id)
{
	for (size_t i = 0; i < news->n; i++) {
		if (news->items[i].id != id)
			continue;
		news->n--;
		memmove(&news->items[i], &news->items[i + 1],
		        (news->n - i) * sizeof(news->items[0]));
		return;
	}
}
