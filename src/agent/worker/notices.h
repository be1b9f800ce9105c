/*
 * notices.h - findings that come with every cycle, told once when they begin and once when they are over.
 *
 * What was found and is not found any more counts as over after NOTICES_QUIET_MS: a mount that answers every
 * other second is one sick mount, not an event a second.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_NOTICES_H
#define AGENT_WORKER_NOTICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/worker/collect/collector.h"

enum { NOTICES_QUIET_MS = 30000, NOTICES_MAX = 128 };

struct notice {
	struct finding finding; /* as it was first found */
	int64_t seen_ms;
};

/* All-zero is empty. */
struct notices {
	struct notice *list; /* owned */
	size_t n, cap;
	uint64_t dropped; /* findings beyond NOTICES_MAX */
};

/* Told of each beginning and end. */
typedef void notices_cb(const struct finding *f, bool begins, void *arg);

/** Takes one cycle's findings; calls `tell` for what is new, and for what has been over long enough. */
void notices_take(struct notices *n, const struct finding *found, size_t n_found, int64_t now_ms,
                  notices_cb *tell, void *arg);

/** Frees the list. */
void notices_done(struct notices *n);

#endif
