/*
 * sweep.c - what the keys say: all hosts after the bus came back, one host when there is reason to.
 *
 * Pub/sub is lossy, so after each interruption the keys are read anew: hosts SQL has forgotten are found again, and
 * those thought dead are looked at once more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/buf.h"
#include "base/jwrite.h"
#include "base/mem.h"
#include "server/ingest/hub_int.h"
#include "server/ingest/scripts.h"
#include "wire/keys.h"
#include "wire/record.h"

enum {
	REFRESH_MS = 600000, /* server:info is read again so often */
	REFRESH_BUSY = 1000, /* commands in flight beyond which it waits */
	FIRST_PAIR = 3,      /* in a host's row */
};

/* A question about one host on its way. */
struct question {
	struct hub *hub;
	roll_ref host;
	struct host_id id; /* of one that is not in the roll yet */
	char ip[HOST_IP_SIZE];
};

static struct question *question_new(struct hub *h, roll_ref host, struct str ip)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->hub = h;
	q->host = host;
	(void)str_copy(ip, q->ip, sizeof(q->ip));
	return q;
}

/* Sends EVAL of a script without keys. False when it was not sent. */
static bool eval(struct hub *h, enum script script, struct str a, struct str b, bus_reply_cb *cb,
                 void *arg)
{
	return BUS_SEND(h->bus, cb, arg, STR("EVAL"), script_text(script), STR("0"), a, b) == 0;
}

/* ---- one host's row ---- */

static struct str field_of(const struct reply *row, const char *name)
{
	for (size_t i = FIRST_PAIR; i + 1 < row->n; i += 2)
		if (str_is(reply_text(&row->items[i]), name))
			return reply_text(&row->items[i + 1]);
	return (struct str){ NULL, 0 };
}

static bool life_of(const struct reply *row, struct life *ret)
{
	static const char *const names[LIFE_N] = { "id", "seen", "seq", "interval", "run" };
	struct str values[LIFE_N];

	for (size_t i = 0; i < LIFE_N; i++)
		values[i] = field_of(row, names[i]);
	return life_read(values, ret);
}

static void write_info(struct buf *b, const struct reply *row)
{
	struct jw j = JW(b);

	jw_obj(&j);
	for (size_t i = FIRST_PAIR; i + 1 < row->n; i += 2) {
		struct str name = reply_text(&row->items[i]);

		/* These move with every report, and are told elsewhere. */
		if (str_is(name, "seen") || str_is(name, "seq") || str_is(name, "offset"))
			continue;
		jw_key_str(&j, name);
		jw_str(&j, reply_text(&row->items[i + 1]));
	}
	jw_end_obj(&j);
}

bool sweep_facts(struct fleet_host *f, const struct reply *row)
{
	AUTO_BUF struct buf info = BUF(INFO_MAX_BYTES);
	const struct {
		const char *name;
		char **text;
	} facts[] = {
		{ "hostname", &f->hostname },
		{ "version", &f->version },
		{ "mac", &f->mac },
		{ "sn", &f->sn },
	};
	bool changed = false;
	int64_t first;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct str v = field_of(row, facts[i].name);
		if (v.len > 0 && utf8_is_valid(v))
			changed |= fleet_set(facts[i].text, v);
	}
	if (f->first_seen_ms == 0 && str_i64(field_of(row, "first_seen"), &first) && first > 0)
		f->first_seen_ms = first;
	write_info(&info, row);
	if (info.over ||
	    (f->info != NULL && str_eq(buf_as_str(&info), (struct str){ f->info, f->info_len })))
		return changed;
	free(f->info);
	f->info_len = info.len;
	f->info = buf_give(&info);
	return true;
}

/* Its newest message, when none came yet: better an old one with its age than none. */
static bool take_workload(struct hub *h, struct fleet_host *f, struct str member)
{
	struct message_digest m;
	struct err ignored = { 0 };
	struct str info;
	int64_t ts_ms;

	if (f->latest != NULL || member.len == 0 || !workload_read(member, &ts_ms, &info) ||
	    message_read(info, &m, &ignored) < 0)
		return false;
	fleet_take(h, f, &m, info, ts_ms);
	return true;
}

/*
 * Tells the roll of a host it does not have, or thinks dead, or of an ip that nobody has any more. What it has no opinion of yet is not reported here: a
 * stamp in a key is no proof that the host will find its way back within the next three intervals, and the roll
 * looks here by itself before it declares one dead.
 */
static void tell_roll(struct hub *h, struct str ip, const struct life *life, bool is_alive)
{
	struct roll_saved saved = {
		.ip = ip,
		.state = ROLL_UNKNOWN,
		.seen_ms = life->seen_ms,
		.interval_ms = life->interval_ms,
		.enrolled = true,
	};
	int64_t span = ROLL_INTERVALS * life->interval_ms;
	int64_t age = hub_now_ms(h) - life->seen_ms;

	if (!is_alive || !host_id_read(str_of(life->id), &saved.id))
		return;
	span = span < ROLL_RECONNECT_MS ? ROLL_RECONNECT_MS : span;
	const struct roll_host *host = roll_by_id(h->roll, saved.id);
	if (host == NULL && age < span && age > -span) {
		saved.since_ms = hub_now_ms(h);
		(void)roll_load(h->roll, &saved, hub_moment(h));
	} else {
		roll_hint(h->roll, ip, hub_moment(h));
	}
}

static void take_host(struct hub *h, const struct reply *row)
{
	struct life life;
	struct host_id id;
	struct str ip = reply_text(reply_item(row, 0));

	if (row->n < FIRST_PAIR || !key_ip_is_valid(ip)) {
		notes_malformed(h, ip, "a key is named so, and it is no ip");
		return;
	}
	if (!life_of(row, &life) || !host_id_read(str_of(life.id), &id)) {
		h->foreign++;
		return;
	}
	tell_roll(h, ip, &life, str_is(reply_text(&row->items[1]), "1"));
	const struct roll_host *host = roll_by_id(h->roll, id);
	/* A host that is not in the roll gets no record: nobody would ever remove it. */
	if (host == NULL || !str_is(ip, host->ip)) {
		effects_run(h);
		return;
	}
	roll_ref ref = host->ref;
	struct fleet_host *f = fleet_of(h, host);
	f->info_ms = clock_mono_ms();
	bool changed = sweep_facts(f, row);
	bool numbers = take_workload(h, f, reply_text(&row->items[2]));
	if (changed)
		fleet_dirty(h, ref, f);
	effects_run(h);
	host = roll_get(h->roll, ref);
	if (host != NULL && (changed || numbers))
		hub_tell_host(h, host, host->user,
		              (changed ? HUB_IDENTITY : 0) | (numbers ? HUB_NUMBERS : 0));
}

/* The common part of SCRIPT_HOSTS and SCRIPT_HOST. */
static bool take_rows(struct hub *h, const struct reply *reply)
{
	int64_t refused = 0;
	const struct reply *rows = reply_item(reply, 3);

	if (rows == NULL || rows->type != REPLY_ARRAY)
		return false;
	if (reply_i64(reply_item(reply, 1), &refused) && refused > 0) {
		h->malformed += (uint64_t)refused - 1;
		notes_malformed(h, reply_text(reply_item(reply, 2)),
		                "not what a key of this name holds");
	}
	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].type == REPLY_ARRAY)
			take_host(h, &rows->items[i]);
	return true;
}

/* ---- all hosts ---- */

static void step(struct hub *h, struct str cursor);

static void on_step(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct hub *h = arg;

	(void)bus;
	h->sweeping = false;
	if (err != NULL || !take_rows(h, reply)) {
		if (reply != NULL && log_pace_is_due(&h->drop_pace, PACE_MS))
			log_warn("ingest: reading the hosts' keys: %s",
			         err != NULL ? err->msg : "an answer of another shape");
		return;
	}
	struct str cursor = reply_text(reply_item(reply, 0));
	if (cursor.len > 0 && !str_is(cursor, "0"))
		step(h, cursor);
}

static void step(struct hub *h, struct str cursor)
{
	h->sweeping = eval(h, SCRIPT_HOSTS, cursor, STR("100"), on_step, h);
}

void sweep_start(struct hub *h)
{
	if (!h->sweeping)
		step(h, STR("0"));
}

/* ---- one host ---- */

static void on_host(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct question *q = arg;
	const struct roll_host *host = roll_get(q->hub->roll, q->host);

	(void)bus;
	if (host != NULL)
		fleet_of(q->hub, host)->info_asked = false;
	if (err == NULL)
		(void)take_rows(q->hub, reply);
	free(q);
}

void sweep_host(struct hub *h, const struct roll_host *host, struct fleet_host *f)
{
	if (f->info_asked || !bus_is_up(h->bus))
		return;
	struct question *q = question_new(h, host->ref, str_of(host->ip));
	f->info_asked = eval(h, SCRIPT_HOST, str_of(host->ip), STR(""), on_host, q);
	if (!f->info_asked)
		free(q);
}

static void on_newcomer(struct bus *bus, const struct reply *reply, const struct err *err,
                        void *arg)
{
	struct question *q = arg;
	const struct reply *row = err == NULL ? reply_item(reply_item(reply, 3), 0) : NULL;
	struct host_id id;

	(void)bus;
	/* What is there may be another host's. */
	if (row != NULL && (!host_id_read(field_of(row, "id"), &id) || !host_id_eq(id, q->id)))
		row = NULL;
	feed_waiting(q->hub, q->id, str_of(q->ip), row);
	free(q);
}

bool sweep_newcomer(struct hub *h, struct host_id id, struct str ip)
{
	struct question *q = question_new(h, 0, ip);

	q->id = id;
	if (eval(h, SCRIPT_HOST, ip, STR(""), on_newcomer, q))
		return true;
	free(q);
	return false;
}

void sweep_refresh(struct hub *h)
{
	size_t slots = roll_slots(h->roll);
	int64_t now = clock_mono_ms();

	if (!h->bus_live || bus_in_flight(h->bus) > REFRESH_BUSY)
		return;
	for (size_t i = 0; i < slots / 300 + 1 && slots > 0; i++) {
		const struct roll_host *host = roll_at(h->roll, h->refresh_at++ % slots);
		if (host == NULL || host->state != ROLL_ONLINE)
			continue;
		struct fleet_host *f = fleet_of(h, host);
		if (f->info_ms == 0 || now - f->info_ms > REFRESH_MS)
			sweep_host(h, host, f);
	}
}

static void on_life(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct question *q = arg;
	struct hub *h = q->hub;
	struct str values[LIFE_N];
	struct roll_report report = { .ip = str_of(q->ip) };
	struct life life;

	(void)bus;
	/* Without an answer the roll asks again. */
	if (err == NULL && reply->type == REPLY_ARRAY) {
		for (size_t i = 0; i < LIFE_N; i++) {
			values[i] = reply_text(reply_item(reply, i));
			if (values[i].len == 0)
				values[i] = (struct str){ NULL, 0 };
		}
		bool found = life_read(values, &life) && host_id_read(str_of(life.id), &report.id);
		if (found) {
			report.ts_ms = life.seen_ms;
			report.seq = life.seq;
			report.interval_ms = life.interval_ms;
		}
		if (q->host != 0)
			roll_looked(h->roll, q->host, found ? &report : NULL, hub_moment(h));
		else
			roll_looked_ip(h->roll, str_of(q->ip), found ? &report : NULL,
			               hub_moment(h));
		effects_run(h);
	}
	free(q);
}

void sweep_look(struct hub *h, roll_ref host, struct str ip)
{
	struct question *q = question_new(h, host, ip);

	if (!eval(h, SCRIPT_LIFE, ip, STR(""), on_life, q))
		free(q);
}

static void on_recent(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct question *q = arg;
	const struct roll_host *host = roll_get(q->hub->roll, q->host);
	struct message_digest m;
	struct err ignored = { 0 };
	struct str info;
	int64_t ts_ms;

	(void)bus;
	for (size_t i = 0; host != NULL && err == NULL && i < reply->n; i++)
		if (workload_read(reply_text(&reply->items[i]), &ts_ms, &info) &&
		    message_read(info, &m, &ignored) == 0)
			fleet_take_old(q->hub, fleet_of(q->hub, host), info, ts_ms);
	free(q);
}

void sweep_recent(struct hub *h, const struct roll_host *host)
{
	struct question *q = question_new(h, host->ref, str_of(host->ip));

	if (!eval(h, SCRIPT_RECENT, str_of(host->ip), STR(""), on_recent, q))
		free(q);
}
