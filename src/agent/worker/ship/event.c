/*
 * event.c - events wait here until somebody has heard them.
 *
 * Pub/sub is lossy, but PUBLISH says how many got the message. So events are sent once a report was heard by
 * anybody, and one nobody heard is sent again after the next report that was.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/worker/ship/ship_int.h"
#include "base/clock.h"
#include "base/mem.h"

/* One event on its way. */
struct flight {
	struct ship *ship;
	uint64_t no;
};

static void free_event(struct waiting_event *e)
{
	char *data;

	memcpy(&data, &e->ev.data.p, sizeof(data));
	free(data);
	free(e);
}

static void remove_at(struct ship *s, size_t i)
{
	free_event(s->events[i]);
	s->n_events--;
	memmove(&s->events[i], &s->events[i + 1],
	        (s->n_events - i) * sizeof(struct waiting_event *));
}

static ptrdiff_t find_no(const struct ship *s, uint64_t no)
{
	for (size_t i = 0; i < s->n_events; i++)
		if (s->events[i]->no == no)
			return (ptrdiff_t)i;
	return -1;
}

static void on_published(struct bus *bus, const struct reply *reply, const struct err *err,
                         void *arg)
{
	AUTO_FREE struct flight *flight = arg;
	struct ship *s = flight->ship;
	ptrdiff_t i = find_no(s, flight->no);
	int64_t n = 0;

	(void)bus;
	if (i >= 0)
		s->events[i]->flying = false;
	if (reply != NULL && err == NULL && reply_i64(reply, &n) && n > 0 && i >= 0) {
		uint64_t ref = s->events[i]->ref;

		remove_at(s, (size_t)i);
		if (ref != 0 && s->hooks.on_told != NULL)
			s->hooks.on_told(ref, s->hooks.arg);
	} else if (reply != NULL) {
		s->heard = false;
		if (err != NULL)
			ship_refused(s, "publish an event", err);
	}
	(void)ship_answered(s, reply);
}

static void publish(struct ship *s, struct waiting_event *e)
{
	AUTO_BUF struct buf b = BUF(16384);
	struct update u = { .kind = UPDATE_EVENT, .event = e->ev };

	memcpy(u.ip, s->ip, sizeof(u.ip));
	memcpy(u.id, s->id, sizeof(u.id));
	u.ts_ms = e->wall_ms + offset_ms(&s->beat.offset, ship_now());
	if (!update_write(&b, &u))
		return;
	struct flight *flight = xcalloc(1, sizeof(*flight));
	*flight = (struct flight){ s, e->no };
	const struct str args[] = { STR("PUBLISH"), key_plain(KEY_UPDATE), buf_as_str(&b) };
	size_t before = s->pending;

	ship_send(s, args, COUNT_OF(args), on_published, flight);
	e->flying = s->pending != before;
	if (!e->flying)
		free(flight);
}

void ship_event_flush(struct ship *s)
{
	if (s->beat.state != BEAT_LIVE || s->closing)
		return;
	for (size_t i = 0; i < s->n_events && s->heard && !s->broken; i++)
		if (!s->events[i]->flying)
			publish(s, s->events[i]);
}

static void drop_same_ref(struct ship *s, uint64_t ref)
{
	for (size_t i = 0; ref != 0 && i < s->n_events; i++) {
		if (s->events[i]->ref == ref) {
			remove_at(s, i);
			return;
		}
	}
}

void ship_event(struct ship *s, const struct ship_event *ev)
{
	struct waiting_event *e = xcalloc(1, sizeof(*e));
	struct str text = str_of(ev->text);

	drop_same_ref(s, ev->ref);
	if (s->n_events == SHIP_EVENTS_MAX) {
		remove_at(s, 0);
		s->events_lost++;
	}
	e->no = ++s->event_no;
	e->ref = ev->ref;
	e->wall_ms = ev->wall_ms != 0 ? ev->wall_ms : clock_wall_ms();
	e->ev.level = ev->level;
	(void)snprintf(e->ev.kind, sizeof(e->ev.kind), "%s", ev->kind);
	text.len = text.len < sizeof(e->ev.text) ? text.len : sizeof(e->ev.text) - 1;
	memcpy(e->ev.text, text.p, text.len);
	if (ev->data.len != 0 && ev->data.len <= EVENT_DATA_MAX)
		e->ev.data = (struct str){ str_dup(ev->data), ev->data.len };
	s->events[s->n_events++] = e;
	ship_event_flush(s);
}

void ship_event_reset(struct ship *s)
{
	for (size_t i = 0; i < s->n_events; i++)
		s->events[i]->flying = false;
}

void ship_event_done(struct ship *s)
{
	while (s->n_events != 0)
		remove_at(s, s->n_events - 1);
}

/* ---- What the session notes */

/* Fills in the event of a note; false when it is for the log only. */
static bool describe(const struct ship *s, enum beat_note note, int64_t value,
                     struct ship_event *ev, char text[EVENT_TEXT_SIZE])
{
	double seconds = (double)value / 1000;

	ev->level = EVENT_WARN;
	switch (note) {
	case BEAT_NOTE_INTERVAL_CLAMPED:
		ev->kind = "interval.clamped";
		(void)snprintf(text, EVENT_TEXT_SIZE,
		               "rdv_client_loop_interval is out of range (1 to 3600 seconds): "
		               "reporting every %g s",
		               seconds);
		return true;
	case BEAT_NOTE_INTERVAL_BAD:
		ev->kind = "interval.clamped";
		(void)snprintf(text, EVENT_TEXT_SIZE,
		               "rdv_client_loop_interval is no number: reporting every %g s",
		               seconds);
		return true;
	case BEAT_NOTE_RUN_BAD:
		ev->kind = "client.running";
		(void)snprintf(text, EVENT_TEXT_SIZE,
		               "rdv_client_run is neither 0 nor 1: taken as 1");
		return true;
	case BEAT_NOTE_STOPPED:
		ev->kind = "client.stopped";
		ev->level = EVENT_INFO;
		(void)snprintf(text, EVENT_TEXT_SIZE, "rdv_client_run is 0: stopped collecting");
		return true;
	case BEAT_NOTE_RUNNING:
		ev->kind = "client.running";
		ev->level = EVENT_INFO;
		(void)snprintf(text, EVENT_TEXT_SIZE, "rdv_client_run is 1: collecting again");
		return true;
	case BEAT_NOTE_CLOCK_STEP:
		ev->kind = "clock.step";
		(void)snprintf(text, EVENT_TEXT_SIZE, "this host's clock jumped by %+.3f s",
		               seconds);
		return true;
	case BEAT_NOTE_TRUE_TIME_STEP:
		ev->kind = "clock.step";
		(void)snprintf(text, EVENT_TEXT_SIZE, "the clock of Redis jumped by %+.3f s",
		               seconds);
		return true;
	case BEAT_NOTE_DUPLICATE:
		ev->kind = "host.duplicate";
		ev->level = EVENT_ERROR;
		(void)snprintf(text, EVENT_TEXT_SIZE,
		               "another living host (id %s) writes to the keys of %s",
		               s->look.other_id, s->ip);
		return true;
	case BEAT_NOTE_BAD_TIME:
		(void)snprintf(text, EVENT_TEXT_SIZE, "%s answers TIME with an impossible time",
		               bus_name(s->bus));
		return false;
	case BEAT_NOTE_NO_ANSWER:
		(void)snprintf(text, EVENT_TEXT_SIZE, "no answer from %s for %g s, hanging up",
		               bus_name(s->bus), seconds);
		return false;
	case BEAT_NOTE_NONE:
	default:
		return false;
	}
}

void ship_note(struct ship *s, enum beat_note note, int64_t value)
{
	struct ship_event ev = { 0 };
	char text[EVENT_TEXT_SIZE] = "", data[160];
	bool tell = describe(s, note, value, &ev, text);

	if (text[0] != '\0')
		log_write(ev.level == EVENT_INFO ? LOG_INFO : LOG_WARN, "ship: %s", text);
	if (!tell)
		return;
	int n = note == BEAT_NOTE_DUPLICATE
	                ? snprintf(data, sizeof(data), "{\"other_id\":\"%s\"}", s->look.other_id)
	                : snprintf(data, sizeof(data), "{\"ms\":%" PRId64 "}", value);
	ev.text = text;
	ev.data = (struct str){ data, n > 0 ? (size_t)n : 0 };
	ship_event(s, &ev);
}
