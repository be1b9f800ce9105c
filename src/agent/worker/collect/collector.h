/*
 * collector.h - what a collector is; the only header of ours a collector needs.
 *
 * A collector is one file with a pure parse over borrowed text, a thin sample
 * that reads its sources and emits, and one exported constant. Its name in
 * meson.build puts it into the table of all collectors. It does not log: what
 * failed goes back in `err`, what is merely noteworthy into cx->findings.
 * Everything runs on one thread; a collector whose source can block keeps threads of its own
 * (fs.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_COLLECTOR_H
#define AGENT_WORKER_COLLECT_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/worker/collect/source.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/sample.h"

/* Something a person should know about collecting on this host. */
struct finding {
	char kind[32];     /* "collect.failed", "fs.stuck": an event kind */
	char subject[128]; /* the collector, the mount point */
	char text[384];    /* a sentence */
};

struct findings {
	struct finding *p;
	size_t n, cap;
};

/** Adds a finding; texts that are too long are cut. The 65th and later ones are dropped. */
void findings_add(struct findings *f, const char *kind, struct str subject, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* What the agent's own collector is told by the loop that runs it. */
struct collect_self {
	uint64_t missed;   /* ticks that did not happen in time, since start */
	int64_t offset_us; /* server's clock minus ours */
	bool has_offset;
};

/* What a collector may use during open() and sample(). */
struct collect_cx {
	int root;           /* directory that stands for /, normally / itself */
	bool root_is_slash; /* paths may be used without `root` */
	int64_t started_ns; /* clock_mono_ns() when this cycle began */
	uint64_t cycle;     /* counts from 1 */
	struct sources *sources;
	struct findings *findings;
	struct collect_self self;
};

struct collector {
	const char *name;    /* what `collect NAME` takes; the metrics' prefix */
	const char *summary; /* one line for --list */
	const char *source;  /* files it reads, for people */
	const struct metric *metrics;
	size_t n_metrics;
	size_t state_size; /* zeroed bytes kept between cycles, given to all three functions */
	bool optional;     /* the source may be missing (-ENOENT): normal, no finding */

	/** Prepares the state; may be NULL. */
	int (*open)(const struct collect_cx *cx, void *state, struct err *err);
	/**
	 * Reads and emits. On failure (negative errno and a sentence) what it emitted is
	 * taken back and its series of the last cycle stay, without values.
	 */
	int (*sample)(const struct collect_cx *cx, void *state, struct sink *out, struct err *err);
	/** Releases what the state holds, also after a failed open(); may be NULL. */
	void (*close)(void *state);
};

#endif
