/*
 * uplink.h - the worker's end of the link to its keeper: heartbeat out, news and the order to end in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_UPLINK_H
#define AGENT_WORKER_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct event_base;
struct uplink;

/* What the keeper said first. */
struct uplink_welcome {
	char ini[256];     /* name of the settings file, "" = there is none */
	char serial[128];  /* of the hardware, "" = unknown, as below */
	char machine[128]; /* the firmware's uuid */
	int64_t starts;    /* workers this keeper has started, us included */
};

/* News of the keeper's that the world should hear. */
struct uplink_news {
	uint64_t id;
	struct str kind; /* of the event: "agent.crash"; borrowed as the text is */
	struct str text;
	int64_t time_ms; /* UTC by this host's clock, of the last time */
	int64_t count;
};

struct uplink_hooks {
	void (*on_news)(const struct uplink_news *news, void *arg);
	/** End; `for_good`: nobody follows, so say goodbye. */
	void (*on_stop)(bool for_good, void *arg);
	/** The keeper is gone or talks nonsense: end at once. */
	void (*on_lost)(void *arg);
	void *arg;
};

/**
 * Waits (10 s at most) for the keeper's first word on descriptor `fd`. -EINVAL when there is no link: the worker
 * was not started by a keeper.
 */
MUST_CHECK int uplink_greet(int fd, struct uplink_welcome *ret, struct err *err);

/** Takes the link over, says hello, and from then on, at least every 1.5 seconds that the loop turns, that we live. */
MUST_CHECK struct uplink *uplink_new(struct event_base *loop, int fd,
                                     const struct uplink_hooks *hooks);

/** The loop turns, being awake anyway: saves a wake-up for the sign of life. Says it once a second at most. */
void uplink_alive(struct uplink *u);

/** Says what the worker is doing, when that changed: for the service manager. */
void uplink_state(struct uplink *u, const char *text);

/** News `id` was passed on. */
void uplink_told(struct uplink *u, uint64_t id);

/** Closes the link; NULL is fine. */
void uplink_free(struct uplink *u);

#endif
