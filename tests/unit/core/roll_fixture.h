/*
 * roll_fixture.h - a roll, a clock, and the effects of the last step.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_CORE_ROLL_FIXTURE_H
#define TESTS_UNIT_CORE_ROLL_FIXTURE_H

#include "tests/unit/test.h"

#include "core/roll.h"

enum { MAX_FX = 4096 };

struct fixture {
	struct roll *r;
	struct moment now;
	struct roll_effect fx[MAX_FX];
	size_t n;
	uint64_t seq[8]; /* of hosts 0..7 */
};

static inline struct host_id id_of(unsigned n)
{
	struct host_id id = { { 1 } };

	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

/* Takes all effects that are there. */
static inline void drain(struct fixture *f)
{
	struct roll_effect e;

	f->n = 0;
	while (roll_take(f->r, &e))
		if (f->n < MAX_FX)
			f->fx[f->n++] = e;
}

static inline void pass(struct fixture *f, int64_t ms)
{
	f->now.mono_ms += ms;
	f->now.wall_ms += ms;
}

/* A roll whose bus has been up for five minutes. */
static inline struct fixture *begin(void)
{
	const struct roll_options o = { .seed = 5 };
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->r = roll_new(&o);
	f->now = (struct moment){ 1000000, 1700000000000 };
	roll_bus(f->r, true, f->now);
	for (int i = 0; i < 60; i++) {
		pass(f, 5000);
		roll_tick(f->r, f->now);
	}
	drain(f);
	return f;
}

static inline void end(struct fixture *f)
{
	roll_free(f->r);
	test_free(f);
}

/* One message of host `n` (0..7) from `ip` with the interval it has in force (0 = not told). */
static inline struct roll_verdict say(struct fixture *f, unsigned n, const char *ip,
                                      int64_t interval_ms)
{
	struct roll_report m = { id_of(n), str_of(ip), f->now.wall_ms, ++f->seq[n], interval_ms };
	struct roll_verdict v = roll_report(f->r, &m, f->now);

	drain(f);
	return v;
}

static inline const struct roll_effect *find(const struct fixture *f, enum roll_effect_kind kind)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->fx[i].kind == kind)
			return &f->fx[i];
	return NULL;
}

static inline const struct roll_effect *found(const struct fixture *f, enum roll_finding what)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->fx[i].kind == ROLL_FINDING && f->fx[i].finding == what)
			return &f->fx[i];
	return NULL;
}

/* Lets `ms` pass in ticks of a second; looks are answered with `in_redis` (NULL = nothing new). */
static inline void idle(struct fixture *f, int64_t ms, const struct roll_report *in_redis)
{
	struct roll_effect kept[64];
	size_t n = 0;

	for (int64_t left = ms; left > 0; left -= 1000) {
		pass(f, left < 1000 ? left : 1000);
		roll_tick(f->r, f->now);
		drain(f);
		for (size_t i = 0, m = f->n; i < m; i++) {
			if (f->fx[i].kind == ROLL_LOOK)
				roll_looked(f->r, f->fx[i].host, in_redis, f->now);
			else if (n < 64)
				kept[n++] = f->fx[i];
		}
		drain(f);
		for (size_t i = 0; i < f->n && n < 64; i++)
			kept[n++] = f->fx[i];
	}
	for (f->n = 0; f->n < n; f->n++)
		f->fx[f->n] = kept[f->n];
}

static inline enum roll_state state_of(const struct fixture *f, const char *ip)
{
	const struct roll_host *h = roll_by_ip(f->r, str_of(ip));

	return h != NULL ? h->state : ROLL_N_STATES;
}

#endif
