/*
 * mem - memory and swap space.
 *
 * /proc/meminfo has a line `Key:   number kB` for each amount; counts of huge
 * pages have no unit. What a kernel does not know it leaves out: those series do not exist there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/keyed.h"

#define MEM(name, key, unit, help)                                                                 \
	{                                                                                          \
		"mem." name, METRIC_GAUGE, 0, unit, NULL, "/proc/meminfo " key, help               \
	}

/* One row a metric; rows[] below names the keys in the same order. */
static const struct metric metrics[] = {
	MEM("total", "MemTotal", "B", "Memory the kernel manages."),
	MEM("free", "MemFree", "B", "Memory nobody uses."),
	MEM("available", "MemAvailable", "B",
	    "Memory programs could get without swapping, the kernel's estimate (since 3.14)."),
	MEM("buffers", "Buffers", "B", "Cached blocks of disks."),
	MEM("cached", "Cached", "B", "Cached pages of files, shared memory included."),
	MEM("swap_cached", "SwapCached", "B", "Memory that is in swap as well."),
	MEM("active", "Active", "B", "Memory used lately, kept as long as possible."),
	MEM("inactive", "Inactive", "B", "Memory not used lately, given up first."),
	MEM("active_anon", "Active(anon)", "B", "Of active: programs' own memory."),
	MEM("inactive_anon", "Inactive(anon)", "B", "Of inactive: programs' own memory."),
	MEM("active_file", "Active(file)", "B", "Of active: pages of files."),
	MEM("inactive_file", "Inactive(file)", "B", "Of inactive: pages of files."),
	MEM("unevictable", "Unevictable", "B", "Memory that cannot be given up."),
	MEM("mlocked", "Mlocked", "B", "Memory locked by programs."),
	MEM("swap_total", "SwapTotal", "B", "Size of all swap areas."),
	MEM("swap_free", "SwapFree", "B", "Swap nobody uses."),
	MEM("dirty", "Dirty", "B", "Cached changes not yet on their way to disk."),
	MEM("writeback", "Writeback", "B", "Cached changes on their way to disk."),
	MEM("anon", "AnonPages", "B", "Programs' own memory that is mapped."),
	MEM("mapped", "Mapped", "B", "Pages of files that are mapped."),
	MEM("shared", "Shmem", "B", "Shared memory and tmpfs."),
	MEM("slab", "Slab", "B", "The kernel's own objects."),
	MEM("slab_reclaimable", "SReclaimable", "B", "Of slab: what can be given up."),
	MEM("slab_unreclaimable", "SUnreclaim", "B", "Of slab: what cannot."),
	MEM("kernel_stack", "KernelStack", "B", "Stacks of threads inside the kernel."),
	MEM("page_tables", "PageTables", "B", "Tables that map memory."),
	MEM("commit_limit", "CommitLimit", "B",
	    "Most memory that may be promised under strict overcommit."),
	MEM("committed", "Committed_AS", "B", "Memory promised to programs."),
	MEM("vmalloc_used", "VmallocUsed", "B", "The kernel's memory mapped piece by piece."),
	MEM("percpu", "Percpu", "B", "The kernel's objects that exist once per processor."),
	MEM("corrupted", "HardwareCorrupted", "B",
	    "Memory taken out of use because of hardware errors."),
	MEM("anon_huge", "AnonHugePages", "B", "Programs' own memory in huge pages."),
	MEM("huge_total", "HugePages_Total", "1", "Huge pages set aside."),
	MEM("huge_free", "HugePages_Free", "1", "Huge pages set aside that nobody uses."),
	MEM("huge_reserved", "HugePages_Rsvd", "1", "Huge pages promised."),
	MEM("huge_surplus", "HugePages_Surp", "1", "Huge pages beyond those set aside."),
	MEM("huge_size", "Hugepagesize", "B", "Size of a huge page."),
};

static const struct keyed_row rows[COUNT_OF(metrics)] = {
	{ "MemTotal", 0, 1024 },
	{ "MemFree", 1, 1024 },
	{ "MemAvailable", 2, 1024 },
	{ "Buffers", 3, 1024 },
	{ "Cached", 4, 1024 },
	{ "SwapCached", 5, 1024 },
	{ "Active", 6, 1024 },
	{ "Inactive", 7, 1024 },
	{ "Active(anon)", 8, 1024 },
	{ "Inactive(anon)", 9, 1024 },
	{ "Active(file)", 10, 1024 },
	{ "Inactive(file)", 11, 1024 },
	{ "Unevictable", 12, 1024 },
	{ "Mlocked", 13, 1024 },
	{ "SwapTotal", 14, 1024 },
	{ "SwapFree", 15, 1024 },
	{ "Dirty", 16, 1024 },
	{ "Writeback", 17, 1024 },
	{ "AnonPages", 18, 1024 },
	{ "Mapped", 19, 1024 },
	{ "Shmem", 20, 1024 },
	{ "Slab", 21, 1024 },
	{ "SReclaimable", 22, 1024 },
	{ "SUnreclaim", 23, 1024 },
	{ "KernelStack", 24, 1024 },
	{ "PageTables", 25, 1024 },
	{ "CommitLimit", 26, 1024 },
	{ "Committed_AS", 27, 1024 },
	{ "VmallocUsed", 28, 1024 },
	{ "Percpu", 29, 1024 },
	{ "HardwareCorrupted", 30, 1024 },
	{ "AnonHugePages", 31, 1024 },
	{ "HugePages_Total", 32, 1 },
	{ "HugePages_Free", 33, 1 },
	{ "HugePages_Rsvd", 34, 1 },
	{ "HugePages_Surp", 35, 1 },
	{ "Hugepagesize", 36, 1024 },
};

static const struct keyed keyed = { rows, COUNT_OF(rows), ':' };

struct mem {
	struct source *file;
	struct keyed_memo memo;
};

static int mem_parse(struct keyed_memo *memo, struct str text, struct keyed_values *ret,
                     struct err *err)
{
	struct keyed_values v;
	int r = keyed_parse(&keyed, memo, text, &v, err);

	if (r < 0)
		return r;
	if ((v.seen & 3) != 3)
		return err_set(err, -EPROTO, "want MemTotal and MemFree");
	*ret = v;
	return 0;
}

static int mem_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct mem *m = state;

	(void)err;
	m->file = source_get(cx->sources, "proc/meminfo", SOURCE_WHOLE);
	return 0;
}

static int mem_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct mem *m = state;
	struct keyed_values now = { 0 };
	struct str text;

	(void)cx;
	int r = source_text(m->file, &text, err);
	if (r < 0)
		return r;
	if (mem_parse(&m->memo, text, &now, err) < 0)
		return err_wrap(err, "parse /proc/meminfo");
	for (size_t i = 0; i < COUNT_OF(metrics); i++)
		if (now.seen >> i & 1)
			sink_emit_u64(out, &metrics[i], NULL, now.v[i]);
	return 0;
}

const struct collector collector_mem = {
	.name = "mem",
	.summary = "Memory and swap space",
	.source = "/proc/meminfo",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct mem),
	.open = mem_open,
	.sample = mem_sample,
};
