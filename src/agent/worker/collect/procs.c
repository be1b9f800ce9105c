/*
 * procs - how many processes and threads there are, without walking /proc each second.
 *
 * The link count of /proc is a constant plus the number of processes, which
 * costs one stat; the constant is found by walking /proc once in a while
 * (REWALK_CYCLES), because a loaded module may add a folder to /proc. Where the
 * link count does not behave like that (not a real /proc), there is no such number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/scan.h"
#include "base/fd.h"

enum { FORKS, RUNNING, BLOCKED, RUNNABLE, THREADS, COUNT, N_METRICS };
enum { REWALK_CYCLES = 900, PROC_MAGIC = 0x9fa0 };

static const struct metric metrics[N_METRICS] = {
	[FORKS] = { "procs.forks", METRIC_COUNTER, 0, "1", NULL, "/proc/stat processes",
	            "Processes and threads started." },
	[RUNNING] = { "procs.running", METRIC_GAUGE, 0, "1", NULL, "/proc/stat procs_running",
	              "Threads running or ready to run." },
	[BLOCKED] = { "procs.blocked", METRIC_GAUGE, 0, "1", NULL, "/proc/stat procs_blocked",
	              "Threads waiting for a disk." },
	[RUNNABLE] = { "procs.runnable", METRIC_GAUGE, 0, "1", NULL, "/proc/loadavg field 4",
	               "Scheduling entities ready to run." },
	[THREADS] = { "procs.threads", METRIC_GAUGE, 0, "1", NULL, "/proc/loadavg field 4",
	              "Threads there are." },
	[COUNT] = { "procs.count", METRIC_GAUGE, 0, "1", NULL, "link count of /proc",
	            "Processes there are." },
};

struct procs {
	struct source *stat, *loadavg;
	uint64_t walk_at;  /* cycle of the next walk */
	uint64_t constant; /* links of /proc that are no processes */
	bool has_constant;
};

struct procs_reading {
	uint64_t v[N_METRICS];
	bool has[N_METRICS];
};

static void procs_parse_stat(struct str text, struct procs_reading *ret)
{
	static const struct {
		struct str key;
		size_t which;
	} rows[] = {
		{ { "processes ", 10 }, FORKS },
		{ { "procs_running ", 14 }, RUNNING },
		{ { "procs_blocked ", 14 }, BLOCKED },
	};
	struct str line;

	while (scan_line(&text, &line)) {
		if (line.len == 0 || line.p[0] != 'p')
			continue;
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			if (!str_starts(line, rows[i].key))
				continue;
			line = str_skip(line, rows[i].key.len);
			ret->has[rows[i].which] = scan_u64(&line, &ret->v[rows[i].which]);
			break;
		}
	}
}

/* "0.00 0.01 0.05 1/234 5678" */
static int procs_parse_loadavg(struct str text, struct procs_reading *ret, struct err *err)
{
	uint64_t running, all;

	scan_skip(&text, 3);
	if (!scan_u64(&text, &running) || text.len == 0 || text.p[0] != '/')
		return err_set(err, -EPROTO, "want running/all in field 4");
	text = str_skip(text, 1);
	if (!scan_u64(&text, &all))
		return err_set(err, -EPROTO, "want running/all in field 4");
	ret->v[RUNNABLE] = running;
	ret->v[THREADS] = all;
	ret->has[RUNNABLE] = ret->has[THREADS] = true;
	return 0;
}

static bool walk_count(int root, uint64_t *ret)
{
	AUTO_CLOSE int fd = openat(root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	uint64_t n = 0;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != PROC_MAGIC)
		return false;
	DIR *dir = fdopendir(FD_GIVE(fd));
	if (dir == NULL)
		return false;
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] >= '1' && e->d_name[0] <= '9';
	(void)closedir(dir);
	*ret = n;
	return true;
}

static void count_processes(const struct collect_cx *cx, struct procs *p, struct procs_reading *ret)
{
	struct stat st;
	uint64_t n;

	if (cx->cycle >= p->walk_at) {
		p->walk_at = cx->cycle + REWALK_CYCLES;
		p->has_constant = walk_count(cx->root, &n) &&
		                  fstatat(cx->root, "proc", &st, 0) == 0 && st.st_nlink > n;
		p->constant = p->has_constant ? st.st_nlink - n : 0;
	}
	if (!p->has_constant || fstatat(cx->root, "proc", &st, 0) < 0 || st.st_nlink <= p->constant)
		return;
	ret->v[COUNT] = st.st_nlink - p->constant;
	ret->has[COUNT] = true;
}

static int procs_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct procs *p = state;

	(void)err;
	p->stat = source_get(cx->sources, "proc/stat", SOURCE_WHOLE);
	p->loadavg = source_get(cx->sources, "proc/loadavg", SOURCE_WHOLE);
	return 0;
}

static int procs_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct procs *p = state;
	struct procs_reading now = { 0 };
	struct str text;

	int r = source_text(p->loadavg, &text, err);
	if (r < 0)
		return r;
	if (procs_parse_loadavg(text, &now, err) < 0)
		return err_wrap(err, "parse /proc/loadavg");
	r = source_text(p->stat, &text, err);
	if (r < 0)
		return r;
	procs_parse_stat(text, &now);
	count_processes(cx, p, &now);
	for (size_t i = 0; i < N_METRICS; i++)
		if (now.has[i])
			sink_emit_u64(out, &metrics[i], NULL, now.v[i]);
	return 0;
}

const struct collector collector_procs = {
	.name = "procs",
	.summary = "Processes and threads: how many, running, blocked, started",
	.source = "/proc/stat, /proc/loadavg, link count of /proc",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct procs),
	.open = procs_open,
	.sample = procs_sample,
};
