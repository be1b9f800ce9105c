/*
 * notes.c - the event log: numbered here, told to listeners at once, written to SQL in batches.
 *
 * Numbers are given by us, not by SQL, so that an event can be told before it is written and has the same
 * number in both places.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>

#include "base/mem.h"
#include "server/ingest/hub_int.h"

enum { BATCH_MAX = 200, TEXT_SIZE = 600, NOTE_PACE_MS = 600000 };

/* The next batch is what came while the one before was being written: few rows, few commits. */
static void on_stored(const struct store_reply *reply, void *arg)
{
	struct hub *h = arg;

	h->notes.in_flight = false;
	if (reply->code != -ECANCELED && !h->stopping)
		notes_flush(h);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	notes_flush(arg);
}

void notes_init(struct hub *h)
{
	h->notes.flush = evtimer_new(h->options.base, on_flush, h);
}

void notes_flush(struct hub *h)
{
	struct notes *s = &h->notes;

	if (s->n == 0)
		return;
	s->in_flight = true;
	store_events_add(h->store, s->rows, s->n, on_stored, h);
	pool_done(&s->texts);
	s->n = 0;
}

void notes_done(struct hub *h)
{
	pool_done(&h->notes.texts);
	if (h->notes.flush != NULL)
		event_free(h->notes.flush);
	free(h->notes.rows);
}

/* Numbers the event, tells it, and puts it where the store gets it from. */
static int64_t add(struct hub *h, struct event_row *row)
{
	const struct timeval soon = { 0 };
	struct notes *s = &h->notes;

	row->id = ++s->last_id;
	row->time_ms = hub_now_ms(h);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (h->listens[i] && h->listeners[i].on_event != NULL)
			h->listeners[i].on_event(row, h->listeners[i].arg);
	s->rows = xgrow(s->rows, &s->cap, s->n + 1, sizeof(*s->rows));
	struct event_row *copy = &s->rows[s->n++];
	*copy = *row;
	copy->ip = pool_str(&s->texts, row->ip);
	copy->hostname = pool_str(&s->texts, row->hostname);
	copy->kind = pool_str(&s->texts, row->kind);
	copy->text = pool_str(&s->texts, row->text);
	copy->data = pool_str(&s->texts, row->data);
	if (s->n >= BATCH_MAX)
		notes_flush(h);
	else if (!s->in_flight && !event_pending(s->flush, EV_TIMEOUT, NULL))
		(void)event_add(s->flush, &soon);
	return row->id;
}

bool budget_take(struct budget *b, unsigned most)
{
	int64_t now = clock_mono_ms();

	if (b->minute_ms == 0 || now - b->minute_ms >= 60000)
		*b = (struct budget){ .minute_ms = now };
	return b->n++ < most;
}

void notes_host(struct hub *h, const struct roll_host *host, const char *kind,
                enum event_level level, struct str data, const char *fmt, ...)
{
	struct fleet_host *f = fleet_of(h, host);
	char text[TEXT_SIZE];
	va_list args;

	if (!budget_take(&f->told, TOLD_PER_MINUTE)) {
		if (log_pace_is_due(&h->drop_pace, PACE_MS))
			log_warn("ingest: more than %d events a minute about %s; the rest is "
			         "dropped",
			         TOLD_PER_MINUTE, host->ip);
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct event_row row = {
		.ip = str_of(host->ip),
		.hostname = str_of(f->hostname),
		.host = host->id,
		.kind = str_of(kind),
		.level = level,
		.text = str_of(text),
		.data = data,
	};
	(void)add(h, &row);
}

void notes_server(struct hub *h, const char *kind, enum event_level level, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct event_row row = { .kind = str_of(kind), .level = level, .text = str_of(text) };
	(void)add(h, &row);
}

int64_t hub_note(struct hub *h, const struct hub_note *note)
{
	const struct roll_host *host = note->ip.len > 0 ? roll_by_ip(h->roll, note->ip) : NULL;
	struct event_row row = {
		.ip = note->ip,
		.kind = str_of(note->kind),
		.level = note->level,
		.text = str_of(note->text),
		.data = note->data,
	};

	if (host != NULL) {
		row.host = host->id;
		row.hostname = str_of(fleet_of(h, host)->hostname);
	}
	return add(h, &row);
}

void notes_malformed(struct hub *h, struct str where, const char *why)
{
	int64_t now = clock_mono_ms();
	struct str shown = { where.p, where.len < 80 ? where.len : 80 };
	char text[TEXT_SIZE];

	h->malformed++;
	if (log_pace_is_due(&h->malformed_pace, PACE_MS))
		log_warn("ingest: '" STR_FMT "': %s; passed over (%llu so far)", STR_ARG(shown),
		         why, (unsigned long long)h->malformed);
	if (h->malformed_note_ms != 0 && now - h->malformed_note_ms < NOTE_PACE_MS)
		return;
	h->malformed_note_ms = now;
	/* Names come from strangers: made harmless by the same writer that makes errors so. */
	struct err clean = { 0 };
	(void)err_set(&clean, -EBADMSG, "'" STR_FMT "' in Redis: %s; it was passed over",
	              STR_ARG(shown), why);
	(void)snprintf(text, sizeof(text), "%s", clean.msg);
	notes_server(h, "redis.malformed", EVENT_WARN, "%s", text);
}
