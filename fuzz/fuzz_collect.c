/*
 * fuzz_collect.c - any bytes as the files of any collector, two cycles of it, and the message made
 * of them.
 *
 * The first line names the collector; what follows is cut at bytes 1 into the texts its sources
 * give, one after the other, from the start again when they run out. source.h is played by this
 * file: nothing of
 * this machine is read. Whatever a collector emits must become a message that is read back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/worker/collect/collect.h"
#include "base/mem.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sources {
	struct str rest, all;
};

struct source {
	struct sources *all;
	struct source *next;
};

/* Sources live until the input is through; the list is the state of a run. */
struct play {
	struct sources sources;
	struct source *first;
};

static void check(bool promise)
{
	if (!promise)
		abort();
}

struct source *source_get(struct sources *all, const char *path, enum source_shape shape)
{
	struct play *play = (struct play *)(void *)all; /* its first member */
	struct source *made = xcalloc(1, sizeof(*made));

	(void)path;
	(void)shape;
	*made = (struct source){ all, play->first };
	play->first = made;
	return made;
}

int source_text(struct source *s, struct str *ret, struct err *err)
{
	struct sources *all = s->all;

	if (all->rest.len == 0)
		all->rest = all->all;
	if (all->rest.len == 0)
		return err_set(err, -ENOENT, "nothing");
	if (!str_cut(&all->rest, '\x01', ret)) {
		*ret = all->rest;
		all->rest.len = 0;
	}
	return 0;
}

bool source_changed(struct source *s)
{
	(void)s;
	return true;
}

static const struct collector *find(struct str name)
{
	size_t n;
	const struct collector *const *all = collector_all(&n);

	for (size_t i = 0; i < n; i++)
		if (str_is(name, all[i]->name))
			return all[i];
	return NULL;
}

static void write_and_read(struct message_writer *w, const struct sample *now,
                           const struct sample *before)
{
	AUTO_BUF struct buf b = BUF(MESSAGE_MAX_BYTES);
	struct message_head head = { .ip = STR("10.0.0.7") };
	struct message_digest d;
	struct err err = { 0 };

	if (message_write(w, &b, &head, now, before))
		check(message_read(buf_as_str(&b), &d, &err) == 0 && strcmp(d.ip, "10.0.0.7") == 0);
	struct message_levels levels = message_levels(w, now);
	check(levels.mem >= -1 && levels.mem <= 100 && levels.disk >= -1 && levels.disk <= 100);
}

static void two_cycles(const struct collector *c, struct collect_cx *cx)
{
	struct message_writer *w = message_writer_new();
	struct sample samples[2] = { 0 };
	struct sink sink = { 0 };
	struct err err = { 0 };
	void *state = xcalloc(1, c->state_size);

	check(c->open == NULL || c->open(cx, state, &err) == 0);
	for (size_t i = 0; i < 2; i++) {
		cx->cycle++;
		sink_begin(&sink, &samples[i], 0, (int64_t)(i + 1) * 1000000000);
		int r = c->sample(cx, state, &sink, &err);
		check(r == 0 || (r < 0 && r == err.code && err.msg[0] != '\0'));
		if (r < 0)
			sink_rewind(&sink, 0);
		(void)sink_finish(&sink);
		write_and_read(w, &samples[i], i != 0 ? &samples[0] : NULL);
	}
	if (c->close != NULL)
		c->close(state);
	free(state);
	message_writer_free(w);
	sample_done(&samples[0]);
	sample_done(&samples[1]);
	sink_done(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, name;
	struct play play = { 0 };
	struct findings findings = { 0 };

	if (!str_cut(&text, '\n', &name) || find(name) == NULL)
		return 0;
	play.sources.all = play.sources.rest = text;
	struct collect_cx cx = { .root = -1, .sources = &play.sources, .findings = &findings };
	two_cycles(find(name), &cx);
	free(findings.p);
	for (struct source *s = play.first, *next; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	return 0;
}
