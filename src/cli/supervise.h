/*
 * supervise.h - keeping a few children running in the foreground until somebody says stop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_SUPERVISE_H
#define CLI_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/backoff.h"
#include "base/child.h"
#include "base/err.h"
#include "base/rng.h"

enum { SUPERVISE_MAX = 4 };

/* One child. Stopped in reverse order of starting. */
struct supervised {
	const char *name; /* for messages */
	struct child_spec spec;
	bool wanted;         /* start it, and again when it ends */
	bool was_ready;      /* it has worked once: an exit from now on is answered by a restart */
	pid_t pid;           /* 0 = not running */
	int64_t start_at_ms; /* monotonic; when not running */
	int64_t started_ms;
	struct backoff backoff;
};

struct supervisor {
	struct supervised parts[SUPERVISE_MAX];
	size_t n;
	int signals; /* signalfd */
	struct rng jitter;
	bool stopping;
	int64_t kill_at_ms;
};

/** Blocks the signals and prepares the loop. Returns 0 or -errno. */
MUST_CHECK int supervisor_open(struct supervisor *s, struct err *err);

/**
 * One turn: starts what is due, waits at most `wait_ms` for something to happen, reaps what ended.
 *
 * A part that exits before it was ever ready ends the whole: its exit status is in `*ret_exit` and
 * -ECHILD comes back. Returns 1 when everything has stopped after a signal, 0 to go on.
 */
MUST_CHECK int supervisor_turn(struct supervisor *s, int wait_ms, int *ret_exit, struct err *err);

/** Begins to stop: the last part first; after `grace_ms` what is left is killed. */
void supervisor_stop(struct supervisor *s, int64_t grace_ms);

/** Closes the loop; kills whatever still runs. */
void supervisor_close(struct supervisor *s);

#endif
