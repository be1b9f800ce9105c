/*
 * check.c - checkstate's shell: its lease, its passes over rdv_worker_*, its rows in SQL.
 *
 * What is decided is decided in core/checkstate.h and core/lease.h; here questions are sent and answers handed on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "base/mem.h"
#include "core/beat.h"
#include "core/lease.h"
#include "server/ingest/hub_int.h"
#include "server/ingest/scripts.h"
#include "wire/keys.h"

enum { ASKERS_MAX = 64, FIELDS = 5 };

struct asker {
	void (*cb)(const struct hub_check *check, void *arg);
	void *arg;
};

struct check {
	struct hub *hub;
	struct checkstate *state;
	struct lease lease;
	struct event *lease_timer, *pass_timer, *answer;
	bool running;
	int64_t begun_ms;
	struct run_change *changes;
	size_t n_changes, cap_changes;
	struct hub_check result;
	struct err err; /* behind result.err */
	struct asker askers[ASKERS_MAX];
	size_t n_askers;
	/* For health. */
	int64_t since_ms; /* true time the state below is from */
	bool was_active, failed;
	bool has_run;
	bool reload; /* what the core knows of the rows may differ from SQL */
	char message[ERR_MSG_SIZE];
};

static void arm(struct event *e, int64_t in_ms)
{
	const struct timeval at = { .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };

	(void)event_add(e, &at);
}

/* ---- the lease ---- */

static void lease_do(struct check *c, enum lease_effect effect);

static void lease_tell(struct check *c, enum lease_event ev, uint64_t number)
{
	struct moment now = hub_moment(c->hub);

	lease_do(c, lease_step(&c->lease, ev, number, now));
	bool is_active = lease_is_held(&c->lease, now);
	if (is_active != c->was_active) {
		c->was_active = is_active;
		c->since_ms = hub_now_ms(c->hub);
		/* The first pass of a new holder need not wait. */
		c->reload |= is_active;
		if (is_active)
			arm(c->pass_timer, 0);
	}
	int64_t due = lease_due_ms(&c->lease);
	if (due == INT64_MAX)
		(void)event_del(c->lease_timer);
	else
		arm(c->lease_timer, due > now.mono_ms ? due - now.mono_ms : 0);
}

static void on_take(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct check *c = arg;
	uint64_t fence = 0, token = 0;

	(void)bus;
	if (err != NULL && reply == NULL)
		return; /* the break is told by itself */
	if (err != NULL || !str_u64(reply_text(reply_item(reply, 0)), &fence) ||
	    !str_u64(reply_text(reply_item(reply, 1)), &token)) {
		lease_tell(c, LEASE_EV_REFUSED, 0);
		return;
	}
	if (fence > 0)
		lease_tell(c, LEASE_EV_TAKEN, fence);
	else
		lease_tell(c, LEASE_EV_REFUSED, token);
}

static void on_renew(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	int64_t still = 0;

	(void)bus;
	if (err != NULL && reply == NULL)
		return;
	bool is_ours = err == NULL && reply_i64(reply, &still) && still == 1;
	lease_tell(arg, is_ours ? LEASE_EV_RENEWED : LEASE_EV_LOST, 0);
}

/* Sends one of the lease's scripts. */
static bool lease_send(struct check *c, enum script script, const struct str *args, size_t n,
                       bus_reply_cb *cb)
{
	struct str all[10] = { STR("EVAL"), script_text(script), STR("2"), key_plain(KEY_LEASE),
		               key_plain(KEY_LEASE_FENCE) };

	memcpy(all + 5, args, n * sizeof(*args));
	return bus_send(c->hub->bus, all, 5 + n, cb, c) == 0;
}

static void lease_do(struct check *c, enum lease_effect effect)
{
	struct str holder = str_of(c->hub->options.server_id);
	char fence[24], floor[24], token[24], ttl[16];

	(void)snprintf(fence, sizeof(fence), "%llu", (unsigned long long)c->lease.fence);
	(void)snprintf(floor, sizeof(floor), "%llu", (unsigned long long)c->lease.floor);
	(void)snprintf(token, sizeof(token), "%llu", (unsigned long long)c->lease.token);
	(void)snprintf(ttl, sizeof(ttl), "%d", LEASE_TTL_MS);
	const struct str take[] = { str_of(floor), holder, str_of(ttl),
		                    effect == LEASE_SEIZE ? str_of(token) : STR("") };
	const struct str renew[] = { str_of(fence), holder, str_of(ttl) };
	bool sent = true;

	switch (effect) {
	case LEASE_TAKE:
	case LEASE_SEIZE:
		sent = lease_send(c, SCRIPT_TAKE, take, 4, on_take);
		break;
	case LEASE_RENEW:
		sent = lease_send(c, SCRIPT_RENEW, renew, 3, on_renew);
		break;
	case LEASE_DROP:
		sent = lease_send(c, SCRIPT_DROP, renew, 2, NULL);
		break;
	case LEASE_NOTHING:
		break;
	}
	/* Not sent is as good as not answered: the lease has its own deadlines. */
	if (!sent)
		log_debug("checkstate: a request for the lease was not sent");
}

static void on_lease_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	lease_tell(arg, LEASE_EV_TIMER, 0);
}

/* ---- a pass ---- */

/* Answers all who asked. */
static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	struct asker askers[ASKERS_MAX];
	size_t n = c->n_askers;

	(void)fd;
	(void)what;
	memcpy(askers, c->askers, sizeof(askers));
	c->n_askers = 0;
	c->result.err = &c->err;
	for (size_t i = 0; i < n; i++)
		askers[i].cb(&c->result, askers[i].arg);
}

static void finish(struct check *c, int code, const struct err *why)
{
	bool failed = code < 0;

	c->running = false;
	c->result.code = code;
	c->err = why != NULL ? *why : (struct err){ 0 };
	c->result.took_ms = clock_mono_ms() - c->begun_ms;
	c->has_run = true;
	if (failed != c->failed) {
		c->failed = failed;
		c->since_ms = hub_now_ms(c->hub);
	}
	if (failed)
		(void)snprintf(c->message, sizeof(c->message), "%s", c->err.msg);
	else
		(void)snprintf(c->message, sizeof(c->message), "%zu workers, %zu offline",
		               c->result.result.workers, c->result.result.offline);
	on_answer(-1, 0, c);
}

static void on_applied(const struct store_reply *reply, void *arg)
{
	struct check *c = arg;

	if (reply->code == -ESTALE)
		lease_tell(c, LEASE_EV_FENCED, reply->fence);
	/* What was refused or lost is worked out anew from the rows that are there. */
	c->reload |= reply->code < 0;
	if (reply->code == -ECANCELED)
		return; /* the server ends; nobody is left to be told */
	finish(c, reply->code, reply->err);
}

static void note_change(struct check *c, bool extend, const struct worker_run *run)
{
	c->changes = xgrow(c->changes, &c->cap_changes, c->n_changes + 1, sizeof(*c->changes));
	c->changes[c->n_changes++] = (struct run_change){ .extend = extend, .run = *run };
}

static void end_pass(struct check *c)
{
	struct check_effect e;

	c->result.result = checkstate_end(c->state);
	c->n_changes = 0;
	while (checkstate_take(c->state, &e)) {
		if (e.kind == CHECK_ROW || e.kind == CHECK_EXTEND)
			note_change(c, e.kind == CHECK_EXTEND, &e.run);
		else
			log_debug("checkstate: worker %s is %s", e.run.ip,
			          e.kind == CHECK_OFFLINE ? "offline" : "online");
	}
	/* Also an empty pass is under the fence: a server that was put out must hear of it. */
	store_runs_apply(c->hub->store, c->lease.fence, c->changes, c->n_changes, on_applied, c);
}

static void take_worker(struct check *c, const struct reply *row)
{
	struct str key = reply_text(reply_item(row, 0)), ip;
	struct str fields[FIELDS];
	struct worker_record rec;
	bool ok = false;

	if (!key_ip_of(KEY_WORKER, key, &ip)) {
		notes_malformed(c->hub, key, "not named after an ip");
		return;
	}
	if (row->n == 2) {
		ok = worker_record_read(reply_text(&row->items[1]), ip, &rec);
	} else if (row->n == 1 + FIELDS) {
		for (size_t i = 0; i < FIELDS; i++)
			fields[i] = reply_text(&row->items[i + 1]);
		ok = worker_record_fields(fields, ip, &rec);
	}
	if (!ok)
		notes_malformed(c->hub, key, "no worker's record");
	else if (!checkstate_record(c->state, &rec))
		notes_malformed(c->hub, key, "one worker too many");
}

static void load_rows(struct check *c, const struct store_reply *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		if (runs->runs[i].ip[0] != '\0')
			checkstate_load(c->state, &runs->runs[i]);
}

static void step(struct check *c, struct str cursor);

static void on_step(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct check *c = arg;
	const struct reply *rows = reply_item(reply, 3);
	struct err why = { 0 };
	int64_t refused = 0, interval_ms;
	bool clamped;

	(void)bus;
	if (err != NULL || rows == NULL) {
		(void)(err != NULL ? err_set(&why, err->code, "%s", err->msg)
		                   : err_set(&why, -EPROTO, "Redis answered in another shape"));
		/* Half a pass judges nobody; the core begins anew with the next one. */
		finish(c, why.code, &why);
		return;
	}
	if (reply_i64(reply_item(reply, 1), &refused) && refused > 0) {
		c->hub->malformed += (uint64_t)refused - 1;
		notes_malformed(c->hub, reply_text(reply_item(reply, 2)), "no worker's record");
	}
	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].type == REPLY_ARRAY)
			take_worker(c, &rows->items[i]);
	struct str interval = reply_text(reply_item(reply, 4));
	checkstate_set_interval(
		c->state, interval.len > 0 && beat_interval_read(interval, &interval_ms, &clamped)
				  ? interval_ms
				  : BEAT_INTERVAL_DEFAULT_MS);
	struct str cursor = reply_text(reply_item(reply, 0));
	if (cursor.len > 0 && !str_is(cursor, "0"))
		step(c, cursor);
	else
		end_pass(c);
}

static void step(struct check *c, struct str cursor)
{
	struct err why = { 0 };

	if (BUS_SEND(c->hub->bus, on_step, c, STR("EVAL"), script_text(SCRIPT_WORKERS), STR("0"),
	             cursor, STR("500")) == 0)
		return;
	(void)err_set(&why, -ENOTCONN, "Redis is not connected");
	finish(c, why.code, &why);
}

static void begin(struct check *c);

static void on_reloaded(const struct store_reply *reply, void *arg)
{
	struct check *c = arg;

	if (reply->code == -ECANCELED)
		return; /* the server ends */
	if (reply->code < 0) {
		finish(c, reply->code, reply->err);
		return;
	}
	checkstate_reload(c->state);
	load_rows(c, reply);
	c->reload = false;
	begin(c);
}

static void begin(struct check *c)
{
	c->running = true;
	c->begun_ms = clock_mono_ms();
	c->result = (struct hub_check){ .active = true };
	if (c->reload) {
		store_runs_load(c->hub->store, on_reloaded, c);
		return;
	}
	checkstate_begin(c->state, hub_moment(c->hub));
	step(c, STR("0"));
}

static void on_pass_timer(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;

	(void)fd;
	(void)what;
	arm(c->pass_timer, c->hub->options.check_ms);
	if (!c->running && c->hub->bus_live && lease_is_held(&c->lease, hub_moment(c->hub)))
		begin(c);
}

void check_now(struct check *c, void (*cb)(const struct hub_check *check, void *arg), void *arg)
{
	if (c->n_askers == ASKERS_MAX) {
		/* Cannot be answered later without room; whoever floods is told at once. */
		struct err full = { 0 };
		(void)err_set(&full, -EAGAIN, "too many wait for a pass already");
		const struct hub_check no = { .code = -EAGAIN, .err = &full };
		cb(&no, arg);
		return;
	}
	c->askers[c->n_askers++] = (struct asker){ cb, arg };
	if (c->running)
		return;
	c->result = (struct hub_check){ 0 };
	c->err = (struct err){ 0 };
	if (!c->hub->bus_live) {
		c->result.code = err_set(&c->err, -ENOTCONN, "Redis is not connected");
	} else if (!lease_is_held(&c->lease, hub_moment(c->hub))) {
		c->result.code =
			err_set(&c->err, -EAGAIN, "another server runs checkstate on this Redis");
	} else {
		begin(c);
		return;
	}
	arm(c->answer, 0);
}

/* ---- its life ---- */

struct check *check_new(struct hub *h)
{
	struct check *c = xcalloc(1, sizeof(*c));
	struct check_options options = { .stale_ms = h->options.stale_ms };

	random_bytes(&options.seed, sizeof(options.seed));
	c->hub = h;
	c->state = checkstate_new(&options);
	lease_init(&c->lease, 0);
	c->lease_timer = evtimer_new(h->options.base, on_lease_timer, c);
	c->pass_timer = evtimer_new(h->options.base, on_pass_timer, c);
	c->answer = evtimer_new(h->options.base, on_answer, c);
	return c;
}

void check_free(struct check *c)
{
	if (c == NULL)
		return;
	event_free(c->lease_timer);
	event_free(c->pass_timer);
	event_free(c->answer);
	checkstate_free(c->state);
	free(c->changes);
	free(c);
}

void check_load(struct check *c, const struct store_reply *runs)
{
	load_rows(c, runs);
	lease_init(&c->lease, runs->fence);
}

void check_bus(struct check *c, bool up)
{
	if (up)
		checkstate_bus_up(c->state, hub_moment(c->hub));
	lease_tell(c, up ? LEASE_EV_UP : LEASE_EV_DOWN, 0);
}

void check_stop(struct check *c)
{
	(void)event_del(c->pass_timer);
	lease_tell(c, LEASE_EV_STOP, 0);
}

void check_health(const struct check *c, struct hub_part *ret)
{
	bool is_active = lease_is_held(&c->lease, hub_moment(c->hub));

	*ret = (struct hub_part){ .name = "checkstate",
		                  .since_ms = c->since_ms,
		                  .message = c->message };
	if (!c->hub->bus_live) {
		ret->state = "down";
		ret->message = "waits for Redis";
	} else if (!is_active) {
		ret->state = "standby";
		ret->ok = true;
		ret->message = "another server runs it on this Redis, or did until a moment ago";
	} else if (c->failed) {
		ret->state = "down";
	} else {
		ret->state = c->has_run ? "ok" : "starting";
		ret->ok = true;
	}
}
