/*
 * keep.h - keeping one worker process alive: when to start it, when to end it, when to give it up as hung.
 *
 *   new -> starting -> running -> asked -> killed
 *             ^           |         |        |
 *             +- waiting <+---------+--------+-> ended
 *
 * A pure state machine: the shell tells what happened and does what comes back. A worker that ends unasked is
 * started again after a back-off with full jitter; one that ran KEEP_HEALTHY_MS is believed again. One that
 * gives no sign of life for `hang_ms` is killed. The shell arms one timer for keep_due_ms() and delivers the
 * signs of life it has received before the timer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_KEEP_H
#define CORE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/rng.h"

enum {
	KEEP_HANG_MS = 30000,      /* silence after which a worker is hung, unless configured */
	KEEP_STOP_MS = 5000,       /* time to end when asked to, unless configured */
	KEEP_HEALTHY_MS = 60000,   /* a worker that ran so long has left its crashes behind */
	KEEP_LOOP_CRASHES = 5,     /* so many in a row are a crash loop */
	KEEP_LATE_MS = 1000,       /* a timer later than this means that we slept ourselves */
	KEEP_DEATH_MS = 10000,     /* SIGKILL not obeyed for so long: stuck in the kernel */
	KEEP_RETRY_FIRST_MS = 500, /* back-off: first ceiling */
	KEEP_RETRY_CAP_MS = 30000, /* and last */
	KEEP_MAX_EFFECTS = 4,
};

enum keep_state {
	KEEP_NEW,      /* not begun */
	KEEP_STARTING, /* told to start it; STARTED or FAILED follows */
	KEEP_RUNNING,
	KEEP_ASKED,   /* asked to end; the deadline runs */
	KEEP_KILLED,  /* sent SIGKILL; its end follows */
	KEEP_WAITING, /* none there; the back-off runs */
	KEEP_ENDED,   /* none there, and none wanted */
	KEEP_N_STATES
};

/* What happened. */
enum keep_event {
	KEEP_EV_BEGIN,
	KEEP_EV_TIMER,   /* keep_due_ms() has come; harmless at any other time */
	KEEP_EV_STARTED, /* the process exists */
	KEEP_EV_FAILED,  /* it could not be started */
	KEEP_EV_ALIVE,   /* it gave a sign of life */
	KEEP_EV_EXIT,    /* it ended, for whatever reason */
	KEEP_EV_RELOAD,  /* replace it by a new one, cleanly */
	KEEP_EV_STOP,    /* end it, and that was it */
	KEEP_N_EVENTS
};

/* What the shell is to do. */
enum keep_effect_kind {
	KEEP_START, /* start one; answer STARTED or FAILED */
	KEEP_ASK,   /* ask it to end; answer EXIT */
	KEEP_KILL,  /* SIGKILL; answer EXIT */
	KEEP_END,   /* the keeper may end */
	KEEP_NOTE,  /* something a person should know: `note`, `value` */
};

enum keep_note {
	KEEP_NOTE_NONE,
	KEEP_NOTE_CRASH,  /* it ended unasked or would not start; the next try is in `value` ms */
	KEEP_NOTE_HANG,   /* no sign of life for `value` ms; it is killed */
	KEEP_NOTE_LOOP,   /* it crashes again and again: `value` times by now; told once */
	KEEP_NOTE_HEALED, /* the loop is over */
	KEEP_NOTE_SLOW,   /* did not end within `value` ms of being asked; it is killed */
	KEEP_NOTE_UNKILLABLE, /* not gone `value` ms after SIGKILL: it waits in the kernel; told once */
};

struct keep_effect {
	enum keep_effect_kind kind;
	enum keep_note note;
	int64_t value;
};

struct keep_effects {
	size_t n;
	struct keep_effect list[KEEP_MAX_EFFECTS];
};

/* What is to follow the end of the worker at hand. */
enum keep_goal { KEEP_GOAL_RUN, KEEP_GOAL_RENEW, KEEP_GOAL_END };

struct keep {
	enum keep_state state;
	enum keep_goal goal;
	struct rng rng;
	struct backoff retry;
	int64_t hang_ms, stop_ms;
	int64_t started_ms; /* RUNNING: since when */
	int64_t alive_ms;   /* RUNNING: last sign of life, or the start */
	int64_t due_ms;     /* ASKED, KILLED, WAITING: the deadline */
	bool forgiven;      /* the silence at hand was once put down to our own sleep */
	bool looping;       /* told already */
	unsigned crashes;   /* in a row */
};

/** Prepares a keep in KEEP_NEW. `seed` drives the jitter; 0 for a time takes its default. */
void keep_init(struct keep *k, uint64_t seed, int64_t hang_ms, int64_t stop_ms);

/** Tells what happened at `now_ms` (monotonic); `ret` gets what to do, in order (emptied first). */
void keep_step(struct keep *k, enum keep_event ev, int64_t now_ms, struct keep_effects *ret);

/** When a KEEP_EV_TIMER is wanted; INT64_MAX = never. */
int64_t keep_due_ms(const struct keep *k);

/** "new", "starting" ... */
const char *keep_state_name(enum keep_state state);

#endif
