/*
 * alarm.c - a timerfd on the clock of base/clock.h. It is never read: setting it forgets that it rang.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/ship/alarm.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#include <event2/event.h>

#include "base/fd.h"

static void on_expired(evutil_socket_t fd, short what, void *arg)
{
	struct alarm *a = arg;

	(void)fd;
	(void)what;
	a->due_ms = -1;
	a->ring(a->arg);
}

int alarm_init(struct alarm *a, struct event_base *loop, void (*ring)(void *arg), void *arg,
               struct err *err)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return err_sys(err, "make a timer");
	*a = (struct alarm){ .fd = fd, .due_ms = INT64_MAX, .ring = ring, .arg = arg };
	a->event = event_new(loop, fd, EV_READ | EV_PERSIST, on_expired, a);
	if (a->event == NULL || event_add(a->event, NULL) < 0)
		abort(); /* out of memory, as in base/mem.c */
	return 0;
}

void alarm_set(struct alarm *a, int64_t due_ms)
{
	struct itimerspec at = { 0 }; /* never */

	if (due_ms < 0)
		due_ms = 0;
	if (due_ms == a->due_ms)
		return;
	a->due_ms = due_ms;
	if (due_ms != INT64_MAX)
		at.it_value = (struct timespec){ .tv_sec = due_ms / 1000,
			                         .tv_nsec = due_ms % 1000 * 1000000 };
	if (due_ms == 0)
		at.it_value.tv_nsec = 1; /* 0 would be never */
	(void)timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void alarm_done(struct alarm *a)
{
	if (a->event == NULL)
		return;
	event_free(a->event);
	a->event = NULL;
	fd_close(&a->fd);
}
