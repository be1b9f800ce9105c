/*
 * work.h - slow, pure work (password hashes) on threads of its own, answers on the event loop.
 *
 * A job touches nothing but its own argument while it runs. The queue is bounded, because peers fill it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_WORK_H
#define SERVER_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct event_base;
struct work;

/** Starts `threads` threads that serve `base`'s loop; at most `queue_max` jobs wait. */
MUST_CHECK int work_new(struct event_base *base, unsigned threads, size_t queue_max,
                        struct work **ret, struct err *err);

/**
 * Calls run(arg) on a thread, then done(arg, false) on the loop. -EAGAIN when too many wait already: nothing
 * is called then.
 */
MUST_CHECK int work_add(struct work *w, void (*run)(void *arg),
                        void (*done)(void *arg, bool cancelled), void *arg);

/** Waits for jobs that run, calls done(arg, true) for those that do not, ends the threads. */
void work_free(struct work *w);

#endif
