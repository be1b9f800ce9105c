/*
 * report.c - what a report is in Redis: keys first, then messages, in one write.
 *
 * Rates are told over at least MIN_RATE_MS, or a report right behind another would be noise. The message in
 * server:workload:{ip} has its rates from report to report; while somebody watches, the published one has them
 * from message to message, so that a chart of each second has no dent where a report falls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/worker/ship/ship_int.h"
#include "base/clock.h"

enum {
	MIN_RATE_MS = 500,
	NUMBER_SIZE = 32,
};

/* ---- Facts */

bool ship_fact(struct ship *s, const char *name, struct str value)
{
	size_t i = 0;
	char text[SHIP_FACT_SIZE];

	while (i < s->n_facts && strncmp(s->facts[i].name, name, FACT_NAME_SIZE - 1) != 0)
		i++;
	if (i == SHIP_FACTS_MAX)
		return false;
	struct fact *f = &s->facts[i];
	if (i == s->n_facts) {
		s->n_facts++;
		(void)snprintf(f->name, sizeof(f->name), "%s", name);
	}
	value.len = str_find(value, '\0');
	if (value.len >= sizeof(text)) {
		value.len = sizeof(text) - 1;
		while (value.len != 0 && ((unsigned char)value.p[value.len] & 0xc0) == 0x80)
			value.len--;
	}
	(void)str_copy(value, text, sizeof(text));
	if (strcmp(f->value, text) != 0) {
		memcpy(f->value, text, sizeof(text));
		f->sent = false;
	}
	return true;
}

struct str ship_fact_value(const struct ship *s, const char *name)
{
	for (size_t i = 0; i < s->n_facts; i++)
		if (strcmp(s->facts[i].name, name) == 0)
			return str_of(s->facts[i].value);
	return STR("");
}

static void forget_facts(struct ship *s)
{
	for (size_t i = 0; i < s->n_facts; i++)
		s->facts[i].sent = s->facts[i].written = false;
}

/* ---- Answers */

static const char *const what_names[W_N] = {
	[W_WORKER] = "rdv_worker_[ip]",      [W_SERVERS_ALIVE] = "servers:alive",
	[W_ALIVE] = "server:alive:{ip}",     [W_INFO] = "server:info:{ip}",
	[W_INFO_FRESH] = "server:info:{ip}", [W_WORKLOAD] = "server:workload:{ip}",
	[W_UPDATE] = "channel update:info",  [W_UPDATE_ALIVE] = "channel update:info:{ip}:alive",
};

static void on_mended(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct slot *slot = arg;
	struct ship *s = slot->ship;

	(void)bus;
	s->mending &= ~(1U << slot->what);
	if (!ship_answered(s, reply) || err == NULL)
		return;
	s->foreign |= 1U << slot->what;
	ship_refused(s, what_names[slot->what], err);
}

static struct str key_of(const struct ship *s, enum what what)
{
	if (what == W_WORKLOAD)
		return key_str(&s->keys.workload);
	return what == W_SERVERS_ALIVE ? key_plain(KEY_SERVERS_ALIVE) : key_str(&s->keys.info);
}

/*
 * A key of the contract holds something of another type, so nothing can be written there. One of this host's own is
 * deleted, for the next report to make it anew; servers:alive belongs to all hosts and is a person's to mend.
 */
static void mend_type(struct ship *s, enum what what)
{
	enum what key = what == W_INFO_FRESH ? W_INFO : what;
	bool ours = key != W_SERVERS_ALIVE;
	char text[EVENT_TEXT_SIZE];
	struct ship_event ev = { 0 };
	struct str name = key_of(s, key);

	if (((s->mending | s->foreign) & (1U << key)) != 0)
		return;
	if (ours) {
		(void)snprintf(text, sizeof(text),
		               "the key " STR_FMT
		               " is of another type: deleted, to be written anew",
		               STR_ARG(name));
		s->mending |= 1U << key;
		SHIP_SEND(s, on_mended, &s->slots[key], STR("DEL"), name);
	} else {
		(void)snprintf(text, sizeof(text),
		               "the key " STR_FMT
		               " is of another type: nothing can be written there",
		               STR_ARG(name));
		s->foreign |= 1U << key;
	}
	log_warn("ship: %s", text);
	if (key == W_INFO)
		forget_facts(s);
	ev.kind = "key.type";
	ev.level = ours ? EVENT_WARN : EVENT_ERROR;
	ev.text = text;
	ship_event(s, &ev);
}

static void on_written(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct slot *slot = arg;
	struct ship *s = slot->ship;
	int64_t n = 0;

	(void)bus;
	if (!ship_answered(s, reply))
		return;
	if (err != NULL && str_starts(reply->text, STR("WRONGTYPE "))) {
		mend_type(s, slot->what);
		return;
	}
	if (err != NULL) {
		ship_refused(s, what_names[slot->what], err);
		return;
	}
	if (slot->what == W_UPDATE) {
		s->heard = reply_i64(reply, &n) && n > 0;
		ship_event_flush(s);
	} else if (slot->what == W_INFO && reply_i64(reply, &n) && n > 0) {
		/* All fields should have been there: somebody emptied Redis, or deleted the key. */
		forget_facts(s);
		ship_ring(s);
	}
}

static void put(struct ship *s, enum what what, const struct str *args, size_t n)
{
	ship_send(s, args, n, on_written, &s->slots[what]);
}

#define PUT(s, what, ...)                                                                          \
	put((s), (what), (const struct str[]){ __VA_ARGS__ },                                      \
	    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* ---- Writing */

/* Thousandths as a decimal, such as a time in seconds. */
static struct str decimal(struct ship *s, int64_t thousandths, char dst[NUMBER_SIZE])
{
	buf_reset(&s->number);
	buf_fixed(&s->number, thousandths, 3);
	(void)str_copy(buf_as_str(&s->number), dst, NUMBER_SIZE);
	return str_of(dst);
}

static struct str whole(int64_t v, char dst[NUMBER_SIZE])
{
	(void)snprintf(dst, NUMBER_SIZE, "%" PRId64, v);
	return str_of(dst);
}

/* server:info:{ip}: the signs of life, and the facts that are not there as they should be. */
static void write_info(struct ship *s, int64_t ts_ms, uint64_t seq)
{
	char seen[NUMBER_SIZE], number[NUMBER_SIZE], interval[NUMBER_SIZE], offset[NUMBER_SIZE];
	struct str args[2 + 2 * (LIFE_N + SHIP_FACTS_MAX)];
	size_t n = 0;
	bool fresh = false;

	(void)ship_fact(s, "offset", whole(offset_ms(&s->beat.offset, ship_now()), offset));
	args[n++] = STR("HSET");
	args[n++] = key_str(&s->keys.info);
	args[n++] = STR("id");
	args[n++] = str_of(s->id);
	args[n++] = STR("seen");
	args[n++] = whole(ts_ms, seen);
	args[n++] = STR("seq");
	args[n++] = whole((int64_t)seq, number);
	args[n++] = STR("interval");
	args[n++] = decimal(s, beat_interval_ms(&s->beat), interval);
	args[n++] = STR("run");
	args[n++] = s->beat.running ? STR("1") : STR("0");
	for (size_t i = 0; i < s->n_facts; i++) {
		struct fact *f = &s->facts[i];

		if (f->sent || f->value[0] == '\0')
			continue;
		args[n++] = str_of(f->name);
		args[n++] = str_of(f->value);
		fresh |= !f->written;
		f->sent = f->written = true;
	}
	put(s, fresh ? W_INFO_FRESH : W_INFO, args, n);
	if (fresh)
		PUT(s, W_INFO_FRESH, STR("HSETNX"), key_str(&s->keys.info), STR("first_seen"),
		    str_of(seen));
}

static void write_alive(struct ship *s, bool alive)
{
	struct str value = alive ? STR("1") : STR("0");

	PUT(s, W_SERVERS_ALIVE, STR("HSET"), key_plain(KEY_SERVERS_ALIVE), str_of(s->ip), value);
	PUT(s, W_ALIVE, STR("SET"), key_str(&s->keys.alive), value);
}

static void publish_alive(struct ship *s, int64_t ts_ms, uint64_t seq, bool alive)
{
	struct update u = { .kind = UPDATE_ALIVE, .alive = alive, .seq = seq, .ts_ms = ts_ms };

	if (alive)
		u.interval_ms = beat_interval_ms(&s->beat);
	memcpy(u.ip, s->ip, sizeof(u.ip));
	memcpy(u.id, s->id, sizeof(u.id));
	buf_reset(&s->message);
	if (update_write(&s->message, &u))
		PUT(s, W_UPDATE, STR("PUBLISH"), key_plain(KEY_UPDATE), buf_as_str(&s->message));
	s->greeted = alive;
}

static void publish_own(struct ship *s, bool alive)
{
	PUT(s, W_UPDATE_ALIVE, STR("PUBLISH"), key_str(&s->keys.update_alive),
	    alive ? STR("1") : STR("0"));
}

/* ---- Samples and messages */

static void take_sample(struct ship *s)
{
	struct moment now = ship_now();
	struct collect_self self = { .missed = beat_missed(&s->beat),
		                     .offset_us = offset_ms(&s->beat.offset, now) * 1000,
		                     .has_offset = s->beat.offset.known };

	s->hooks.collect(offset_true_ms(&s->beat.offset, now), clock_mono_ns(), &self, &s->now,
	                 s->hooks.arg);
}

static bool is_far_enough(const struct ship *s, const struct sample *base)
{
	return base->schema != NULL &&
	       s->now.mono_ns - base->mono_ns >= (int64_t)MIN_RATE_MS * 1000000;
}

/* The sample at hand becomes the base of the next rates, unless it follows the base too closely. */
static void advance(const struct ship *s, struct feed *f)
{
	struct sample spare = f->older;

	if (f->base.schema != NULL && !is_far_enough(s, &f->base))
		return;
	f->older = f->base;
	f->base = spare;
	sample_copy(&f->base, &s->now);
}

/* The sample a feed's rates are taken from now; NULL = none is far enough. */
static const struct sample *base_of(const struct ship *s, const struct feed *f)
{
	if (is_far_enough(s, &f->base))
		return &f->base;
	return is_far_enough(s, &f->older) ? &f->older : NULL;
}

/* The later of both feeds' bases: of the report before, or of the message before that. */
static const struct sample *latest_base(const struct ship *s)
{
	const struct sample *report = base_of(s, &s->report), *watch = base_of(s, &s->watch);

	if (report == NULL || (watch != NULL && watch->mono_ns > report->mono_ns))
		return watch;
	return report;
}

/* Appends the message about the sample at hand. */
static bool write_message(struct ship *s, struct feed *f, const struct sample *base, uint64_t seq,
                          struct buf *b)
{
	const struct message_head head = {
		.cluster = ship_fact_value(s, "cluster"),
		.ip = str_of(s->ip),
		.mac = str_of(s->mac),
		.hostname = ship_fact_value(s, "hostname"),
		.version = ship_fact_value(s, "version"),
		.id = str_of(s->id),
		.seq = seq,
		.report_ms = (unsigned)beat_interval_ms(&s->beat),
	};

	if (f->writer == NULL)
		f->writer = message_writer_new();
	return message_write(f->writer, b, &head, &s->now, base);
}

static void publish_workload(struct ship *s, struct str info)
{
	buf_reset(&s->message);
	if (update_write_workload(&s->message, str_of(s->ip), str_of(s->id)) &&
	    buf_str(&s->message, info) && buf_char(&s->message, '}'))
		PUT(s, W_UPDATE, STR("PUBLISH"), key_plain(KEY_UPDATE), buf_as_str(&s->message));
}

/* Publishes a message whose rates go back to the one published before. */
static void publish_latest(struct ship *s, uint64_t seq)
{
	buf_reset(&s->text);
	if (write_message(s, &s->watch, latest_base(s), seq, &s->text))
		publish_workload(s, buf_as_str(&s->text));
	advance(s, &s->watch);
}

/* The stamp that checkstate goes by. */
static void write_worker(struct ship *s, int64_t ts_ms, struct message_levels levels)
{
	buf_reset(&s->message);
	if (worker_write(&s->message, ts_ms / 1000, str_of(s->ip), ship_fact_value(s, "hostname"),
	                 levels.mem, levels.disk))
		PUT(s, W_WORKER, STR("SET"), key_str(&s->keys.worker), buf_as_str(&s->message));
}

/* Adds the member to the workload, which stays short and holds nothing from the future. */
static void write_workload(struct ship *s, int64_t ts_ms)
{
	char score[NUMBER_SIZE], later[NUMBER_SIZE + 1], last[NUMBER_SIZE];
	struct str key = key_str(&s->keys.workload);

	(void)decimal(s, ts_ms, score);
	(void)snprintf(later, sizeof(later), "(%s", score);
	PUT(s, W_WORKLOAD, STR("ZREMRANGEBYSCORE"), key, str_of(later), STR("+inf"));
	PUT(s, W_WORKLOAD, STR("ZADD"), key, str_of(score), buf_as_str(&s->member));
	PUT(s, W_WORKLOAD, STR("ZREMRANGEBYRANK"), key, STR("0"),
	    whole(-1 - (int64_t)s->history, last));
}

void ship_report(struct ship *s, uint64_t seq)
{
	take_sample(s);
	int64_t ts_ms = s->now.ts_ms;
	const struct sample *base = base_of(s, &s->report);
	/* Told from another base than the one stored: while watched. */
	bool apart = s->beat.watched && latest_base(s) != base;

	buf_reset(&s->member);
	bool ok = workload_write(&s->member, ts_ms);
	size_t from = s->member.len;

	ok = ok && write_message(s, &s->report, base, seq, &s->member);
	struct str info = { s->member.p + from, s->member.len - from };
	if (!ok || !buf_char(&s->member, '}')) {
		log_error("ship: a message of more than %d bytes; only the signs of life are sent",
		          MESSAGE_MAX_BYTES);
		ship_alive(s, seq, true);
		return;
	}
	write_worker(s, ts_ms, message_levels(s->report.writer, &s->now));
	write_alive(s, true);
	write_info(s, ts_ms, seq);
	write_workload(s, ts_ms);
	if (apart)
		publish_latest(s, seq);
	else
		publish_workload(s, (struct str){ s->member.p + from, info.len });
	if (!s->greeted)
		publish_alive(s, ts_ms, seq, true);
	publish_own(s, true);
	advance(s, &s->report);
	if (s->beat.watched && !apart)
		advance(s, &s->watch);
}

void ship_watch(struct ship *s, uint64_t seq)
{
	take_sample(s);
	publish_latest(s, seq);
}

void ship_alive(struct ship *s, uint64_t seq, bool alive)
{
	int64_t ts_ms = offset_true_ms(&s->beat.offset, ship_now());

	if (alive)
		write_worker(s, ts_ms, (struct message_levels){ -1, -1 });
	write_alive(s, alive);
	if (alive)
		write_info(s, ts_ms, seq);
	publish_alive(s, ts_ms, seq, alive);
	publish_own(s, alive);
}

void ship_announce(struct ship *s)
{
	struct update u = { .kind = UPDATE_WAITING };

	memcpy(u.ip, s->ip, sizeof(u.ip));
	memcpy(u.id, s->id, sizeof(u.id));
	write_info(s, offset_true_ms(&s->beat.offset, ship_now()), s->beat.seq);
	buf_reset(&s->message);
	if (update_write(&s->message, &u))
		PUT(s, W_UPDATE, STR("PUBLISH"), key_plain(KEY_UPDATE), buf_as_str(&s->message));
}

/* ---- Life */

void ship_report_start(struct ship *s)
{
	s->member = s->text = BUF(MESSAGE_MAX_BYTES + 1024);
	s->message = BUF(UPDATE_MAX_BYTES);
	s->number = BUF(NUMBER_SIZE);
	take_sample(s);
	advance(s, &s->report);
}

void ship_report_done(struct ship *s)
{
	struct feed *const feeds[] = { &s->report, &s->watch };
	struct buf *const bufs[] = { &s->member, &s->message, &s->text, &s->number };

	for (size_t i = 0; i < COUNT_OF(feeds); i++) {
		message_writer_free(feeds[i]->writer);
		sample_done(&feeds[i]->base);
		sample_done(&feeds[i]->older);
	}
	for (size_t i = 0; i < COUNT_OF(bufs); i++)
		buf_done(bufs[i]);
	sample_done(&s->now);
}

void ship_report_reset(struct ship *s)
{
	forget_facts(s);
	s->greeted = s->heard = false;
	s->mending = s->foreign = 0;
}
