/*
 * collect.h - running collectors: all of the table or those named, once a cycle.
 *
 *	struct collect *c = collect_open(root, NULL, 0, &err);
 *	collect_run(c, ts_ms, mono_ns, &self, &sample);    each second
 *
 * A collector that fails leaves holes in the sample and a finding; the others go on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_COLLECT_H
#define AGENT_WORKER_COLLECT_COLLECT_H

#include <stddef.h>
#include <stdint.h>

#include "agent/worker/collect/collector.h"
#include "base/attr.h"
#include "base/err.h"
#include "wire/sample.h"

struct collect;

/** The table of all collectors, in the order they run; `*ret_n` of them. */
const struct collector *const *collector_all(size_t *ret_n);

/**
 * Opens the collectors named (n = 0: all of them) over the directory `root` ("/" normally), of
 * which it keeps a
 * duplicate. -EINVAL for an unknown name, naming the known ones, and for one given twice. A collector whose open() fails is
 * a finding and is tried again later, not an error.
 */
MUST_CHECK int collect_open(int root, const char *const names[], size_t n, struct collect **ret,
                            struct err *err);

/** Closes everything; NULL allowed. Does not wait for file systems that are stuck. */
void collect_close(struct collect *c);

/**
 * One cycle into `into`. Never blocks on a sick file system. The times go into the sample.
 * `self` is what the agent knows about itself; NULL: nothing.
 */
void collect_run(struct collect *c, int64_t ts_ms, int64_t mono_ns, const struct collect_self *self,
                 struct sample *into);

/** The findings of the last cycle, valid until the next. */
const struct finding *collect_findings(const struct collect *c, size_t *ret_n);

/* How one collector did in the last cycle. */
struct collect_outcome {
	const struct collector *collector;
	int code;        /* 0, or the negative errno */
	const char *msg; /* what failed, "" if nothing; valid until the next cycle */
	int64_t took_ns; /* only while collect_time() is on, else 0 */
	size_t first, n; /* its series in the sample */
};

/** Measures each collector from now on; two clock readings a collector and cycle. */
void collect_time(struct collect *c, bool on);

/** The outcomes of the last cycle, one for each collector that is open, in order. */
const struct collect_outcome *collect_outcomes(const struct collect *c, size_t *ret_n);

#endif
