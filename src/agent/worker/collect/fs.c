/*
 * fs - how full each file system is, and which of them do not answer.
 *
 * The list comes from /proc/self/mountinfo (see mounts.h) and is read again only
 * when the kernel says it changed. File systems whose answer can only come from
 * this machine's memory are asked at once; all others (network, FUSE, whatever
 * lies behind them) by the threads of fspool.h: one that has not answered within DEADLINE is
 * a finding `fs.stuck`, has no values, and delays nobody. A local one that took long once is
 * no longer asked at once. Series of remote ones have the tag `remote=1`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/fspool.h"
#include "agent/worker/collect/mounts.h"
#include "base/clock.h"
#include "base/mem.h"

#define DEADLINE_NS    3000000000
#define TOO_LONG_NS    100000000
#define REMOTE_EACH_NS 9500000000 /* how often servers of file systems are asked */

enum { TOTAL, USED, FREE, AVAIL, INODES, INODES_FREE, READ_ONLY, STATE, N_METRICS };
enum { STATE_OK, STATE_STUCK };

#define FS(name, unit, source, help)                                                               \
	{                                                                                          \
		"fs." name, METRIC_GAUGE, 0, unit, "device,mount,remote,type", source, help        \
	}

static const struct metric metrics[N_METRICS] = {
	[TOTAL] = FS("total", "B", "statvfs f_blocks", "Size of the file system."),
	[USED] = FS("used", "B", "statvfs f_blocks less f_bfree", "Space in use."),
	[FREE] = FS("free", "B", "statvfs f_bfree", "Space not in use, root's reserve included."),
	[AVAIL] = FS("avail", "B", "statvfs f_bavail", "Space programs other than root's can get."),
	[INODES] = FS("inodes", "1", "statvfs f_files", "Files it can hold; 0 if it does not say."),
	[INODES_FREE] = FS("inodes_free", "1", "statvfs f_ffree", "Files it can still take."),
	[READ_ONLY] = FS("read_only", "1", "statvfs f_flag", "1 if nothing can be written."),
	[STATE] = FS("state", "1", "how long statvfs takes",
	             "0 ok, 1 stuck: has not answered for 3 s."),
};

struct fs_one {
	struct tags *tags;
	struct fsjob *job; /* NULL: asked at once */
	bool has_answer;
	struct statvfs answer; /* the last one */
	int64_t asked_ns;      /* when the last question began */
};

struct fs {
	struct source *file;
	fspool_ask *ask;
	struct fspool *pool;
	struct mounts mounts;
	struct fs_one *each; /* one a mount */
	bool has_mounts;
	int root;
	bool root_is_slash;
};

static void forget_mounts(struct fs *f)
{
	for (size_t i = 0; i < f->mounts.n && f->each != NULL; i++) {
		tags_unref(f->each[i].tags);
		fsjob_free(f->each[i].job);
	}
	free(f->each);
	f->each = NULL;
	mounts_done(&f->mounts);
	f->has_mounts = false;
}

static struct tags *make_tags(const struct mount *m)
{
	AUTO_BUF struct buf b = BUF(65536);

	(void)tags_add(&b, "device", str_of(m->device));
	(void)tags_add(&b, "mount", str_of(m->point));
	if (m->remote)
		(void)tags_add(&b, "remote", STR("1"));
	(void)tags_add(&b, "type", str_of(m->type));
	return tags_new(buf_as_str(&b));
}

/* The mount point as this process can reach it. */
static const char *path_of(const struct fs *f, const struct mount *m, char *room, size_t size)
{
	if (f->root_is_slash)
		return m->point;
	(void)snprintf(room, size, "/proc/self/fd/%d%s", f->root, m->point);
	return room;
}

static void give_job(struct fs *f, size_t i)
{
	char room[4300];

	f->each[i].job = fsjob_new(f->pool, path_of(f, &f->mounts.p[i], room, sizeof(room)));
}

/* What is known of a mount that was there before: its tags, its question under way, its answer. */
static bool keep_one(struct fs_one *to, struct mounts *old, struct fs_one *from,
                     const struct mount *m)
{
	for (size_t i = 0; i < old->n; i++) {
		if (from[i].tags == NULL || strcmp(old->p[i].point, m->point) != 0 ||
		    strcmp(old->p[i].device, m->device) != 0 ||
		    strcmp(old->p[i].type, m->type) != 0)
			continue;
		*to = from[i];
		from[i] = (struct fs_one){ 0 };
		return true;
	}
	return false;
}

static int read_mounts(struct fs *f, struct err *err)
{
	struct mounts list = { 0 };
	struct str text;

	int r = source_text(f->file, &text, err);
	if (r < 0)
		return r;
	if (mounts_parse(text, &list, err) < 0)
		return err_wrap(err, "parse /proc/self/mountinfo");
	struct fs_one *each = xcalloc(list.n, sizeof(each[0]));
	struct fs old = *f;
	f->mounts = list;
	f->each = each;
	f->has_mounts = true;
	for (size_t i = 0; i < list.n; i++) {
		if (!keep_one(&each[i], &old.mounts, old.each, &list.p[i]))
			each[i].tags = make_tags(&list.p[i]);
		if (list.p[i].may_block && each[i].job == NULL)
			give_job(f, i);
	}
	forget_mounts(&old);
	return 0;
}

static void ask_at_once(struct fs *f, size_t i)
{
	struct fs_one *one = &f->each[i];
	char room[4300];
	int64_t from = clock_mono_ns();

	one->has_answer =
		f->ask(path_of(f, &f->mounts.p[i], room, sizeof(room)), &one->answer) == 0;
	if (clock_mono_ns() - from > TOO_LONG_NS)
		give_job(f, i);
}

/* Returns whether it is stuck. */
static bool ask_by_thread(struct fs *f, size_t i, int64_t now)
{
	struct fs_one *one = &f->each[i];
	int64_t each_ns = f->mounts.p[i].remote ? REMOTE_EACH_NS : 0, since = 0;
	int code = 0;

	switch (fsjob_look(one->job, &one->answer, &code, &since)) {
	case FSJOB_QUEUED:
		/* All threads hang elsewhere: nothing is known, which is not this one's fault. */
		if (now - since > DEADLINE_NS)
			one->has_answer = false;
		return false;
	case FSJOB_WAITING:
		if (now - since <= DEADLINE_NS)
			return false;
		one->has_answer = false;
		return true;
	case FSJOB_DONE:
		one->has_answer = code == 0;
		break;
	case FSJOB_IDLE:
		break;
	}
	if (one->asked_ns == 0 || now - one->asked_ns >= each_ns) {
		one->asked_ns = now;
		fsjob_begin(one->job, now);
	}
	return false;
}

static int64_t bytes(fsblkcnt_t blocks, const struct statvfs *a)
{
	uint64_t v;

	if (__builtin_mul_overflow((uint64_t)blocks, (uint64_t)a->f_frsize, &v) || v > INT64_MAX)
		return INT64_MAX;
	return (int64_t)v;
}

static void emit_one(struct sink *out, const struct fs_one *one, bool stuck)
{
	const struct statvfs *a = &one->answer;

	if (one->has_answer) {
		fsblkcnt_t used = a->f_blocks > a->f_bfree ? a->f_blocks - a->f_bfree : 0;

		sink_emit(out, &metrics[TOTAL], one->tags, bytes(a->f_blocks, a));
		sink_emit(out, &metrics[USED], one->tags, bytes(used, a));
		sink_emit(out, &metrics[FREE], one->tags, bytes(a->f_bfree, a));
		sink_emit(out, &metrics[AVAIL], one->tags, bytes(a->f_bavail, a));
		sink_emit_u64(out, &metrics[INODES], one->tags, a->f_files);
		sink_emit_u64(out, &metrics[INODES_FREE], one->tags, a->f_ffree);
		sink_emit(out, &metrics[READ_ONLY], one->tags, (a->f_flag & ST_RDONLY) != 0);
	} else {
		for (size_t i = TOTAL; i <= READ_ONLY; i++)
			sink_miss(out, &metrics[i], one->tags);
	}
	sink_emit(out, &metrics[STATE], one->tags, stuck ? STATE_STUCK : STATE_OK);
}

static void report_stuck(const struct collect_cx *cx, const struct mount *m)
{
	findings_add(cx->findings, "fs.stuck", str_of(m->point),
	             "file system %s (%s from %s) has not answered for %d s", m->point, m->type,
	             m->device, (int)(DEADLINE_NS / 1000000000));
}

static int fs_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct fs *f = state;

	(void)err;
	f->file = source_get(cx->sources, "proc/self/mountinfo", SOURCE_RECORDS);
	f->ask = statvfs;
	f->pool = fspool_new(f->ask);
	f->root = cx->root;
	f->root_is_slash = cx->root_is_slash;
	return 0;
}

static void fs_close(void *state)
{
	struct fs *f = state;

	forget_mounts(f);
	fspool_free(f->pool);
}

static int fs_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct fs *f = state;

	if (source_changed(f->file) || !f->has_mounts) {
		int r = read_mounts(f, err);

		if (r < 0) {
			forget_mounts(f);
			return r;
		}
	}
	int64_t now = clock_mono_ns();
	for (size_t i = 0; i < f->mounts.n; i++) {
		const struct mount *m = &f->mounts.p[i];
		bool stuck = false;

		if (f->each[i].job != NULL)
			stuck = ask_by_thread(f, i, now);
		else
			ask_at_once(f, i);
		if (stuck)
			report_stuck(cx, m);
		/* Neither blocks nor an end: nothing is stored there. */
		if (!f->each[i].has_answer || f->each[i].answer.f_blocks != 0)
			emit_one(out, &f->each[i], stuck);
	}
	return 0;
}

const struct collector collector_fs = {
	.name = "fs",
	.summary = "How full each file system is, and which do not answer",
	.source = "/proc/self/mountinfo, statvfs()",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct fs),
	.open = fs_open,
	.sample = fs_sample,
	.close = fs_close,
};
