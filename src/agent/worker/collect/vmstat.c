/*
 * vmstat - paging, swapping, reclaim and what ran out of memory.
 *
 * /proc/vmstat has a line `key number` for each counter, more with every
 * kernel. Before 4.8 the reclaim counters were kept per zone: we add the zones up. The kernel sums
 * over all processors to print it, so this is the dearest of the small files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/keyed.h"

#define VM(name, unit, key, help)                                                                  \
	{                                                                                          \
		"vmstat." name, METRIC_COUNTER, 0, unit, NULL, "/proc/vmstat " key, help           \
	}

static const struct metric metrics[] = {
	VM("paged_in", "B", "pgpgin", "Data read from block devices."),
	VM("paged_out", "B", "pgpgout", "Data written to block devices."),
	VM("swapped_in", "1", "pswpin", "Pages brought in from swap."),
	VM("swapped_out", "1", "pswpout", "Pages put out to swap."),
	VM("faults", "1", "pgfault", "Page faults, those served from memory included."),
	VM("major_faults", "1", "pgmajfault", "Page faults that had to wait for a disk."),
	VM("scanned_kswapd", "1", "pgscan_kswapd*", "Pages the background reclaimer looked at."),
	VM("scanned_direct", "1", "pgscan_direct*",
	   "Pages programs had to look at themselves when memory was short."),
	VM("stolen_kswapd", "1", "pgsteal_kswapd*", "Pages the background reclaimer freed."),
	VM("stolen_direct", "1", "pgsteal_direct*",
	   "Pages programs had to free themselves when memory was short."),
	VM("stalls", "1", "allocstall*",
	   "Times a program had to reclaim memory before it got some."),
	VM("refaults", "1", "workingset_refault*",
	   "Pages that were given up and needed again soon."),
	VM("compact_stalls", "1", "compact_stall",
	   "Times a program had to wait for memory to be defragmented."),
	VM("huge_faults", "1", "thp_fault_alloc", "Huge pages given to programs."),
	VM("numa_misses", "1", "numa_miss", "Pages taken from a node other than the wanted one."),
	VM("oom_kills", "1", "oom_kill", "Processes killed because memory ran out (since 4.13)."),
};

/* Slots are the rows of metrics[]. */
static const struct keyed_row rows[] = {
	{ "pgpgin", 0, 1024 },
	{ "pgpgout", 1, 1024 },
	{ "pswpin", 2, 1 },
	{ "pswpout", 3, 1 },
	{ "pgfault", 4, 1 },
	{ "pgmajfault", 5, 1 },
	{ "pgscan_kswapd", 6, 1 },
	{ "pgscan_kswapd_dma", 6, 1 },
	{ "pgscan_kswapd_dma32", 6, 1 },
	{ "pgscan_kswapd_normal", 6, 1 },
	{ "pgscan_kswapd_high", 6, 1 },
	{ "pgscan_kswapd_movable", 6, 1 },
	{ "pgscan_direct", 7, 1 },
	{ "pgscan_direct_dma", 7, 1 },
	{ "pgscan_direct_dma32", 7, 1 },
	{ "pgscan_direct_normal", 7, 1 },
	{ "pgscan_direct_high", 7, 1 },
	{ "pgscan_direct_movable", 7, 1 },
	{ "pgsteal_kswapd", 8, 1 },
	{ "pgsteal_kswapd_dma", 8, 1 },
	{ "pgsteal_kswapd_dma32", 8, 1 },
	{ "pgsteal_kswapd_normal", 8, 1 },
	{ "pgsteal_kswapd_high", 8, 1 },
	{ "pgsteal_kswapd_movable", 8, 1 },
	{ "pgsteal_direct", 9, 1 },
	{ "pgsteal_direct_dma", 9, 1 },
	{ "pgsteal_direct_dma32", 9, 1 },
	{ "pgsteal_direct_normal", 9, 1 },
	{ "pgsteal_direct_high", 9, 1 },
	{ "pgsteal_direct_movable", 9, 1 },
	{ "allocstall", 10, 1 },
	{ "allocstall_dma", 10, 1 },
	{ "allocstall_dma32", 10, 1 },
	{ "allocstall_normal", 10, 1 },
	{ "allocstall_high", 10, 1 },
	{ "allocstall_movable", 10, 1 },
	{ "allocstall_device", 10, 1 },
	{ "workingset_refault", 11, 1 },
	{ "workingset_refault_anon", 11, 1 },
	{ "workingset_refault_file", 11, 1 },
	{ "compact_stall", 12, 1 },
	{ "thp_fault_alloc", 13, 1 },
	{ "numa_miss", 14, 1 },
	{ "oom_kill", 15, 1 },
};

static const struct keyed keyed = { rows, COUNT_OF(rows), ' ' };

_Static_assert(COUNT_OF(rows) <= KEYED_ROWS, "the memo holds every row");

struct vmstat {
	struct source *file;
	struct keyed_memo memo;
};

static int vmstat_parse(struct keyed_memo *memo, struct str text, struct keyed_values *ret,
                        struct err *err)
{
	struct keyed_values v;
	int r = keyed_parse(&keyed, memo, text, &v, err);

	if (r < 0)
		return r;
	if (v.seen == 0)
		return err_set(err, -EPROTO, "no line that is known");
	*ret = v;
	return 0;
}

static int vmstat_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct vmstat *m = state;

	(void)err;
	m->file = source_get(cx->sources, "proc/vmstat", SOURCE_PIECES);
	return 0;
}

static int vmstat_sample(const struct collect_cx *cx, void *state, struct sink *out,
                         struct err *err)
{
	struct vmstat *m = state;
	struct keyed_values now = { 0 };
	struct str text;

	(void)cx;
	int r = source_text(m->file, &text, err);
	if (r < 0)
		return r;
	if (vmstat_parse(&m->memo, text, &now, err) < 0)
		return err_wrap(err, "parse /proc/vmstat");
	for (size_t i = 0; i < COUNT_OF(metrics); i++)
		if (now.seen >> i & 1)
			sink_emit_u64(out, &metrics[i], NULL, now.v[i]);
	return 0;
}

const struct collector collector_vmstat = {
	.name = "vmstat",
	.summary = "Paging, swapping, reclaim, out-of-memory kills",
	.source = "/proc/vmstat",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct vmstat),
	.open = vmstat_open,
	.sample = vmstat_sample,
};
