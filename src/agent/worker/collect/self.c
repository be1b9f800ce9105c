/*
 * self - what the agent itself costs, and how well it keeps time.
 *
 * Processor time comes from the process's own clock, memory from
 * /proc/self/statm ("size resident shared ..." in pages), the rest from the loop
 * that runs the collectors. It runs last, so the cycle's length covers the others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/scan.h"
#include "base/clock.h"

enum { CPU, RSS, MISSED, OFFSET, CYCLE, N_METRICS };

static const struct metric metrics[N_METRICS] = {
	[CPU] = { "self.cpu", METRIC_COUNTER, 6, "s", NULL,
	          "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
	          "Processor time the agent's worker has used." },
	[RSS] = { "self.rss", METRIC_GAUGE, 0, "B", NULL, "/proc/self/statm field 2",
	          "Memory the agent's worker occupies." },
	[MISSED] = { "self.missed", METRIC_COUNTER, 0, "1", NULL, "the agent's schedule",
	             "Cycles that did not happen in their time." },
	[OFFSET] = { "self.offset", METRIC_GAUGE, 6, "s", NULL, "Redis TIME",
	             "The server's clock minus this host's." },
	[CYCLE] = { "self.cycle", METRIC_GAUGE, 6, "s", NULL, "CLOCK_BOOTTIME",
	            "Time from this cycle's start until its other collectors were through." },
};

struct self {
	struct source *statm;
	int64_t page;
};

static int self_parse(struct str text, uint64_t *ret_pages, struct err *err)
{
	uint64_t v[2];

	if (scan_numbers(&text, v, 2) != 2)
		return err_set(err, -EPROTO, "want at least two numbers");
	*ret_pages = v[1];
	return 0;
}

static int self_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct self *s = state;

	(void)err;
	s->page = sysconf(_SC_PAGESIZE);
	s->statm = source_get(cx->sources, "proc/self/statm", SOURCE_WHOLE);
	return 0;
}

static int self_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct self *s = state;
	struct str text;
	uint64_t pages = 0, rss = 0;

	int r = source_text(s->statm, &text, err);
	if (r < 0)
		return r;
	if (self_parse(text, &pages, err) < 0)
		return err_wrap(err, "parse /proc/self/statm");
	if (__builtin_mul_overflow(pages, (uint64_t)s->page, &rss))
		return err_set(err, -EPROTO, "parse /proc/self/statm: impossible size");
	sink_emit(out, &metrics[CPU], NULL, clock_cpu_ns() / 1000);
	sink_emit_u64(out, &metrics[RSS], NULL, rss);
	sink_emit_u64(out, &metrics[MISSED], NULL, cx->self.missed);
	sink_emit(out, &metrics[OFFSET], NULL,
	          cx->self.has_offset ? cx->self.offset_us : SAMPLE_ABSENT);
	sink_emit(out, &metrics[CYCLE], NULL, (clock_mono_ns() - cx->started_ns) / 1000);
	return 0;
}

const struct collector collector_self = {
	.name = "self",
	.summary = "What the agent itself costs",
	.source = "its own clocks, /proc/self/statm",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct self),
	.open = self_open,
	.sample = self_sample,
};
