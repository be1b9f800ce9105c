/*
 * agent_cycle.c - what one cycle of the agent costs, beside a bare program that only reads the same files.
 *
 *	agent_cycle bare|collect|encode narrow|full CYCLES INTERVAL_MS [PHASE_MS]
 *
 * bare reads the files and asks the file systems, nothing else; collect runs our collectors; encode also
 * writes the `info` message. narrow is load, cpu, mem, net, disk, fs; full is all there is. Prints one line of JSON:
 * median and mean CPU time a cycle (thread clock, the cycle's work alone) and of the process per cycle.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "agent/worker/collect/collect.h"
#include "agent/worker/collect/mounts.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "wire/message.h"

enum { WARM_UP = 5, ROOM = 1 << 20, PAGE = 4096, HALF_PAGE = PAGE / 2 };
enum mode { BARE, COLLECT, ENCODE };

/* The files of the collectors, and whether the narrow set has them too. */
static const struct file {
	const char *path;
	bool narrow, pieces;
} files[] = {
	{ "/proc/loadavg", true, false },
	{ "/proc/stat", true, false },
	{ "/proc/meminfo", true, false },
	{ "/proc/net/dev", true, true },
	{ "/proc/diskstats", true, true },
	{ "/proc/vmstat", false, true },
	{ "/proc/pressure/cpu", false, false },
	{ "/proc/pressure/memory", false, false },
	{ "/proc/pressure/io", false, false },
	{ "/proc/pressure/irq", false, false },
	{ "/proc/net/sockstat", false, false },
	{ "/proc/net/sockstat6", false, false },
	{ "/proc/net/snmp", false, false },
	{ "/proc/net/netstat", false, false },
	{ "/proc/sys/fs/file-nr", false, false },
	{ "/proc/uptime", false, false },
	{ "/proc/sys/kernel/random/entropy_avail", false, false },
	{ "/proc/self/statm", false, false },
};

struct bench {
	enum mode mode;
	bool narrow;
	int fds[COUNT_OF(files)];
	size_t caps[COUNT_OF(files)]; /* what is asked of each file */
	int mountinfo;
	struct mounts mounts;
	char *room;
	struct collect *collect;
	struct sample now, before;
	struct message_writer *writer;
	struct buf out;
	uint64_t seq;
	size_t bytes; /* of the last message, or read in the last cycle */
};

static void die(const char *what)
{
	(void)fprintf(stderr, "agent_cycle: %s\n", what);
	exit(1);
}

static int64_t thread_cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void open_bare(struct bench *b)
{
	struct err err = { 0 };

	b->room = xcalloc(1, ROOM);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		b->caps[i] = ROOM;
		b->fds[i] = b->narrow && !files[i].narrow
		                    ? -1
		                    : open(files[i].path, O_RDONLY | O_CLOEXEC);
	}
	b->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = b->mountinfo < 0 ? -1 : fd_read_all(b->mountinfo, b->room, ROOM);
	if (n < 0 || mounts_parse((struct str){ b->room, (size_t)n }, &b->mounts, &err) < 0)
		die("no mounts");
}

/*
 * As little as gets all of a file: one read, more only where the kernel hands it out by the page. Asked is a
 * little more than came last time: for some files the kernel clears as many bytes as it is asked for.
 */
static size_t read_bare(int fd, bool pieces, char *room, size_t *cap)
{
	size_t len = 0, want = *cap;
	ssize_t n;

	do {
		n = pread(fd, room + len, want - len, (off_t)len);
		if (n < 0)
			return len;
		len += (size_t)n;
	} while (pieces && n >= HALF_PAGE);
	*cap = (len + HALF_PAGE + PAGE) / PAGE * PAGE;
	return len;
}

static void cycle_bare(struct bench *b)
{
	struct pollfd p = { .fd = b->mountinfo, .events = POLLPRI };
	struct statvfs fs;
	struct stat st;

	b->bytes = 0;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (b->fds[i] >= 0)
			b->bytes += read_bare(b->fds[i], files[i].pieces, b->room, &b->caps[i]);
	(void)poll(&p, 1, 0);
	for (size_t i = 0; i < b->mounts.n; i++)
		if (!b->mounts.p[i].may_block)
			(void)statvfs(b->mounts.p[i].point, &fs);
	if (!b->narrow)
		(void)stat("/proc", &st);
}

static void open_ours(struct bench *b)
{
	static const char *const narrow[] = { "load", "cpu", "mem", "net", "disk", "fs" };
	struct err err = { 0 };
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (collect_open(root, narrow, b->narrow ? COUNT_OF(narrow) : 0, &b->collect, &err) < 0)
		die(err.msg);
	b->writer = message_writer_new();
	b->out = BUF(MESSAGE_MAX_BYTES);
}

static void cycle_ours(struct bench *b)
{
	const struct message_head head = {
		.ip = STR("10.0.0.7"),
		.mac = STR("aa:bb:cc:dd:ee:ff"),
		.hostname = STR("host.example"),
		.version = STR(MUSTER_VERSION),
		.seq = ++b->seq,
		.interval_ms = 1000,
	};
	struct sample spare = b->before;

	b->before = b->now;
	b->now = spare;
	collect_run(b->collect, clock_wall_ms(), clock_mono_ns(), NULL, &b->now);
	if (b->mode != ENCODE)
		return;
	buf_reset(&b->out);
	if (!message_write(b->writer, &b->out, &head, &b->now, &b->before))
		die("message does not fit");
	b->bytes = b->out.len;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void wait_until(int64_t mono_ns)
{
	struct timespec t = { mono_ns / 1000000000, mono_ns % 1000000000 };

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Cycles begin `phase_ns` behind full intervals of the clock, so that programs running beside each other take turns. */
static void run(struct bench *b, size_t cycles, int64_t interval_ns, int64_t phase_ns)
{
	int64_t *took = xcalloc(cycles, sizeof(*took)), sum = 0, cpu0 = 0;
	int64_t next = clock_mono_ns();

	if (interval_ns != 0)
		next += interval_ns - next % interval_ns + phase_ns;

	for (size_t i = 0; i < WARM_UP + cycles; i++) {
		next += i < WARM_UP ? 0 : interval_ns;
		if (interval_ns != 0 && i >= WARM_UP)
			wait_until(next);
		if (i == WARM_UP)
			cpu0 = clock_cpu_ns();
		int64_t from = thread_cpu_ns();
		if (b->mode == BARE)
			cycle_bare(b);
		else
			cycle_ours(b);
		if (i >= WARM_UP) {
			took[i - WARM_UP] = thread_cpu_ns() - from;
			sum += took[i - WARM_UP];
		}
	}
	int64_t cpu = clock_cpu_ns() - cpu0;
	qsort(took, cycles, sizeof(*took), by_value);
	int64_t median = took[cycles / 2];
	(void)printf(
		"{\"median_us\": %.2f, \"mean_us\": %.2f, \"process_us\": %.2f, \"bytes\": %zu}\n",
		(double)median / 1e3, (double)sum / (double)cycles / 1e3,
		(double)cpu / (double)cycles / 1e3, b->bytes);
	free(took);
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "bare", "collect", "encode" };
	struct bench b = { 0 };
	uint64_t cycles, interval_ms, phase_ms = 0;
	size_t m = 0;

	if (argc < 5 || argc > 6 || !str_u64(str_of(argv[3]), &cycles) || cycles == 0 ||
	    !str_u64(str_of(argv[4]), &interval_ms) ||
	    (argc == 6 && !str_u64(str_of(argv[5]), &phase_ms)))
		die("usage: agent_cycle bare|collect|encode narrow|full CYCLES INTERVAL_MS "
		    "[PHASE_MS]");
	while (m < COUNT_OF(modes) && strcmp(argv[1], modes[m]) != 0)
		m++;
	if (m == COUNT_OF(modes))
		die("the mode is bare, collect or encode");
	b.mode = (enum mode)m;
	b.narrow = strcmp(argv[2], "narrow") == 0;
	if (b.mode == BARE)
		open_bare(&b);
	else
		open_ours(&b);
	run(&b, cycles, (int64_t)interval_ms * 1000000, (int64_t)phase_ms * 1000000);
	collect_close(b.collect);
	message_writer_free(b.writer);
	sample_done(&b.now);
	sample_done(&b.before);
	buf_done(&b.out);
	mounts_done(&b.mounts);
	free(b.room);
	return 0;
}
