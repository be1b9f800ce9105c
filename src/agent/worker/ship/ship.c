/*
 * ship.c - the shell of the session: one bus, one timer, questions and answers.
 *
 * The bus is opened with `once`: it is core/beat that decides when to try again. Hanging up waits for the answers to
 * what was written; whatever else they say no longer counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/ship/ship.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/worker/ship/ship_int.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
	LIFE_INTERVALS = 3, /* a sign of life is fresh for so many of its intervals */
	LOG_PACE_MS = 60000,
};

struct moment ship_now(void)
{
	return (struct moment){ clock_mono_ms(), clock_wall_ms() };
}

/* ---- The connection */

static void unsubscribe(struct ship *s)
{
	if (!s->subscribed)
		return;
	s->subscribed = false;
	(void)bus_unsubscribe(s->bus, key_str(&s->keys.bell));
	(void)bus_unsubscribe(s->bus, key_plain(KEY_BELL));
}

static void hang_up(struct ship *s)
{
	s->closing = false;
	unsubscribe(s);
	bus_close(s->bus);
	s->pending = 0;
	ship_event_reset(s);
}

static void disconnect(struct ship *s)
{
	if (s->pending == 0) {
		hang_up(s);
		return;
	}
	s->closing = true;
	s->close_ms = clock_mono_ms() + SHIP_STOP_MS;
}

void ship_send(struct ship *s, const struct str *args, size_t n, bus_reply_cb *cb, void *arg)
{
	if (bus_send(s->bus, args, n, cb, arg) < 0)
		s->broken = true;
	else
		s->pending++;
}

static void arm(struct ship *s)
{
	int64_t due = beat_due_ms(&s->beat);

	if (s->closing && s->close_ms < due)
		due = s->close_ms;
	else if (s->done != NULL && !s->closing)
		due = 0;
	alarm_set(&s->alarm, due);
}

bool ship_answered(struct ship *s, const struct reply *reply)
{
	if (s->pending != 0)
		s->pending--;
	if (!s->closing)
		return reply != NULL;
	if (s->pending == 0) {
		hang_up(s);
		arm(s);
	}
	return false;
}

void ship_refused(struct ship *s, const char *what, const struct err *err)
{
	if (log_pace_is_due(&s->refused_pace, LOG_PACE_MS))
		log_warn("ship: %s: %s", what, err->msg);
}

/* ---- Steps of the session */

static void tell_state(struct ship *s, enum beat_state was)
{
	enum beat_state is = s->beat.state;

	if (is == was)
		return;
	if (is == BEAT_LIVE)
		log_info("ship: reporting as %s every %g s%s", s->ip,
		         (double)beat_interval_ms(&s->beat) / 1000,
		         s->beat.running ? "" : ", but stopped by rdv_client_run");
	else if (is == BEAT_WAITING &&
	         (was == BEAT_LIVE || log_pace_is_due(&s->wait_pace, LOG_PACE_MS)))
		log_info("ship: there is no %s; this host waits to be let in", s->keys.config.text);
	if (s->hooks.on_state != NULL)
		s->hooks.on_state(is, s->hooks.arg);
}

static void connect_now(struct ship *s)
{
	hang_up(s);
	bus_open(s->bus);
}

static void on_time(struct bus *bus, const struct reply *reply, const struct err *err, void *arg);
static void ask_look(struct ship *s);
static void ask_poll(struct ship *s);
static void subscribe(struct ship *s);

static void carry_out(struct ship *s, const struct beat_effect *e)
{
	switch (e->kind) {
	case BEAT_CONNECT:
		connect_now(s);
		break;
	case BEAT_DISCONNECT:
		disconnect(s);
		break;
	case BEAT_ASK_TIME:
		s->asked_us = clock_mono_ns() / 1000;
		SHIP_SEND(s, on_time, s, STR("TIME"));
		break;
	case BEAT_LOOK:
		ask_look(s);
		break;
	case BEAT_SUBSCRIBE:
		subscribe(s);
		break;
	case BEAT_POLL:
		ask_poll(s);
		break;
	case BEAT_ANNOUNCE:
		ship_announce(s);
		break;
	case BEAT_REPORT:
		ship_report(s, (uint64_t)e->value);
		break;
	case BEAT_WATCH:
		ship_watch(s, (uint64_t)e->value);
		break;
	case BEAT_ALIVE:
	case BEAT_GOODBYE:
		ship_alive(s, (uint64_t)e->value, e->kind == BEAT_ALIVE);
		break;
	case BEAT_NOTE:
	default:
		ship_note(s, e->note, e->value);
		break;
	}
}

static void step(struct ship *s, const struct beat_event *ev)
{
	struct beat_effects todo;
	enum beat_state was = s->beat.state;

	beat_step(&s->beat, ev, ship_now(), &todo);
	/* Before the effects: they log and tell what the new state is about. */
	tell_state(s, was);
	for (size_t i = 0; i < todo.n; i++)
		carry_out(s, &todo.list[i]);
	if (s->broken) {
		s->broken = false;
		hang_up(s);
		step(s, &(struct beat_event){ .kind = BEAT_EV_LOST });
	}
	arm(s);
}

static void step_kind(struct ship *s, enum beat_event_kind kind)
{
	step(s, &(struct beat_event){ .kind = kind });
}

void ship_ring(struct ship *s)
{
	step_kind(s, BEAT_EV_BELL);
}

/* A question we cannot do without was refused: this connection is of no use. */
static void give_up(struct ship *s, const char *what, const struct err *err)
{
	if (log_pace_is_due(&s->down_pace, LOG_PACE_MS))
		log_warn("ship: %s %s: %s", bus_name(s->bus), what, err->msg);
	hang_up(s);
	step_kind(s, BEAT_EV_LOST);
}

static void on_timer(void *arg)
{
	struct ship *s = arg;

	if (s->closing && clock_mono_ms() >= s->close_ms)
		hang_up(s);
	if (s->stopping && !s->closing) {
		void (*done)(void *) = s->done;

		s->done = NULL;
		alarm_set(&s->alarm, INT64_MAX);
		if (done != NULL)
			done(s->done_arg); /* may free the ship */
		return;
	}
	step_kind(s, BEAT_EV_TIMER);
	if (s->hooks.on_tick != NULL)
		s->hooks.on_tick(s->hooks.arg);
}

/* ---- Questions and answers */

static void on_time(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct ship *s = arg;
	int64_t sec, usec;

	(void)bus;
	if (!ship_answered(s, reply))
		return;
	if (err != NULL) {
		give_up(s, "does not tell the time", err);
		return;
	}
	struct beat_event ev = { .kind = BEAT_EV_TIME,
		                 .sent_us = s->asked_us,
		                 .server_us = -1,
		                 .got_us = clock_mono_ns() / 1000 };
	if (reply_i64(reply_item(reply, 0), &sec) && reply_i64(reply_item(reply, 1), &usec) &&
	    sec >= 0 && sec < INT64_MAX / 1000000 - 1 && usec >= 0 && usec < 1000000)
		ev.server_us = sec * 1000000 + usec;
	step(s, &ev);
}

static void on_look_config(struct bus *bus, const struct reply *reply, const struct err *err,
                           void *arg)
{
	struct ship *s = arg;
	int64_t n;

	(void)bus;
	if (!ship_answered(s, reply))
		return;
	if (err != NULL)
		give_up(s, "refuses to be asked for our configuration", err);
	else
		s->look.found = reply_i64(reply, &n) && n > 0;
}

static void on_look_alive(struct bus *bus, const struct reply *reply, const struct err *err,
                          void *arg)
{
	struct ship *s = arg;

	(void)bus;
	if (ship_answered(s, reply) && err == NULL)
		s->look.is_dead = str_is(reply_text(reply), "0");
}

static void on_look_info(struct bus *bus, const struct reply *reply, const struct err *err,
                         void *arg)
{
	struct ship *s = arg;
	struct str v[LIFE_N];
	struct life life;

	(void)bus;
	if (!ship_answered(s, reply) || err != NULL)
		return;
	for (size_t i = 0; i < LIFE_N; i++)
		v[i] = reply_text(reply_item(reply, i));
	if (!life_read(v, &life) || strcmp(life.id, s->id) == 0 || s->look.is_dead)
		return;
	int64_t interval = life.interval_ms != 0 ? life.interval_ms : BEAT_INTERVAL_DEFAULT_MS;
	int64_t age = offset_true_ms(&s->beat.offset, ship_now()) - life.seen_ms;

	s->look.other_is_alive =
		age < LIFE_INTERVALS * interval && age > -LIFE_INTERVALS * interval;
	memcpy(s->look.other_id, life.id, sizeof(life.id));
}

/* The control keys, in the order MGET was given them. */
static struct beat_event control_event(enum beat_event_kind kind, const struct reply *reply)
{
	const struct reply *watch = reply_item(reply, 2);

	return (struct beat_event){ .kind = kind,
		                    .run = reply_text(reply_item(reply, 0)),
		                    .loop_interval = reply_text(reply_item(reply, 1)),
		                    .watched = watch != NULL && watch->type != REPLY_NIL };
}

static void on_look_control(struct bus *bus, const struct reply *reply, const struct err *err,
                            void *arg)
{
	struct ship *s = arg;

	(void)bus;
	if (!ship_answered(s, reply))
		return;
	if (err != NULL) {
		give_up(s, "refuses to be asked for the control keys", err);
		return;
	}
	struct beat_event ev = control_event(BEAT_EV_CONFIG, reply);
	ev.found = s->look.found;
	ev.other_is_alive = s->look.other_is_alive;
	step(s, &ev);
}

static void on_poll(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct ship *s = arg;

	(void)bus;
	if (!ship_answered(s, reply))
		return;
	if (err != NULL) {
		give_up(s, "refuses to be asked for the control keys", err);
		return;
	}
	struct beat_event ev = control_event(BEAT_EV_CONTROL, reply);
	step(s, &ev);
}

static void ask_control(struct ship *s, bus_reply_cb *cb)
{
	SHIP_SEND(s, cb, s, STR("MGET"), key_plain(KEY_CLIENT_RUN), key_plain(KEY_CLIENT_INTERVAL),
	          key_str(&s->keys.watch));
}

static void ask_poll(struct ship *s)
{
	ask_control(s, on_poll);
}

static void ask_look(struct ship *s)
{
	s->look = (struct look){ 0 };
	SHIP_SEND(s, on_look_config, s, STR("EXISTS"), key_str(&s->keys.config));
	SHIP_SEND(s, on_look_alive, s, STR("GET"), key_str(&s->keys.alive));
	SHIP_SEND(s, on_look_info, s, STR("HMGET"), key_str(&s->keys.info), LIFE_FIELDS);
	ask_control(s, on_look_control);
}

/* ---- What the bus tells */

static void on_bell(struct bus *bus, struct str channel, struct str message, void *arg)
{
	(void)bus;
	(void)channel;
	(void)message;
	ship_ring(arg);
}

static void subscribe(struct ship *s)
{
	s->subscribed = true;
	if (bus_subscribe(s->bus, key_str(&s->keys.bell), on_bell, s) < 0 ||
	    bus_subscribe(s->bus, key_plain(KEY_BELL), on_bell, s) < 0)
		s->broken = true;
}

/* Bells may have rung while we did not listen. */
static void on_listen(struct bus *bus, void *arg)
{
	(void)bus;
	ship_ring(arg);
}

static void on_deaf(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	struct ship *s = arg;

	(void)bus;
	if (retry_ms != 0 && log_pace_is_due(&s->deaf_pace, LOG_PACE_MS))
		log_warn("ship: cannot listen: %s; the keys are read each second instead",
		         why->msg);
}

static bool make_keys(struct ship *s)
{
	struct str ip = str_of(s->ip);
	const struct {
		enum key_id id;
		struct key_name *to;
	} rows[] = {
		{ KEY_WORKER, &s->keys.worker },
		{ KEY_ALIVE, &s->keys.alive },
		{ KEY_INFO, &s->keys.info },
		{ KEY_WORKLOAD, &s->keys.workload },
		{ KEY_CONFIG, &s->keys.config },
		{ KEY_WATCH, &s->keys.watch },
		{ KEY_UPDATE_ALIVE, &s->keys.update_alive },
		{ KEY_BELL_HOST, &s->keys.bell },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!key_make(rows[i].id, ip, rows[i].to))
			return false;
	return true;
}

static void on_up(struct bus *bus, void *arg)
{
	struct ship *s = arg;
	char local[BUS_IP_SIZE] = "";

	if (!bus_local_ip(bus, local))
		local[0] = '\0';
	s->ip[0] = s->mac[0] = '\0';
	s->hooks.name(local, s->ip, s->mac, s->hooks.arg);
	if (!make_keys(s)) {
		if (log_pace_is_due(&s->down_pace, LOG_PACE_MS))
			log_error("ship: '%s' is no ip a host can be named by", s->ip);
		hang_up(s);
		step_kind(s, BEAT_EV_LOST);
		return;
	}
	(void)ship_fact(s, "ip", str_of(s->ip));
	(void)ship_fact(s, "mac", str_of(s->mac));
	ship_report_reset(s);
	s->last_down[0] = '\0';
	log_debug("ship: connected to %s (%s)", bus_name(bus), bus_peer(bus)->version);
	step_kind(s, BEAT_EV_UP);
}

static void on_down(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	struct ship *s = arg;
	bool was_closing = s->closing;

	(void)bus;
	(void)retry_ms;
	hang_up(s);
	if (was_closing) {
		arm(s);
		return;
	}
	/* The same failure again is told once a minute. */
	char now[sizeof(s->last_down)];
	(void)snprintf(now, sizeof(now), "%.*s", (int)sizeof(now) - 1, why->msg);
	if (strcmp(now, s->last_down) != 0 || log_pace_is_due(&s->down_pace, LOG_PACE_MS)) {
		log_warn("ship: %s%s", why->msg,
		         bus_is_denied(why) ? "; trying again will not help until that changes"
		                            : "");
		s->down_pace.last_ns = clock_mono_ns();
		memcpy(s->last_down, now, sizeof(now));
	}
	step_kind(s, BEAT_EV_LOST);
}

/* ---- The interface */

struct ship *ship_new(struct event_base *loop, const struct ship_options *options,
                      const struct ship_hooks *hooks, struct err *err)
{
	struct ship *s = xcalloc(1, sizeof(*s));
	const struct bus_options bus_options = { .name = "muster-agent",
		                                 .ca_file = options->ca_file,
		                                 .once = true,
		                                 .connect_ms = BEAT_ANSWER_MS / 2,
		                                 .seed = options->seed };
	const struct bus_hooks bus_hooks = { on_up, on_down, on_listen, on_deaf, s };
	uint64_t seed = options->seed;

	if (options->history > SHIP_HISTORY_MAX || !host_id_is_set(options->id)) {
		(void)err_set(err, -EINVAL, "bad history or identity");
		free(s);
		return NULL;
	}
	if (seed == 0)
		random_bytes(&seed, sizeof(seed));
	s->bus = bus_new(loop, options->address, &bus_options, &bus_hooks, err);
	if (s->bus == NULL || alarm_init(&s->alarm, loop, on_timer, s, err) < 0) {
		bus_free(s->bus);
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->hooks = *hooks;
	s->history = options->history != 0 ? options->history : SHIP_HISTORY_DEFAULT;
	host_id_write(options->id, s->id);
	beat_init(&s->beat, seed, options->default_interval_ms);
	for (enum what w = 0; w < W_N; w++)
		s->slots[w] = (struct slot){ s, w };
	return s;
}

void ship_free(struct ship *s)
{
	if (s == NULL)
		return;
	s->closing = false;
	bus_free(s->bus);
	alarm_done(&s->alarm);
	ship_event_done(s);
	ship_report_done(s);
	free(s);
}

void ship_start(struct ship *s)
{
	ship_report_start(s);
	step_kind(s, BEAT_EV_START);
}

void ship_stop(struct ship *s, void (*done)(void *arg), void *arg)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->done = done;
	s->done_arg = arg;
	step_kind(s, BEAT_EV_STOP);
}

struct ship_status ship_status(const struct ship *s)
{
	struct moment now = ship_now();
	struct ship_status st = {
		.state = s->beat.state,
		.interval_ms = beat_interval_ms(&s->beat),
		.running = s->beat.running,
		.watched = s->beat.watched,
		.seq = s->beat.seq,
		.missed = beat_missed(&s->beat),
		.has_offset = s->beat.offset.known,
		.offset_ms = offset_ms(&s->beat.offset, now),
		.events = s->n_events,
		.events_lost = s->events_lost,
	};

	memcpy(st.ip, s->ip, sizeof(st.ip));
	return st;
}
