/*
 * load - load averages.
 *
 * /proc/loadavg is "0.12 0.34 0.56 1/234 5678": three averages, running over all
 * threads, the last process id given out. The fourth field belongs to procs.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"

enum { LOAD_1, LOAD_5, LOAD_15, N_METRICS };

static const struct metric metrics[N_METRICS] = {
	[LOAD_1] = { "load.1", METRIC_GAUGE, 2, "1", NULL, "/proc/loadavg field 1",
	             "Threads running or waiting for a processor or a disk, averaged over 1 "
	             "minute." },
	[LOAD_5] = { "load.5", METRIC_GAUGE, 2, "1", NULL, "/proc/loadavg field 2",
	             "The same over 5 minutes." },
	[LOAD_15] = { "load.15", METRIC_GAUGE, 2, "1", NULL, "/proc/loadavg field 3",
	              "The same over 15 minutes." },
};

struct load {
	struct source *file;
};

static int load_parse(struct str text, int64_t ret[N_METRICS], struct err *err)
{
	int64_t v[N_METRICS];
	struct str word;

	for (size_t i = 0; i < N_METRICS; i++) {
		if (!str_cut(&text, ' ', &word))
			return err_set(err, -EPROTO, "want three averages");
		if (!str_fixed(word, 2, &v[i]) || v[i] < 0)
			return err_set(err, -EPROTO, "bad average '%.*s'", (int)word.len, word.p);
	}
	memcpy(ret, v, sizeof(v));
	return 0;
}

static int load_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct load *l = state;

	(void)err;
	l->file = source_get(cx->sources, "proc/loadavg", SOURCE_WHOLE);
	return 0;
}

static int load_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct load *l = state;
	int64_t v[N_METRICS] = { 0 };
	struct str text;

	(void)cx;
	int r = source_text(l->file, &text, err);
	if (r < 0)
		return r;
	if (load_parse(text, v, err) < 0)
		return err_wrap(err, "parse /proc/loadavg");
	for (size_t i = 0; i < N_METRICS; i++)
		sink_emit(out, &metrics[i], NULL, v[i]);
	return 0;
}

const struct collector collector_load = {
	.name = "load",
	.summary = "Load averages",
	.source = "/proc/loadavg",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct load),
	.open = load_open,
	.sample = load_sample,
};
