/*
 * lease.c - taking, renewing and losing the lease, as a table of states and events.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lease.h"

#include <assert.h>

typedef enum lease_effect handler(struct lease *l, uint64_t number, struct moment now);

void lease_init(struct lease *l, uint64_t floor)
{
	*l = (struct lease){ .state = LEASE_OFF, .floor = floor, .due_ms = INT64_MAX };
}

static enum lease_effect ignore(struct lease *l, uint64_t number, struct moment now)
{
	(void)l;
	(void)number;
	(void)now;
	return LEASE_NOTHING;
}

static enum lease_effect take(struct lease *l, uint64_t number, struct moment now)
{
	(void)number;
	l->state = LEASE_ASKED;
	l->sent_ms = now.mono_ms;
	l->due_ms = now.mono_ms + LEASE_TTL_MS;
	return LEASE_TAKE;
}

static enum lease_effect off(struct lease *l, uint64_t number, struct moment now)
{
	(void)number;
	(void)now;
	l->state = LEASE_OFF;
	l->due_ms = INT64_MAX;
	return LEASE_NOTHING;
}

/* Not ours: try again later. */
static enum lease_effect give_way(struct lease *l, uint64_t number, struct moment now)
{
	(void)number;
	l->state = LEASE_FREE;
	l->due_ms = now.mono_ms + LEASE_RENEW_MS;
	return LEASE_NOTHING;
}

static enum lease_effect refused(struct lease *l, uint64_t number, struct moment now)
{
	if (number != l->token) {
		l->token = number;
		l->token_ms = now.mono_ms;
	} else if (now.mono_ms - l->token_ms >= LEASE_SEIZE_MS) {
		(void)take(l, number, now);
		return LEASE_SEIZE;
	}
	return give_way(l, number, now);
}

static enum lease_effect try_again(struct lease *l, uint64_t number, struct moment now)
{
	return now.mono_ms >= l->due_ms ? take(l, number, now) : LEASE_NOTHING;
}

/* What we hold runs from the moment we asked: the answer may have been long under way. */
static void hold(struct lease *l, struct moment now)
{
	l->state = LEASE_HELD;
	l->asked = false;
	l->held_until_ms = l->sent_ms + LEASE_TTL_MS - LEASE_MARGIN_MS;
	l->due_ms = now.mono_ms + LEASE_RENEW_MS;
	if (l->due_ms > l->held_until_ms)
		l->due_ms = l->held_until_ms;
}

static enum lease_effect taken(struct lease *l, uint64_t number, struct moment now)
{
	/* A Redis that hands out used numbers has forgotten them; the floor makes it learn. */
	if (number <= l->floor)
		return give_way(l, number, now);
	l->fence = l->floor = number;
	hold(l, now);
	return LEASE_NOTHING;
}

static enum lease_effect held_timer(struct lease *l, uint64_t number, struct moment now)
{
	if (now.mono_ms >= l->held_until_ms)
		return take(l, number, now);
	if (now.mono_ms < l->due_ms || l->asked)
		return LEASE_NOTHING;
	l->asked = true;
	l->sent_ms = now.mono_ms;
	l->due_ms = l->held_until_ms;
	return LEASE_RENEW;
}

static enum lease_effect renewed(struct lease *l, uint64_t number, struct moment now)
{
	(void)number;
	if (l->asked)
		hold(l, now);
	return LEASE_NOTHING;
}

static void raise_floor(struct lease *l, uint64_t number)
{
	if (number > l->floor)
		l->floor = number;
}

static enum lease_effect fenced(struct lease *l, uint64_t number, struct moment now)
{
	(void)now;
	raise_floor(l, number);
	return LEASE_NOTHING;
}

static enum lease_effect held_fenced(struct lease *l, uint64_t number, struct moment now)
{
	raise_floor(l, number);
	return number >= l->fence ? give_way(l, number, now) : LEASE_NOTHING;
}

static enum lease_effect drop(struct lease *l, uint64_t number, struct moment now)
{
	(void)off(l, number, now);
	return LEASE_DROP;
}

/* clang-format off */
static handler *const table[LEASE_N_STATES][LEASE_N_EVENTS] = {
	/*                UP      DOWN    TIMER       TAKEN   REFUSED  RENEWED  LOST    FENCED       STOP */
	[LEASE_OFF]   = { take,   ignore, ignore,     ignore, ignore,  ignore,  ignore, fenced,      ignore },
	[LEASE_FREE]  = { ignore, off,    try_again,  ignore, ignore,  ignore,  ignore, fenced,      off },
	[LEASE_ASKED] = { ignore, off,    try_again,  taken,  refused, ignore,  ignore, fenced,      off },
	[LEASE_HELD]  = { ignore, off,    held_timer, ignore, ignore,  renewed, take,   held_fenced, drop },
};
/* clang-format on */

enum lease_effect lease_step(struct lease *l, enum lease_event ev, uint64_t number,
                             struct moment now)
{
	assert(l->state < LEASE_N_STATES && ev < LEASE_N_EVENTS);
	enum lease_effect e = table[l->state][ev](l, number, now);

	if (l->state != LEASE_HELD)
		l->asked = false;
	return e;
}

bool lease_is_held(const struct lease *l, struct moment now)
{
	return l->state == LEASE_HELD && now.mono_ms < l->held_until_ms;
}

int64_t lease_due_ms(const struct lease *l)
{
	return l->due_ms;
}
