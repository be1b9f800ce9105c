/*
 * schedule.h - ticks on a fixed grid of the monotonic clock.
 *
 * The grid does not drift: a tick taken late leaves the next one where it was. Ticks that could not be
 * taken are counted and let go; they are never made up for in a burst.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_SCHEDULE_H
#define CORE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	int64_t interval_ms; /* > 0 */
	int64_t due_ms;      /* the next tick */
	uint64_t ticks;      /* taken so far */
	uint64_t missed;     /* let go so far */
};

/** Starts a grid of `interval_ms` (> 0) whose first tick is due at `now_ms`. The counts stay. */
void schedule_start(struct schedule *s, int64_t interval_ms, int64_t now_ms);

/** Takes the tick that is due, if one is; those that passed in the meantime are counted as missed. */
bool schedule_take(struct schedule *s, int64_t now_ms);

/**
 * Changes the interval at once: the next tick is one new interval behind the last one, or now if that
 * has passed already. The same interval again changes nothing.
 */
void schedule_set_interval(struct schedule *s, int64_t interval_ms, int64_t now_ms);

#endif
