/*
 * pressure - how long work was held up for want of processor, memory or disk.
 *
 * /proc/pressure/{cpu,memory,io,irq}, since Linux 4.20 if configured, each
 * "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the same for "full"
 * (nobody could work). The folder is missing on many hosts, and reading gives
 * EOPNOTSUPP where it was switched off at boot: both are normal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/scan.h"

enum { AVG10, AVG60, AVG300, TOTAL, N_FIELDS };
enum { SOME, FULL, N_KINDS };
enum { CPU, MEMORY, IO, IRQ, N_FILES };
enum { N_METRICS = N_FILES * N_KINDS * N_FIELDS };

#define PSI(what, kind, text)                                                                      \
	{ "pressure." what "_" kind "_avg10",                                                      \
	  METRIC_GAUGE,                                                                            \
	  2,                                                                                       \
	  "%",                                                                                     \
	  NULL,                                                                                    \
	  "/proc/pressure/" what " " kind " avg10",                                                \
	  text " lately: over 10 s." },                                                            \
		{ "pressure." what "_" kind "_avg60",       METRIC_GAUGE,      2, "%", NULL,       \
		  "/proc/pressure/" what " " kind " avg60", text " over 60 s." },                  \
		{ "pressure." what "_" kind "_avg300",       METRIC_GAUGE,       2, "%", NULL,     \
		  "/proc/pressure/" what " " kind " avg300", text " over 300 s." },                \
	{                                                                                          \
		"pressure." what "_" kind "_total", METRIC_COUNTER, 6, "s", NULL,                  \
			"/proc/pressure/" what " " kind " total", text ", all of it added up."     \
	}

static const struct metric metrics[N_METRICS] = {
	PSI("cpu", "some", "Time some work waited for a processor"),
	PSI("cpu", "full", "Time all work waited for a processor"),
	PSI("memory", "some", "Time some work waited for memory"),
	PSI("memory", "full", "Time all work waited for memory"),
	PSI("io", "some", "Time some work waited for a disk"),
	PSI("io", "full", "Time all work waited for a disk"),
	PSI("irq", "some", "Time some work was held up by interrupts"),
	PSI("irq", "full", "Time all work was held up by interrupts"),
};

static const char *const paths[N_FILES] = { "proc/pressure/cpu", "proc/pressure/memory",
	                                    "proc/pressure/io", "proc/pressure/irq" };

struct pressure {
	struct source *files[N_FILES];
};

struct pressure_reading {
	int64_t v[N_KINDS][N_FIELDS];
	bool has[N_KINDS];
};

/* "avg10=1.23 avg60=..." behind the kind. */
static bool parse_fields(struct str line, int64_t ret[N_FIELDS])
{
	static const struct str keys[N_FIELDS] = {
		{ "avg10=", 6 }, { "avg60=", 6 }, { "avg300=", 7 }, { "total=", 6 }
	};
	struct str word;

	for (size_t i = 0; i < N_FIELDS; i++) {
		if (!str_word(&line, &word) || !str_starts(word, keys[i]) ||
		    !str_fixed(str_skip(word, keys[i].len), i == TOTAL ? 0 : 2, &ret[i]) ||
		    ret[i] < 0)
			return false;
	}
	return true;
}

static int pressure_parse(struct str text, struct pressure_reading *ret, struct err *err)
{
	struct pressure_reading now = { 0 };
	struct str line, word;

	while (scan_line(&text, &line)) {
		struct str whole = scan_sample(line);
		size_t kind;

		if (!str_word(&line, &word))
			continue;
		if (str_is(word, "some"))
			kind = SOME;
		else if (str_is(word, "full"))
			kind = FULL;
		else
			continue;
		if (!parse_fields(line, now.v[kind]))
			return err_set(err, -EPROTO, "bad line '%.*s'", (int)whole.len, whole.p);
		now.has[kind] = true;
	}
	*ret = now;
	return 0;
}

static int pressure_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct pressure *p = state;

	(void)err;
	for (size_t i = 0; i < N_FILES; i++)
		p->files[i] = source_get(cx->sources, paths[i], SOURCE_WHOLE);
	return 0;
}

static int pressure_sample(const struct collect_cx *cx, void *state, struct sink *out,
                           struct err *err)
{
	struct pressure *p = state;
	struct pressure_reading now = { 0 };
	struct str text;
	int missing = 0;

	(void)cx;
	for (size_t f = 0; f < N_FILES; f++) {
		int r = source_text(p->files[f], &text, err);

		if (r == -ENOENT || r == -EOPNOTSUPP) {
			missing++;
			continue;
		}
		if (r < 0)
			return r;
		if (pressure_parse(text, &now, err) < 0)
			return err_wrap(err, "parse /%s", paths[f]);
		for (size_t i = 0; i < (size_t)N_KINDS * N_FIELDS; i++)
			if (now.has[i / N_FIELDS])
				sink_emit(out, &metrics[f * N_KINDS * N_FIELDS + i], NULL,
				          now.v[i / N_FIELDS][i % N_FIELDS]);
	}
	if (missing == N_FILES)
		return err_set(err, -ENOENT, "this kernel has no /proc/pressure");
	return 0;
}

const struct collector collector_pressure = {
	.name = "pressure",
	.summary = "Time work was held up for want of processor, memory or disk",
	.source = "/proc/pressure/{cpu,memory,io,irq}",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct pressure),
	.optional = true,
	.open = pressure_open,
	.sample = pressure_sample,
};
