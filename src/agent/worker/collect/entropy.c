/*
 * entropy - how much randomness the kernel holds ready.
 *
 * /proc/sys/kernel/random/entropy_avail is one number, in bits. Before Linux 5.6
 * /dev/random blocked when it was low; since 5.18 it stays at 256 once the generator is seeded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"

static const struct metric metrics[] = {
	{ "entropy.available", METRIC_GAUGE, 0, "bit", NULL,
	  "/proc/sys/kernel/random/entropy_avail", "Randomness the kernel holds ready." },
};

struct entropy {
	struct source *file;
};

static int entropy_parse(struct str text, uint64_t *ret, struct err *err)
{
	struct str line = str_trim(text);

	if (!str_u64(line, ret))
		return err_set(err, -EPROTO, "bad number '%.*s'", (int)line.len, line.p);
	return 0;
}

static int entropy_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct entropy *e = state;

	(void)err;
	e->file = source_get(cx->sources, "proc/sys/kernel/random/entropy_avail", SOURCE_WHOLE);
	return 0;
}

static int entropy_sample(const struct collect_cx *cx, void *state, struct sink *out,
                          struct err *err)
{
	struct entropy *e = state;
	struct str text;
	uint64_t v = 0;

	(void)cx;
	int r = source_text(e->file, &text, err);
	if (r < 0)
		return r;
	if (entropy_parse(text, &v, err) < 0)
		return err_wrap(err, "parse /proc/sys/kernel/random/entropy_avail");
	sink_emit_u64(out, &metrics[0], NULL, v);
	return 0;
}

const struct collector collector_entropy = {
	.name = "entropy",
	.summary = "Randomness the kernel holds ready",
	.source = "/proc/sys/kernel/random/entropy_avail",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct entropy),
	.optional = true,
	.open = entropy_open,
	.sample = entropy_sample,
};
