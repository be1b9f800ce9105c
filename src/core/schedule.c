/*
 * schedule.c - drift-free ticks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/schedule.h"

#include <assert.h>

void schedule_start(struct schedule *s, int64_t interval_ms, int64_t now_ms)
{
	assert(interval_ms > 0);
	s->interval_ms = interval_ms;
	s->due_ms = now_ms;
}

bool schedule_take(struct schedule *s, int64_t now_ms)
{
	if (now_ms < s->due_ms)
		return false;
	int64_t passed = (now_ms - s->due_ms) / s->interval_ms;

	s->missed += (uint64_t)passed;
	s->due_ms += (passed + 1) * s->interval_ms;
	s->ticks++;
	return true;
}

void schedule_set_interval(struct schedule *s, int64_t interval_ms, int64_t now_ms)
{
	assert(interval_ms > 0);
	if (interval_ms == s->interval_ms)
		return;
	int64_t due = s->due_ms - s->interval_ms + interval_ms;

	s->interval_ms = interval_ms;
	s->due_ms = due > now_ms ? due : now_ms;
}
