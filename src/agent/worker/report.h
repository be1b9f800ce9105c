/*
 * report.h - what the worker reports: facts of the host, samples, findings, the keeper's news.
 *
 * The part between the collectors and ship: it answers ship's questions and turns what is noteworthy into log lines
 * and events.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_REPORT_H
#define AGENT_WORKER_REPORT_H

#include <stdbool.h>

#include "agent/agent_options.h"
#include "agent/worker/identity.h"
#include "agent/worker/settings.h"
#include "agent/worker/uplink.h"
#include "base/err.h"

struct event_base;
struct report;

/* What it needs to know; all of it must outlive the report, but for `identity`. */
struct report_options {
	const struct agent_options *opt;
	const struct settings *settings;
	const struct uplink_welcome *welcome;
	struct identity identity;
	int root;              /* directory that stands for / */
	struct uplink *uplink; /* hears of states and of news that were told */
};

/** Opens the collectors and begins to report. NULL with a sentence when it cannot. */
MUST_CHECK struct report *report_new(struct event_base *loop, const struct report_options *options,
                                     struct err *err);

/** Passes the keeper's news on as an event. */
void report_news(struct report *r, const struct uplink_news *news);

/** Says goodbye to Redis, then calls `done` from the loop. */
void report_stop(struct report *r, void (*done)(void *arg), void *arg);

/** Ends at once, without a goodbye. NULL is fine. */
void report_free(struct report *r);

#endif
