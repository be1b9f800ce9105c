/*
 * effects.c - what the roll wants done: SQL, events, listeners, keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/jwrite.h"
#include "base/mem.h"
#include "server/ingest/hub_int.h"

enum { DATA_MAX = 1024 };

/* "db1 (10.0.0.7)", or the ip alone while the name is not known. */
static const char *name_of(const struct roll_host *host, const struct fleet_host *f, char dst[400])
{
	if (f->hostname[0] != '\0')
		(void)snprintf(dst, 400, "%s (%s)", f->hostname, host->ip);
	else
		(void)snprintf(dst, 400, "%s", host->ip);
	return dst;
}

static const char *cause_name(enum roll_cause cause)
{
	static const char *const names[] = {
		[ROLL_HEARD] = "heard",
		[ROLL_SILENT] = "silent",
		[ROLL_GOODBYE] = "goodbye",
		[ROLL_ANNOUNCED] = "announced",
	};

	return (size_t)cause < COUNT_OF(names) ? names[cause] : "";
}

static void say_offline(struct hub *h, const struct roll_host *host, const struct fleet_host *f,
                        enum roll_cause cause, struct str data)
{
	char name[400];
	int64_t silent_s = (hub_now_ms(h) - host->seen_ms) / 1000;

	(void)name_of(host, f, name);
	if (cause == ROLL_GOODBYE)
		notes_host(h, host, "host.offline", EVENT_WARN, data,
		           "%s went offline: its agent stopped", name);
	else if (host->seen_ms > 0)
		notes_host(h, host, "host.offline", EVENT_ERROR, data,
		           "%s is offline: not heard for %lld s", name, (long long)silent_s);
	else
		notes_host(h, host, "host.offline", EVENT_ERROR, data,
		           "%s is offline: not heard since the server started", name);
}

static void say_change(struct hub *h, const struct roll_effect *e, const struct roll_host *host,
                       const struct fleet_host *f)
{
	AUTO_BUF struct buf data = BUF(DATA_MAX);
	struct jw j = JW(&data);
	char name[400];

	jw_obj(&j);
	jw_kstr(&j, "from", str_of(roll_state_name(e->from)));
	jw_kstr(&j, "to", str_of(roll_state_name(e->to)));
	jw_kstr(&j, "cause", str_of(cause_name(e->cause)));
	jw_ki64(&j, "seen", host->seen_ms);
	jw_ki64(&j, "interval_ms", host->interval_ms);
	jw_end_obj(&j);
	(void)name_of(host, f, name);
	switch (e->to) {
	case ROLL_ONLINE:
		notes_host(h, host, "host.online", EVENT_INFO, buf_as_str(&data), "%s is online",
		           name);
		break;
	case ROLL_OFFLINE:
		say_offline(h, host, f, e->cause, buf_as_str(&data));
		break;
	case ROLL_WAITING:
		/* Let in at once, it has nothing to wait for that anybody should know. */
		if (h->options.enrol && e->from == ROLL_UNKNOWN)
			break;
		notes_host(h, host, "host.waiting", EVENT_INFO, buf_as_str(&data),
		           h->options.enrol ? "%s waits for its configuration; it is let in"
		                            : "%s waits to be let in",
		           name);
		break;
	default:
		break;
	}
}

static void on_change(struct hub *h, const struct roll_effect *e)
{
	const struct roll_host *host = roll_get(h->roll, e->host);

	if (host == NULL)
		return;
	struct fleet_host *f = fleet_of(h, host);
	if (e->to == ROLL_ONLINE && (e->from != ROLL_ONLINE || f->info_ms == 0))
		sweep_host(h, host, f);
	fleet_dirty(h, e->host, f);
	if (e->from != e->to && !e->quiet)
		say_change(h, e, host, f);
	hub_tell_host(h, host, f, HUB_STATE);
}

/* Whoever was let in before is let in again; others only where nobody is asked. */
static void on_enrol(struct hub *h, const struct roll_effect *e)
{
	const struct roll_host *host = roll_get(h->roll, e->host);

	if (host != NULL && (host->enrolled || h->options.enrol))
		steer_enrol(h, str_of(e->ip));
}

static void on_new(struct hub *h, const struct roll_effect *e)
{
	const struct roll_host *host = roll_get(h->roll, e->host);
	char name[400];

	if (host == NULL || e->clone)
		return;
	struct fleet_host *f = fleet_of(h, host);
	f->first_seen_ms = hub_now_ms(h);
	notes_host(h, host, "host.new", EVENT_INFO, STR(""), "%s is new", name_of(host, f, name));
}

static void on_gone(struct hub *h, const struct roll_effect *e)
{
	struct fleet_host *f = e->user;
	const struct roll_host *other = roll_by_id(h->roll, e->id);

	h->rev++;
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (h->listens[i] && h->listeners[i].on_gone != NULL)
			h->listeners[i].on_gone(str_of(e->ip), e->id, h->listeners[i].arg);
	if (other != NULL)
		fleet_dirty(h, other->ref, fleet_of(h, other));
	else if (f != NULL && f->is_stored)
		store_host_remove(h->store, e->id, NULL, NULL);
	if (f != NULL && f->watch_until_ms != 0)
		h->n_watched--;
	fleet_host_free(f);
}

/* What each finding is called and how it reads: the host, `text`, and with `tells_other` the other one. */
static const struct {
	const char *kind, *text;
	enum event_level level;
	bool tells_other;
} findings[ROLL_N_FINDINGS] = {
	[ROLL_DUPLICATE_IP] = { "host.duplicate",
	                        " shares its ip with another living host: ", EVENT_ERROR, true },
	[ROLL_DUPLICATE_ID] = { "host.duplicate",
	                        " has the same identity as another living host (one was copied "
	                        "from "
	                        "the other): ",
	                        EVENT_ERROR, true },
	[ROLL_DUPLICATE_OVER] = { "host.single", " is no longer one of two", EVENT_INFO, false },
	[ROLL_MOVED] = { "host.moved", " has a new ip; it had ", EVENT_INFO, true },
	[ROLL_FLAPPING] = { "host.flapping",
	                    " comes and goes all the time; its events are held back", EVENT_WARN,
	                    false },
	[ROLL_STEADY] = { "host.steady", " no longer comes and goes", EVENT_INFO, false },
	[ROLL_CLOCK_OFF] = { "clock.step", " sends stamps that cannot be right; ours are used",
	                     EVENT_WARN, false },
	[ROLL_CLOCK_OK] = { "clock.step", " sends right stamps again", EVENT_INFO, false },
};

static void on_finding(struct hub *h, const struct roll_effect *e)
{
	const struct roll_host *host = roll_get(h->roll, e->host);
	AUTO_BUF struct buf data = BUF(DATA_MAX);
	struct jw j = JW(&data);
	char name[400], other[HOST_ID_TEXT_SIZE + HOST_IP_SIZE];

	if (e->finding == ROLL_FULL) {
		log_error("roll: there is no room for another host");
		notes_server(h, "roll.full", EVENT_ERROR, "There is no room for another host");
		return;
	}
	if (host == NULL || findings[e->finding].kind == NULL)
		return;
	struct fleet_host *f = fleet_of(h, host);
	(void)name_of(host, f, name);
	if (e->finding == ROLL_DUPLICATE_IP)
		host_id_write(e->other_id, other);
	else
		(void)snprintf(other, sizeof(other), "%s", e->other_ip);
	jw_obj(&j);
	jw_kstr(&j, "other", str_of(other));
	jw_kstr(&j, "state", str_of(roll_state_name(host->state)));
	jw_end_obj(&j);
	notes_host(h, host, findings[e->finding].kind, findings[e->finding].level,
	           buf_as_str(&data), "%s%s%s", name, findings[e->finding].text,
	           findings[e->finding].tells_other ? other : "");
	fleet_dirty(h, e->host, f);
	hub_tell_host(h, host, f, HUB_STATE | HUB_IDENTITY);
}

void effects_run(struct hub *h)
{
	struct roll_effect e;

	while (roll_take(h->roll, &e)) {
		switch (e.kind) {
		case ROLL_CHANGE:
			on_change(h, &e);
			break;
		case ROLL_NEW:
			on_new(h, &e);
			break;
		case ROLL_GONE:
			on_gone(h, &e);
			break;
		case ROLL_LOOK:
			sweep_look(h, e.host, str_of(e.ip));
			break;
		case ROLL_ZERO:
			steer_zero(h, str_of(e.ip));
			break;
		case ROLL_ENROL:
			on_enrol(h, &e);
			break;
		case ROLL_FINDING:
			on_finding(h, &e);
			break;
		}
	}
}
