/*
 * fspool.h - asking file systems for their numbers on threads that may get stuck.
 *
 * statvfs() of a mount whose server is gone does not come back. So each question
 * is a job for a small pool of threads: a thread that is stuck is left
 * to itself and another one is started, up to a limit; nobody waits for any of them. A job belongs
 * to its
 * maker and to the thread at work on it, whoever leaves last frees it; so does the pool.
 *
 * All functions are for the one thread that made the pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_FSPOOL_H
#define AGENT_WORKER_COLLECT_FSPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "base/attr.h"

enum { FSPOOL_THREADS = 8 };

struct fspool;
struct fsjob;

/* statvfs() or a test's stand-in: 0, or -1 with errno. */
typedef int fspool_ask(const char *path, struct statvfs *ret);

/** A pool without threads yet; they come with the first jobs. */
MUST_CHECK struct fspool *fspool_new(fspool_ask *ask);

/** Lets the pool go: idle threads end, stuck ones end when they come back. NULL allowed. */
void fspool_free(struct fspool *p);

/** A job that asks for `path`; not begun. */
MUST_CHECK struct fsjob *fsjob_new(struct fspool *p, const char *path);

/** Lets the job go, whatever it is doing. NULL allowed. */
void fsjob_free(struct fsjob *j);

/** Puts an idle or finished job into the queue at time `now_ns`. */
void fsjob_begin(struct fsjob *j, int64_t now_ns);

enum fsjob_state { FSJOB_IDLE, FSJOB_QUEUED, FSJOB_WAITING, FSJOB_DONE };

/**
 * Where the job is. DONE: `*ret` and `*ret_code` (0 or negative errno) hold the answer. QUEUED: no
 * thread has had time for it, `*ret_since_ns` is when it was begun. WAITING: it is being asked, since then by the
 * monotonic clock.
 */
enum fsjob_state fsjob_look(struct fsjob *j, struct statvfs *ret, int *ret_code,
                            int64_t *ret_since_ns);

#endif
