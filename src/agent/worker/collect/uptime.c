/*
 * uptime - how long this kernel has been running.
 *
 * /proc/uptime is "12345.67 23456.78": seconds since the start (suspended time
 * included) and idle seconds of all cores together, which cpu.c knows better.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"

static const struct metric metrics[] = {
	{ "uptime.seconds", METRIC_GAUGE, 2, "s", NULL, "/proc/uptime field 1",
	  "Time since the kernel started." },
};

struct uptime {
	struct source *file;
};

static int uptime_parse(struct str text, int64_t *ret, struct err *err)
{
	struct str word;

	if (!str_cut(&text, ' ', &word))
		return err_set(err, -EPROTO, "want two fields");
	if (!str_fixed(word, 2, ret) || *ret < 0)
		return err_set(err, -EPROTO, "bad uptime '%.*s'", (int)word.len, word.p);
	return 0;
}

static int uptime_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct uptime *u = state;

	(void)err;
	u->file = source_get(cx->sources, "proc/uptime", SOURCE_WHOLE);
	return 0;
}

static int uptime_sample(const struct collect_cx *cx, void *state, struct sink *out,
                         struct err *err)
{
	struct uptime *u = state;
	struct str text;
	int64_t v = 0;

	(void)cx;
	int r = source_text(u->file, &text, err);
	if (r < 0)
		return r;
	if (uptime_parse(text, &v, err) < 0)
		return err_wrap(err, "parse /proc/uptime");
	sink_emit(out, &metrics[0], NULL, v);
	return 0;
}

const struct collector collector_uptime = {
	.name = "uptime",
	.summary = "Time since the kernel started",
	.source = "/proc/uptime",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct uptime),
	.open = uptime_open,
	.sample = uptime_sample,
};
