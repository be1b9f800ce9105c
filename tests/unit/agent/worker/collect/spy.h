/*
 * spy.h - one collector over a tree of fixtures, and what it emitted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_AGENT_WORKER_COLLECT_SPY_H
#define TESTS_UNIT_AGENT_WORKER_COLLECT_SPY_H

#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

#ifndef FIXTURES /* the build says where */
#define FIXTURES "tests/fixtures"
#endif

struct spy {
	const struct collector *collector;
	struct collect_cx cx;
	struct findings findings;
	struct sink sink;
	struct sample sample;
	void *state;
	struct err err;
};

/* Opens the collector over FIXTURES/tree; the last two lines of a test are spy_close(). */
static inline void spy_open(struct spy *s, const struct collector *c, const char *tree)
{
	char path[512];

	*s = (struct spy){ .collector = c, .state = xcalloc(1, c->state_size) };
	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, tree);
	s->cx.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(s->cx.root >= 0);
	s->cx.sources = sources_new(s->cx.root);
	s->cx.findings = &s->findings;
	if (c->open != NULL)
		assert_int_equal(c->open(&s->cx, s->state, &s->err), 0);
}

/* One cycle; returns what the collector returned. */
static inline int spy_run(struct spy *s)
{
	s->cx.cycle++;
	s->cx.started_ns = clock_mono_ns();
	s->findings.n = 0;
	sources_next(s->cx.sources, s->cx.cycle);
	sink_begin(&s->sink, &s->sample, 0, 0);
	int r = s->collector->sample(&s->cx, s->state, &s->sink, &s->err);
	if (r < 0)
		sink_rewind(&s->sink, 0);
	(void)sink_finish(&s->sink);
	return r;
}

/* Index of a series by its name and tags ("" for none); -1 if it was not emitted. */
static inline ptrdiff_t spy_find(const struct spy *s, const char *name, const char *tags)
{
	for (size_t i = 0; i < s->sample.schema->n; i++) {
		const struct series *one = &s->sample.schema->series[i];

		if (strcmp(one->metric->name, name) == 0 &&
		    strcmp(one->tags != NULL ? one->tags->text : "", tags) == 0)
			return (ptrdiff_t)i;
	}
	return -1;
}

/* The mantissa of a series that must be there; SAMPLE_ABSENT if it has no value. */
static inline int64_t spy_value(const struct spy *s, const char *name, const char *tags)
{
	ptrdiff_t i = spy_find(s, name, tags);

	if (i < 0)
		fail_msg("no series %s{%s}", name, tags);
	return s->sample.values[i];
}

static inline bool spy_has(const struct spy *s, const char *name, const char *tags)
{
	return spy_find(s, name, tags) >= 0;
}

static inline void spy_close(struct spy *s)
{
	if (s->collector->close != NULL)
		s->collector->close(s->state);
	free(s->state);
	free(s->findings.p);
	sample_done(&s->sample);
	sink_done(&s->sink);
	sources_free(s->cx.sources);
	fd_close(&s->cx.root);
}

/* What every collector owes: an empty tree gives -ENOENT and a sentence with the file's name. */
static inline void spy_empty(const struct collector *c, const char *msg)
{
	struct spy s;

	spy_open(&s, c, "empty");
	assert_int_equal(spy_run(&s), -ENOENT);
	assert_string_equal(s.err.msg, msg);
	assert_int_equal(s.sample.schema->n, 0);
	spy_close(&s);
}

/* And a hostile one a refusal with the sentence. */
static inline void spy_hostile(const struct collector *c, const char *msg)
{
	struct spy s;

	spy_open(&s, c, "hostile");
	assert_int_equal(spy_run(&s), -EPROTO);
	assert_string_equal(s.err.msg, msg);
	spy_close(&s);
}

#endif
