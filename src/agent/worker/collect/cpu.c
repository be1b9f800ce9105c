/*
 * cpu - processor time by mode, for the whole host and for each core.
 *
 * /proc/stat counts ticks of 1/USER_HZ s. The kernel counts a guest's time in
 * `user` as well as in `guest` (and the niced one in `nice` and `guest_nice`);
 * we take it out, so that the ten modes add up to all time. `idle` and
 * `iowait` may go backwards by a tick or two (proc(5) says so). Lines of
 * cores that are offline are missing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/scan.h"
#include "base/mem.h"

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE, N_MODES };
enum { COUNT, CTXT, INTR, SOFTIRQS, N_OTHERS };
enum { MAX_CORES = 8192, HUNDREDTHS = 100 };

#define ALL(name, field, help)                                                                     \
	{                                                                                          \
		"cpu." name, METRIC_COUNTER, 2, "s", NULL, "/proc/stat cpu field " field, help     \
	}
#define CORE(name, field, help)                                                                    \
	{                                                                                          \
		"cpu.core_" name, METRIC_COUNTER, 2, "s", "core", "/proc/stat cpuN field " field,  \
			help                                                                       \
	}

static const struct metric metrics[N_OTHERS + 2 * N_MODES] = {
	[COUNT] = { "cpu.count", METRIC_GAUGE, 0, "1", NULL, "/proc/stat lines cpuN",
	            "Processors online." },
	[CTXT] = { "cpu.ctxt", METRIC_COUNTER, 0, "1", NULL, "/proc/stat ctxt",
	           "Context switches." },
	[INTR] = { "cpu.interrupts", METRIC_COUNTER, 0, "1", NULL, "/proc/stat intr field 1",
	           "Interrupts served." },
	[SOFTIRQS] = { "cpu.softirqs", METRIC_COUNTER, 0, "1", NULL, "/proc/stat softirq field 1",
	               "Soft interrupts served." },
	ALL("user", "1 less 9", "Processor time in programs, guests' taken out."),
	ALL("nice", "2 less 10", "Processor time in niced programs, niced guests' taken out."),
	ALL("system", "3", "Processor time in the kernel."),
	ALL("idle", "4", "Processor time with nothing to do."),
	ALL("iowait", "5", "Processor time with nothing to do while a disk was busy for somebody."),
	ALL("irq", "6", "Processor time serving interrupts."),
	ALL("softirq", "7", "Processor time serving soft interrupts."),
	ALL("steal", "8", "Time the hypervisor gave to others although there was work here."),
	ALL("guest", "9", "Processor time of guests this host runs."),
	ALL("guest_nice", "10", "Processor time of niced guests this host runs."),
	CORE("user", "1 less 9", "Like cpu.user, of one core."),
	CORE("nice", "2 less 10", "Like cpu.nice, of one core."),
	CORE("system", "3", "Like cpu.system, of one core."),
	CORE("idle", "4", "Like cpu.idle, of one core."),
	CORE("iowait", "5", "Like cpu.iowait, of one core."),
	CORE("irq", "6", "Like cpu.irq, of one core."),
	CORE("softirq", "7", "Like cpu.softirq, of one core."),
	CORE("steal", "8", "Like cpu.steal, of one core."),
	CORE("guest", "9", "Like cpu.guest, of one core."),
	CORE("guest_nice", "10", "Like cpu.guest_nice, of one core."),
};

static const struct metric *const all_metrics = metrics + N_OTHERS;
static const struct metric *const core_metrics = metrics + N_OTHERS + N_MODES;

struct cpu_times {
	uint64_t t[N_MODES];
	size_t n; /* modes this kernel has */
};

struct cpu_core {
	uint64_t id;
	struct cpu_times times;
};

struct cpu_reading {
	struct cpu_times all;
	struct cpu_core *cores; /* owned */
	size_t n, cap;
	uint64_t others[N_OTHERS];
	bool has[N_OTHERS];
};

struct cpu_tag {
	uint64_t id;
	struct tags *tags;
};

struct cpu {
	struct source *file;
	uint64_t hz;
	struct cpu_reading now;
	struct cpu_tag *tags; /* parallel to the cores */
	size_t n_tags, cap_tags;
};

static bool parse_times(struct str *line, struct cpu_times *ret)
{
	ret->n = scan_numbers(line, ret->t, N_MODES);
	/* Read without a lock: the guest's share may be a tick ahead of what it is a share of. */
	if (ret->n > GUEST)
		ret->t[USER] -= ret->t[GUEST] < ret->t[USER] ? ret->t[GUEST] : ret->t[USER];
	if (ret->n > GUEST_NICE)
		ret->t[NICE] -=
			ret->t[GUEST_NICE] < ret->t[NICE] ? ret->t[GUEST_NICE] : ret->t[NICE];
	return ret->n >= IDLE + 1;
}

static int parse_core(struct str line, struct cpu_reading *ret, struct err *err)
{
	struct str all = scan_sample(line);

	if (ret->n >= MAX_CORES)
		return err_set(err, -EPROTO, "more than %d cores", MAX_CORES);
	if (ret->n == ret->cap)
		ret->cores = xgrow(ret->cores, &ret->cap, ret->n + 1, sizeof(ret->cores[0]));
	struct cpu_core *core = &ret->cores[ret->n];
	line = str_skip(line, 3);
	if (!scan_u64(&line, &core->id) || !parse_times(&line, &core->times))
		return err_set(err, -EPROTO, "bad line '%.*s'", (int)all.len, all.p);
	ret->n++;
	return 0;
}

/* The first number of a line that starts with `key` and a blank. */
static void parse_other(struct str line, struct str key, size_t which, struct cpu_reading *ret)
{
	if (!str_starts(line, key))
		return;
	line = str_skip(line, key.len);
	ret->has[which] = scan_u64(&line, &ret->others[which]);
}

/* `ret` keeps the memory of its cores from one text to the next. */
static int cpu_parse(struct str text, struct cpu_reading *ret, struct err *err)
{
	struct str line;

	ret->n = 0;
	memset(ret->has, 0, sizeof(ret->has));
	if (!scan_line(&text, &line) || !str_starts(line, STR("cpu ")))
		return err_set(err, -EPROTO, "want 'cpu' first");
	line = str_skip(line, 4);
	if (!parse_times(&line, &ret->all))
		return err_set(err, -EPROTO, "want at least four modes");
	while (scan_line(&text, &line)) {
		if (str_starts(line, STR("cpu"))) {
			int r = parse_core(line, ret, err);

			if (r < 0)
				return r;
			continue;
		}
		parse_other(line, STR("intr "), INTR, ret);
		parse_other(line, STR("ctxt "), CTXT, ret);
		parse_other(line, STR("softirq "), SOFTIRQS, ret);
	}
	ret->others[COUNT] = ret->n;
	ret->has[COUNT] = ret->n != 0;
	return 0;
}

static int cpu_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct cpu *c = state;
	long hz = sysconf(_SC_CLK_TCK);

	(void)err;
	c->hz = hz > 0 ? (uint64_t)hz : HUNDREDTHS;
	c->file = source_get(cx->sources, "proc/stat", SOURCE_WHOLE);
	return 0;
}

static void cpu_close(void *state)
{
	struct cpu *c = state;

	for (size_t i = 0; i < c->n_tags; i++)
		tags_unref(c->tags[i].tags);
	free(c->tags);
	free(c->now.cores);
}

/* The tags of the core at place `i`; made anew when another core stands there than before. */
static struct tags *core_tags(struct cpu *c, size_t i, uint64_t id)
{
	if (i < c->n_tags && c->tags[i].id == id)
		return c->tags[i].tags;
	AUTO_BUF struct buf text = BUF(32);
	buf_puts(&text, "core=");
	buf_u64(&text, id);
	if (i >= c->n_tags) {
		c->tags = xgrow(c->tags, &c->cap_tags, i + 1, sizeof(c->tags[0]));
		c->tags[c->n_tags++] = (struct cpu_tag){ 0 };
	}
	tags_unref(c->tags[i].tags);
	c->tags[i] = (struct cpu_tag){ id, tags_new(buf_as_str(&text)) };
	return c->tags[i].tags;
}

static void emit_times(const struct cpu *c, struct sink *out, const struct metric *rows,
                       struct tags *tags, const struct cpu_times *times)
{
	for (size_t i = 0; i < times->n; i++)
		sink_emit_u64(out, &rows[i], tags,
		              c->hz == HUNDREDTHS
		                      ? times->t[i]
		                      : times->t[i] / c->hz * HUNDREDTHS +
		                                times->t[i] % c->hz * HUNDREDTHS / c->hz);
}

static int cpu_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct cpu *c = state;
	struct str text;

	(void)cx;
	int r = source_text(c->file, &text, err);
	if (r < 0)
		return r;
	r = cpu_parse(text, &c->now, err);
	if (r < 0)
		return err_wrap(err, "parse /proc/stat");
	for (size_t i = 0; i < N_OTHERS; i++)
		if (c->now.has[i])
			sink_emit_u64(out, &metrics[i], NULL, c->now.others[i]);
	emit_times(c, out, all_metrics, NULL, &c->now.all);
	for (size_t i = 0; i < c->now.n; i++)
		emit_times(c, out, core_metrics, core_tags(c, i, c->now.cores[i].id),
		           &c->now.cores[i].times);
	return 0;
}

const struct collector collector_cpu = {
	.name = "cpu",
	.summary = "Processor time by mode, whole and per core",
	.source = "/proc/stat",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct cpu),
	.open = cpu_open,
	.sample = cpu_sample,
	.close = cpu_close,
};
