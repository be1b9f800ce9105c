/*
 * hub.c - the hub put together: bus, roll, store, time; and its life from start to stop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "base/mem.h"
#include "server/ingest/hub_int.h"
#include "wire/keys.h"

enum {
	TICK_MS = 1000,
	LOAD_AGAIN_MS = 2000,
	LOADS = 3,
	PRIVATE_RETRY_FIRST_MS = 50,
	PRIVATE_RETRY_CAP_MS = 1000,
	/* One message or answer; our own Redis takes none longer than 32 MiB. */
	TEXT_BYTES = 34 << 20,
	TOTAL_BYTES = 68 << 20,
	STOP_MS = 1000,
};

/* ---- health ---- */

static void part_set(struct hub *h, struct part *p, bool ok, const char *message)
{
	if (p->ok != ok || p->since_ms == 0)
		p->since_ms = hub_now_ms(h);
	p->ok = ok;
	(void)snprintf(p->message, sizeof(p->message), "%s", message);
}

void hub_redis_trouble(struct hub *h, const struct err *why)
{
	h->redis_why = true;
	part_set(h, &h->redis, false, why->msg);
}

void hub_sql_state(bool up, const struct err *why, void *arg)
{
	struct hub *h = arg;

	if (up)
		log_info("store: the database is in order again");
	else
		log_err(why, "store: the database cannot be used, trying again");
	part_set(h, &h->sql, up, up ? "" : why->msg);
	notes_server(h, up ? "sql.up" : "sql.down", up ? EVENT_INFO : EVENT_ERROR, "%s",
	             up ? "The database is in order again" : why->msg);
}

/* ---- time ---- */

static void ask_time(struct hub *h);

/* The monotonic moment a question about the time was sent, on its way. */
struct probe {
	struct hub *hub;
	int64_t sent_us;
};

static void on_time(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct probe *p = arg;
	struct hub *h = p->hub;
	int64_t s, us, step_ms = 0, got_us = clock_mono_ns() / 1000;
	enum offset_answer more = OFFSET_BAD;

	(void)bus;
	if (err == NULL && reply_i64(reply_item(reply, 0), &s) &&
	    reply_i64(reply_item(reply, 1), &us) && s > 0 && s < INT64_C(1) << 40 && us >= 0 &&
	    us < 1000000)
		more = offset_probe(&h->offset, p->sent_us, s * 1000000 + us, got_us, &step_ms);
	free(p);
	if (more == OFFSET_MORE)
		ask_time(h);
	else if (more == OFFSET_DONE && step_ms != 0)
		notes_server(h, "clock.step", EVENT_WARN, "The clock of Redis jumped by %lld ms",
		             (long long)step_ms);
}

static void ask_time(struct hub *h)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->hub = h;
	p->sent_us = clock_mono_ns() / 1000;
	if (BUS_SEND(h->bus, on_time, p, STR("TIME")) < 0)
		free(p);
}

static void measure_time(struct hub *h)
{
	h->round_ms = clock_mono_ms() + OFFSET_ROUND_MS;
	offset_begin(&h->offset);
	ask_time(h);
}

/* ---- the bus ---- */

/* Commands and messages both: only then silence means something. */
static void set_live(struct hub *h, bool live)
{
	if (live == h->bus_live)
		return;
	h->bus_live = live;
	roll_bus(h->roll, live, hub_moment(h));
	check_bus(h->check, live);
	effects_run(h);
	part_set(h, &h->ingest, live, live ? "" : "hears no messages");
	if (!live)
		return;
	sweep_start(h);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (h->listens[i] && h->listeners[i].on_reset != NULL)
			h->listeners[i].on_reset(h->listeners[i].arg);
}

static void lost(struct hub *h, const char *why)
{
	if (h->bus_lost_ms != 0 || h->stopping)
		return;
	h->bus_lost_ms = clock_mono_ms();
	notes_server(h, "redis.down", EVENT_ERROR, "Redis is away: %s", why);
}

static void on_up(struct bus *bus, void *arg)
{
	struct hub *h = arg;

	log_info("redis: connected to %s%s%s", bus_name(bus),
	         bus_peer(bus)->version[0] != '\0' ? ", version " : "", bus_peer(bus)->version);
	h->redis_why = false;
	part_set(h, &h->redis, true, "");
	if (h->bus_lost_ms != 0)
		notes_server(h, "redis.up", EVENT_INFO, "Redis is back after %.1f s",
		             (double)(clock_mono_ms() - h->bus_lost_ms) / 1000);
	h->bus_lost_ms = 0;
	measure_time(h);
	if (h->options.on_redis_up != NULL)
		h->options.on_redis_up(h->options.arg);
	set_live(h, bus_is_listening(bus));
}

static void on_down(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	struct hub *h = arg;
	bool was_ok = h->redis.ok;

	(void)bus;
	set_live(h, false);
	if (!h->redis_why)
		part_set(h, &h->redis, false, why->msg);
	/* Each try again is told at level debug only. */
	if (was_ok || bus_is_denied(why))
		log_warn("redis: %s, trying again in %lld ms", why->msg, (long long)retry_ms);
	else
		log_debug("redis: %s, trying again in %lld ms", why->msg, (long long)retry_ms);
	if (was_ok)
		lost(h, h->redis.message);
}

static void on_listen(struct bus *bus, void *arg)
{
	struct hub *h = arg;

	set_live(h, bus_is_up(bus));
}

static void on_deaf(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	struct hub *h = arg;

	(void)bus;
	if (h->bus_live)
		log_warn("redis: messages are interrupted: %s, trying again in %lld ms", why->msg,
		         (long long)retry_ms);
	set_live(h, false);
	part_set(h, &h->ingest, false, why->msg);
}

static int open_bus(struct hub *h, struct err *err)
{
	const struct bus_options options = {
		.name = "muster-server",
		.ca_file = h->options.ca_file,
		.retry_first_ms = h->options.is_private ? PRIVATE_RETRY_FIRST_MS : 0,
		.retry_cap_ms = h->options.is_private ? PRIVATE_RETRY_CAP_MS : 0,
		.retry_denied_ms = h->options.is_private ? PRIVATE_RETRY_CAP_MS : 0,
		.limits = { .text_bytes = TEXT_BYTES, .total_bytes = TOTAL_BYTES },
	};
	const struct bus_hooks hooks = {
		.on_up = on_up,
		.on_down = on_down,
		.on_listen = on_listen,
		.on_deaf = on_deaf,
		.arg = h,
	};

	h->bus = bus_new(h->options.base, h->options.redis, &options, &hooks, err);
	if (h->bus == NULL)
		return err->code;
	return bus_subscribe(h->bus, key_plain(KEY_UPDATE), feed_message, h) < 0
	               ? err_set(err, -ENOBUFS, "subscribe to update:info")
	               : 0;
}

/* ---- each second ---- */

static void end_watches(struct hub *h)
{
	int64_t now = clock_mono_ms();

	h->rate_ms = now + 10000;
	for (size_t i = 0; i < roll_slots(h->roll); i++) {
		const struct roll_host *host = roll_at(h->roll, i);
		struct fleet_host *f = host != NULL ? host->user : NULL;
		if (f == NULL || f->ring == NULL)
			continue;
		if (f->watch_until_ms != 0 && now >= f->watch_until_ms) {
			f->watch_until_ms = 0;
			h->n_watched--;
		}
		if (f->watch_until_ms == 0 && now >= f->ring_until_ms)
			fleet_ring_drop(f);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	int64_t now = clock_mono_ms();

	(void)fd;
	(void)what;
	roll_tick(h->roll, hub_moment(h));
	effects_run(h);
	fleet_flush(h);
	if (!h->started)
		return;
	sweep_refresh(h);
	if (now >= h->round_ms && bus_is_up(h->bus))
		measure_time(h);
	if (now >= h->rate_ms)
		end_watches(h);
}

/* ---- start ---- */

static void load(struct hub *h);

static void on_load_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	load(arg);
}

/* The last answer of the three came. */
static void loaded(struct hub *h)
{
	const struct timeval later = { .tv_sec = LOAD_AGAIN_MS / 1000 };

	if (--h->loads_left > 0 || h->stopping)
		return;
	if (h->load_failed) {
		(void)event_base_once(h->options.base, -1, EV_TIMEOUT, on_load_again, h, &later);
		return;
	}
	h->started = true;
	notes_server(h, "server.start", EVENT_INFO, "The server started (version %s)",
	             MUSTER_VERSION);
	bus_open(h->bus);
	if (h->on_ready != NULL)
		h->on_ready(h->ready_arg);
}

static bool load_is_good(struct hub *h, const struct store_reply *reply)
{
	if (reply->code == 0 && !h->stopping)
		return true;
	if (reply->code < 0 && reply->code != -ECANCELED && !h->load_failed)
		log_err(reply->err, "read what the database remembers");
	h->load_failed = true;
	return false;
}

static enum roll_state state_of(enum host_status status)
{
	switch (status) {
	case HOST_ONLINE:
		return ROLL_ONLINE;
	case HOST_OFFLINE:
		return ROLL_OFFLINE;
	default:
		return ROLL_UNKNOWN;
	}
}

static void load_host(struct hub *h, const struct host_row *row)
{
	const struct roll_saved saved = {
		.id = row->host,
		.ip = row->ip,
		.state = state_of(row->status),
		.since_ms = row->since_ms,
		.seen_ms = row->seen_ms,
		.interval_ms = row->interval_ms,
		.enrolled = true,
	};
	const struct roll_host *host = roll_get(h->roll, roll_load(h->roll, &saved, hub_moment(h)));

	/* Loaded by an attempt before, or damaged. */
	if (host == NULL)
		return;
	struct fleet_host *f = fleet_of(h, host);
	f->is_stored = true;
	f->first_seen_ms = row->first_seen_ms;
	(void)fleet_set(&f->hostname, row->hostname);
	(void)fleet_set(&f->region, row->region);
	(void)fleet_set(&f->sn, row->sn);
	f->info = str_dup(row->info);
	f->info_len = row->info.len;
	f->rev = ++h->rev;
}

static void on_hosts(const struct store_reply *reply, void *arg)
{
	struct hub *h = arg;

	if (load_is_good(h, reply))
		for (size_t i = 0; i < reply->n; i++)
			load_host(h, &reply->hosts[i]);
	loaded(h);
}

static void on_last_event(const struct store_reply *reply, void *arg)
{
	struct hub *h = arg;

	if (load_is_good(h, reply) && reply->id > h->notes.last_id)
		h->notes.last_id = reply->id;
	loaded(h);
}

static void on_runs(const struct store_reply *reply, void *arg)
{
	struct hub *h = arg;

	if (load_is_good(h, reply))
		check_load(h->check, reply);
	loaded(h);
}

static void load(struct hub *h)
{
	if (h->stopping)
		return;
	h->loads_left = LOADS;
	h->load_failed = false;
	store_events_last(h->store, on_last_event, h);
	store_hosts_load(h->store, on_hosts, h);
	store_runs_load(h->store, on_runs, h);
}

void hub_start(struct hub *h, void (*on_ready)(void *arg), void *arg)
{
	const struct timeval each = { .tv_sec = TICK_MS / 1000 };

	h->on_ready = on_ready;
	h->ready_arg = arg;
	(void)event_add(h->tick, &each);
	load(h);
}

/* ---- stop ---- */

static void stopped(struct hub *h)
{
	void (*done)(void *arg) = h->on_stopped;

	h->on_stopped = NULL;
	if (done == NULL)
		return;
	bus_close(h->bus);
	done(h->stopped_arg);
}

static void on_flushed(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	(void)bus;
	(void)reply;
	(void)err;
	stopped(arg);
}

static void on_stop_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stopped(arg);
}

void hub_stop(struct hub *h, void (*done)(void *arg), void *arg)
{
	struct timeval most = { .tv_sec = STOP_MS / 1000 };

	h->stopping = true;
	h->on_stopped = done;
	h->stopped_arg = arg;
	if (h->started) {
		notes_server(h, "server.stop", EVENT_INFO, "The server stopped");
		check_stop(h->check);
		for (size_t i = 0; i < roll_slots(h->roll); i++) {
			const struct roll_host *host = roll_at(h->roll, i);
			if (host != NULL && host->state == ROLL_ONLINE)
				fleet_dirty(h, host->ref, fleet_of(h, host));
		}
	}
	(void)event_del(h->tick);
	fleet_flush(h);
	notes_flush(h);
	if (bus_flush(h->bus, on_flushed, h) < 0)
		most = (struct timeval){ 0 };
	(void)event_add(h->stop_timer, &most);
}

/* ---- making and ending ---- */

int hub_new(const struct hub_options *options, struct hub **ret, struct err *err)
{
	struct hub *h = xcalloc(1, sizeof(*h));
	struct roll_options roll = { 0 };

	random_bytes(&roll.seed, sizeof(roll.seed));
	h->options = *options;
	h->store = options->store;
	h->start_mono_ms = clock_mono_ms();
	h->roll = roll_new(&roll);
	h->check = check_new(h);
	notes_init(h);
	h->tick = event_new(options->base, -1, EV_PERSIST, on_tick, h);
	h->stop_timer = evtimer_new(options->base, on_stop_timer, h);
	part_set(h, &h->redis, false, "not connected yet");
	part_set(h, &h->ingest, false, "waits for Redis");
	part_set(h, &h->sql, true, "");
	int r = open_bus(h, err);
	h->options.redis = NULL;
	if (r < 0) {
		hub_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

void hub_free(struct hub *h)
{
	if (h == NULL)
		return;
	h->stopping = true;
	if (h->bus != NULL)
		bus_free(h->bus);
	check_free(h->check);
	notes_done(h);
	event_free(h->tick);
	event_free(h->stop_timer);
	for (size_t i = 0; i < roll_slots(h->roll); i++) {
		const struct roll_host *host = roll_at(h->roll, i);
		if (host != NULL)
			fleet_host_free(host->user);
	}
	roll_free(h->roll);
	free(h->dirty);
	free(h);
}
