/*
 * ingest.h - making a hub: what main.c needs to know of it. What the API needs is in server/hub.h.
 *
 * A hub listens to one Redis, keeps the roll (core/roll.h), remembers in SQL what changed, and writes back what the
 * contract asks of a server. Redis is lossy and anybody may write to it: messages only hint, keys are read under
 * limits inside Redis (scripts.h), and whatever is not as it should be is counted, told now and then, and
 * passed over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_INGEST_INGEST_H
#define SERVER_INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bus/address.h"
#include "server/hub.h"
#include "server/store/store.h"

struct event_base;

struct hub_options {
	struct event_base *base;
	struct store *store;
	const struct bus_address *redis; /* copied */
	const char *ca_file;             /* for rediss://; NULL = the system's */
	const char
		*server_id; /* 32 hex digits: the same after a restart, unlike any other server's */
	bool is_private;    /* our own Redis: try again soon, it is being restarted */
	bool enrol;         /* waiting hosts are let in without asking */
	int64_t check_ms;   /* checkstate runs so often */
	int64_t stale_ms;   /* the contract's xx; 0 = 3 intervals */
	/** Redis answers (called each time it came back). May be NULL. */
	void (*on_redis_up)(void *arg);
	void *arg;
};

/** A hub that does nothing yet. All of `options` that is not said to be copied must outlive it. */
MUST_CHECK int hub_new(const struct hub_options *options, struct hub **ret, struct err *err);

/** Reads what SQL remembers, then opens the bus; `on_ready` is called once, when the first is done. */
void hub_start(struct hub *h, void (*on_ready)(void *arg), void *arg);

/** Something of ours knows better than the bus why Redis is away (our child ended). */
void hub_redis_trouble(struct hub *h, const struct err *why);

/** The store's on_state; `arg` is the hub. */
void hub_sql_state(bool up, const struct err *why, void *arg);

/**
 * Writes down that the server stops, hands all that waits to the store, lets go of the lease, hangs up; then calls `done`,
 * within a second and not before this returns.
 */
void hub_stop(struct hub *h, void (*done)(void *arg), void *arg);

/** Ends it; after store_close(), whose last callbacks may be ours. NULL is fine. */
void hub_free(struct hub *h);

#endif
