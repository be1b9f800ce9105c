/*
 * feed.c - messages of the channel update:info, as they come.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/ingest/hub_int.h"
#include "wire/update.h"

static void tell_sample(struct hub *h, const struct roll_host *host, const struct fleet_host *f)
{
	const struct kept *k = f->latest;

	if (f->watch_until_ms == 0 || k == NULL)
		return;
	const struct hub_sample sample = {
		.ts_ms = k->ts_ms,
		.seen_ms = k->seen_ms,
		.info = { k->text, k->len },
	};
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (h->listens[i] && h->listeners[i].on_sample != NULL)
			h->listeners[i].on_sample(str_of(host->ip), &sample, h->listeners[i].arg);
}

/* Host name, version and the like; returns what changed. */
static unsigned take_names(struct hub *h, const struct roll_host *host, struct fleet_host *f,
                           const struct message_digest *m)
{
	bool changed = false;

	if (m->hostname[0] != '\0')
		changed |= fleet_set(&f->hostname, str_of(m->hostname));
	if (m->version[0] != '\0')
		changed |= fleet_set(&f->version, str_of(m->version));
	if (m->mac[0] != '\0')
		changed |= fleet_set(&f->mac, str_of(m->mac));
	if (!changed)
		return HUB_NUMBERS;
	/* What the host says of itself has probably changed, too. */
	sweep_host(h, host, f);
	fleet_dirty(h, host->ref, f);
	return HUB_NUMBERS | HUB_IDENTITY;
}

static bool id_of(const char *told, const char *inside, struct host_id *ret)
{
	return host_id_read(str_of(told[0] != '\0' ? told : inside), ret);
}

static void take_workload(struct hub *h, const struct update *u)
{
	struct message_digest m;
	struct err err = { 0 };
	struct roll_report report = { 0 };

	if (message_read(u->info, &m, &err) < 0) {
		notes_malformed(h, str_of(u->ip), err.msg);
		return;
	}
	if (!id_of(u->id, m.id, &report.id)) {
		h->foreign++;
		return;
	}
	report.ip = str_of(u->ip);
	report.ts_ms = m.ts_ms;
	report.seq = m.seq;
	report.interval_ms = m.report_s > 0 && m.report_s < 1e6 ? (int64_t)(m.report_s * 1000) : 0;
	struct roll_verdict v = roll_report(h->roll, &report, hub_moment(h));
	const struct roll_host *host = roll_get(h->roll, v.host);
	if (host == NULL || v.is_echo) {
		effects_run(h);
		return;
	}
	struct fleet_host *f = fleet_of(h, host);
	unsigned changes = take_names(h, host, f, &m);
	fleet_take(h, f, &m, u->info, v.ts_ms);
	/* The names first, so that the events about the host have them. */
	effects_run(h);
	host = roll_get(h->roll, v.host);
	if (host == NULL)
		return;
	hub_tell_host(h, host, f, changes);
	tell_sample(h, host, f);
}

static void take_alive(struct hub *h, const struct update *u)
{
	struct roll_report report = {
		.ip = str_of(u->ip),
		.ts_ms = u->ts_ms,
		.seq = u->seq,
		.interval_ms = u->interval_ms,
	};

	/* Without an id it is a server's own word, ours among them. */
	if (!host_id_read(str_of(u->id), &report.id))
		return;
	if (u->alive)
		(void)roll_report(h->roll, &report, hub_moment(h));
	else
		roll_goodbye(h->roll, &report, hub_moment(h));
	effects_run(h);
}

static void take_waiting(struct hub *h, const struct update *u)
{
	struct host_id id;

	if (!host_id_read(str_of(u->id), &id)) {
		h->foreign++;
		return;
	}
	/* One we never met is asked for its name first: it wrote server:info before it announced itself. */
	if (roll_by_id(h->roll, id) != NULL || !sweep_newcomer(h, id, str_of(u->ip)))
		feed_waiting(h, id, str_of(u->ip), NULL);
}

void feed_waiting(struct hub *h, struct host_id id, struct str ip, const struct reply *row)
{
	roll_ref ref = roll_waiting(h->roll, id, ip, hub_moment(h));
	const struct roll_host *host = roll_get(h->roll, ref);

	if (host != NULL && row != NULL)
		(void)sweep_facts(fleet_of(h, host), row);
	effects_run(h);
}

static void take_event(struct hub *h, const struct update *u)
{
	struct host_id id;
	const struct roll_host *host = roll_by_ip(h->roll, str_of(u->ip));

	if (host == NULL || !host_id_read(str_of(u->id), &id) || !host_id_eq(id, host->id)) {
		h->foreign++;
		return;
	}
	struct fleet_host *f = fleet_of(h, host);
	if (!budget_take(&f->said, EVENTS_PER_MINUTE)) {
		if (log_pace_is_due(&h->drop_pace, PACE_MS))
			log_warn(
				"ingest: %s logs more than %d events a minute; the rest is dropped",
				host->ip, EVENTS_PER_MINUTE);
		return;
	}
	notes_host(h, host, u->event.kind, u->event.level, u->event.data, "%s", u->event.text);
}

void feed_message(struct bus *bus, struct str channel, struct str message, void *arg)
{
	struct hub *h = arg;
	struct update u;
	struct err err = { 0 };

	(void)bus;
	h->messages++;
	if (update_read(message, &u, &err) < 0) {
		notes_malformed(h, channel, err.msg);
		return;
	}
	switch (u.kind) {
	case UPDATE_WORKLOAD:
		take_workload(h, &u);
		break;
	case UPDATE_ALIVE:
		take_alive(h, &u);
		break;
	case UPDATE_WAITING:
		take_waiting(h, &u);
		break;
	case UPDATE_EVENT:
		take_event(h, &u);
		break;
	case UPDATE_OTHER:
		break;
	}
}
