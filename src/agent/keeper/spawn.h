/*
 * spawn.h - starting a worker: its descriptors, its user, its environment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_SPAWN_H
#define AGENT_KEEPER_SPAWN_H

#include <sys/types.h>

#include "agent/keeper/account.h"
#include "base/err.h"

struct spawn {
	int argc; /* our own command line; its options are the worker's */
	char **argv;
	int ini;                     /* settings file, -1 = none */
	int state;                   /* the worker's folder */
	const struct account *owner; /* whom it runs as; NULL = as we do */
};

/**
 * Starts `worker` from our own executable, so that the two always fit. It dies when we do.
 * Returns its pid and, in `*ret_link`, our end of the link; or -errno.
 */
MUST_CHECK pid_t spawn_worker(const struct spawn *s, int *ret_link, struct err *err);

#endif
