/*
 * collect.c - running collectors once a cycle, whatever happens to any of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

enum { REOPEN_EVERY = 30 };

struct slot {
	void *state;
	bool is_open;
	uint64_t reopen_at;
	struct err err;
};

struct collect {
	struct collect_cx cx;
	struct sources *sources;
	struct findings findings;
	struct sink sink;
	struct slot *slots;               /* one a collector */
	struct collect_outcome *outcomes; /* the same order */
	size_t n;
	bool timed;
};

static const struct collector *find_collector(const char *name, struct err *err)
{
	size_t n;
	const struct collector *const *all = collector_all(&n);
	AUTO_BUF struct buf known = BUF(400);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
		buf_printf(&known, "%s%s", i != 0 ? ", " : "", all[i]->name);
	}
	err_set(err, -EINVAL, "no collector '%.40s' (there are: %s)", name, buf_cstr(&known));
	return NULL;
}

static bool is_slash(int root)
{
	struct stat a, b;

	return fstat(root, &a) == 0 && stat("/", &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int choose(struct collect *c, const char *const names[], size_t n, struct err *err)
{
	size_t n_all;
	const struct collector *const *all = collector_all(&n_all);

	c->n = n != 0 ? n : n_all;
	c->slots = xcalloc(c->n, sizeof(c->slots[0]));
	c->outcomes = xcalloc(c->n, sizeof(c->outcomes[0]));
	for (size_t i = 0; i < c->n; i++) {
		const struct collector *col = n != 0 ? find_collector(names[i], err) : all[i];

		if (col == NULL)
			return err->code;
		for (size_t k = 0; k < i; k++)
			if (c->outcomes[k].collector == col)
				return err_set(err, -EINVAL, "collector '%s' is named twice",
				               col->name);
		c->outcomes[i].collector = col;
		c->outcomes[i].msg = "";
		c->slots[i].state = xcalloc(1, col->state_size);
	}
	return 0;
}

int collect_open(int root, const char *const names[], size_t n, struct collect **ret,
                 struct err *err)
{
	struct collect *c = xcalloc(1, sizeof(*c));

	c->cx.root = fcntl(root, F_DUPFD_CLOEXEC, 3);
	int r = c->cx.root < 0 ? err_sys(err, "keep the root directory") : 0;
	if (r == 0)
		r = choose(c, names, n, err);
	if (r < 0) {
		collect_close(c);
		return r;
	}
	c->cx.root_is_slash = is_slash(c->cx.root);
	c->sources = sources_new(c->cx.root);
	c->cx.sources = c->sources;
	c->cx.findings = &c->findings;
	*ret = c;
	return 0;
}

void collect_close(struct collect *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct collector *col = c->outcomes[i].collector;

		if (c->slots[i].is_open && col->close != NULL)
			col->close(c->slots[i].state);
		free(c->slots[i].state);
	}
	sink_done(&c->sink);
	sources_free(c->sources);
	fd_close(&c->cx.root);
	free(c->findings.p);
	free(c->slots);
	free(c->outcomes);
	free(c);
}

static int open_slot(struct collect *c, size_t i)
{
	const struct collector *col = c->outcomes[i].collector;
	struct slot *slot = &c->slots[i];
	int r = 0;

	if (slot->is_open)
		return 0;
	if (c->cx.cycle < slot->reopen_at)
		return slot->err.code;
	if (col->open != NULL)
		r = col->open(&c->cx, slot->state, &slot->err);
	if (r == 0) {
		slot->is_open = true;
		return 0;
	}
	if (col->close != NULL)
		col->close(slot->state);
	memset(slot->state, 0, col->state_size);
	slot->reopen_at = c->cx.cycle + REOPEN_EVERY;
	return r;
}

/*
 * The series this collector had in the cycle before, without values, so that one failure makes
 * holes only.
 */
static void emit_holes(struct collect *c, const struct collect_outcome *o)
{
	const struct schema *before = c->sink.schema;

	for (size_t k = 0; before != NULL && k < o->n && o->first + k < before->n; k++) {
		const struct series *s = &before->series[o->first + k];

		sink_miss(&c->sink, s->metric, s->tags);
	}
}

static void run_slot(struct collect *c, size_t i)
{
	struct collect_outcome *o = &c->outcomes[i];
	const struct collector *col = o->collector;
	struct slot *slot = &c->slots[i];
	int64_t t0 = c->timed ? clock_mono_ns() : 0;
	size_t from = sink_count(&c->sink);

	o->code = open_slot(c, i);
	if (o->code == 0)
		o->code = col->sample(&c->cx, slot->state, &c->sink, &slot->err);
	o->msg = o->code < 0 ? slot->err.msg : "";
	if (o->code < 0) {
		sink_rewind(&c->sink, from);
		emit_holes(c, o);
		if (!(col->optional && o->code == -ENOENT))
			findings_add(&c->findings, "collect.failed", str_of(col->name), "%s",
			             slot->err.msg);
	}
	o->first = from;
	o->n = sink_count(&c->sink) - from;
	o->took_ns = c->timed ? clock_mono_ns() - t0 : 0;
}

void collect_run(struct collect *c, int64_t ts_ms, int64_t mono_ns, const struct collect_self *self,
                 struct sample *into)
{
	c->cx.cycle++;
	c->cx.started_ns = clock_mono_ns();
	c->cx.self = self != NULL ? *self : (struct collect_self){ 0 };
	c->findings.n = 0;
	sources_next(c->sources, c->cx.cycle);
	sink_begin(&c->sink, into, ts_ms, mono_ns);
	for (size_t i = 0; i < c->n; i++)
		run_slot(c, i);
	(void)sink_finish(&c->sink);
}

const struct finding *collect_findings(const struct collect *c, size_t *ret_n)
{
	*ret_n = c->findings.n;
	return c->findings.p;
}

void collect_time(struct collect *c, bool on)
{
	c->timed = on;
}

const struct collect_outcome *collect_outcomes(const struct collect *c, size_t *ret_n)
{
	*ret_n = c->n;
	return c->outcomes;
}
