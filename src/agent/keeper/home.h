/*
 * home.h - the folder for what must survive: the keeper's own, and inside it the worker's.
 *
 *	STATE-DIR/              keeper.lock; the keeper's user alone may write
 *	STATE-DIR/worker/       the worker's, mode 0700
 *
 * The worker gets its folder as an open descriptor: it need not be able to walk to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_HOME_H
#define AGENT_KEEPER_HOME_H

#include "agent/keeper/account.h"
#include "base/err.h"

struct home {
	int dir;    /* STATE-DIR */
	int worker; /* STATE-DIR/worker */
	int lock;   /* held while we live */
};

/**
 * Makes what is missing, takes the lock, gives the worker's folder to `owner` (NULL = leave it). -EBUSY when a
 * keeper has the lock. `*ret` is written only on success.
 */
MUST_CHECK int home_open(const char *path, const struct account *owner, struct home *ret,
                         struct err *err);

/** Closes it, and the lock is free. */
void home_close(struct home *h);

#endif
