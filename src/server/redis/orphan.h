/*
 * orphan.h - telling a process that outlived us from a stranger who got its pid.
 *
 * A process is known by pid, start time and the boot it belongs to; the three are kept in a file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_REDIS_ORPHAN_H
#define SERVER_REDIS_ORPHAN_H

#include <sys/types.h>

#include "base/err.h"

/** Notes the process in `name` below `dir`. */
MUST_CHECK int orphan_note(int dir, const char *name, pid_t pid, struct err *err);

/** The process noted, if that very one still lives; else 0. */
pid_t orphan_find(int dir, const char *name);

/**
 * Waits for the process noted to end; asks it to (SIGTERM) after `ask_ms`, ends it (SIGKILL) after
 * `kill_ms`. Returns 0 when there is none (any more), -EBUSY when it does not go.
 */
MUST_CHECK int orphan_wait(int dir, const char *name, unsigned ask_ms, unsigned kill_ms,
                           struct err *err);

#endif
