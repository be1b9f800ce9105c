/*
 * files - open file handles against the system-wide limit.
 *
 * /proc/sys/fs/file-nr holds three tab-separated numbers: handles allocated,
 * handles free (always 0 since Linux 2.6) and the limit. We publish the first
 * and the last; a ratio would hide which of the two moved.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"

enum { OPEN, LIMIT, N_METRICS };

static const struct metric metrics[N_METRICS] = {
	[OPEN] = { "files.open", METRIC_GAUGE, 0, "1", NULL, "/proc/sys/fs/file-nr field 1",
	           "File handles allocated." },
	[LIMIT] = { "files.limit", METRIC_GAUGE, 0, "1", NULL, "/proc/sys/fs/file-nr field 3",
	            "Most handles the kernel will allocate." },
};

struct files {
	struct source *file;
};

static int files_parse(struct str text, uint64_t ret[N_METRICS], struct err *err)
{
	struct str open, spare, limit;
	uint64_t v[N_METRICS] = { 0 };

	if (!str_cut(&text, '\t', &open) || !str_cut(&text, '\t', &spare) ||
	    !str_cut(&text, '\n', &limit) || text.len != 0)
		return err_set(err, -EPROTO, "want three fields");
	if (!str_u64(open, &v[OPEN]))
		return err_set(err, -EPROTO, "bad handle count '%.*s'", (int)open.len, open.p);
	if (!str_u64(limit, &v[LIMIT]))
		return err_set(err, -EPROTO, "bad limit '%.*s'", (int)limit.len, limit.p);
	memcpy(ret, v, sizeof(v));
	return 0;
}

static int files_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct files *f = state;

	(void)err;
	f->file = source_get(cx->sources, "proc/sys/fs/file-nr", SOURCE_WHOLE);
	return 0;
}

static int files_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct files *f = state;
	uint64_t v[N_METRICS] = { 0 };
	struct str text;

	(void)cx;
	int r = source_text(f->file, &text, err);
	if (r < 0)
		return r;
	if (files_parse(text, v, err) < 0)
		return err_wrap(err, "parse /proc/sys/fs/file-nr");
	for (size_t i = 0; i < N_METRICS; i++)
		sink_emit_u64(out, &metrics[i], NULL, v[i]);
	return 0;
}

const struct collector collector_files = {
	.name = "files",
	.summary = "Open file handles and their limit",
	.source = "/proc/sys/fs/file-nr",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct files),
	.open = files_open,
	.sample = files_sample,
};
