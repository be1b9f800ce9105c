/*
 * alarm.h - one timer for a grid: at a time of the monotonic clock, to the microsecond, and never early.
 *
 * libevent's timers are either coarse, so that they fire early and twice, or set anew by a system call in each turn
 * of the loop. This one costs one call for each time it is set.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_SHIP_ALARM_H
#define AGENT_WORKER_SHIP_ALARM_H

#include <stdint.h>

#include "base/err.h"

struct event_base;
struct event;

struct alarm {
	int fd;
	struct event *event;
	int64_t due_ms; /* as set; -1 = rang since */
	void (*ring)(void *arg);
	void *arg;
};

/** Prepares `a`, which is not set yet; `ring` may call alarm_done(). Negative errno when there is no timer. */
MUST_CHECK int alarm_init(struct alarm *a, struct event_base *loop, void (*ring)(void *arg),
                          void *arg, struct err *err);

/**
 * Rings once at `due_ms` (clock_mono_ms(); the past = in the loop's next turn), and then has to be set again:
 * unset it rings on. INT64_MAX = not at all. Whatever was set before no longer counts.
 */
void alarm_set(struct alarm *a, int64_t due_ms);

/** Closes it; one that alarm_init() did not take, zeroed, is fine. */
void alarm_done(struct alarm *a);

#endif
