/*
 * state - the server itself: version, health, its log of events, a pass of checkstate.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "server/api/api_int.h"

enum { LOG_LIMIT_DEFAULT = 100 };

static void write_version(struct call *call)
{
	AUTO_BUF struct buf b = BUF(200);
	struct jw j = JW(&b);

	jw_obj(&j);
	jw_kstr(&j, "name", STR("muster"));
	jw_kstr(&j, "version", STR(MUSTER_VERSION));
	jw_ki64(&j, "api", 1);
	jw_kbool(&j, "setup", call->api->admin_known && !call->api->has_admin);
	jw_end_obj(&j);
	call_reply(call, &b);
}

static void on_users(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	struct api *api = call->api;

	if (reply->code == 0) {
		api->admin_known = true;
		for (size_t i = 0; i < reply->n; i++)
			api->has_admin = api->has_admin || reply->users[i].role == ROLE_ADMIN;
	}
	if (call->req != NULL)
		write_version(call);
	call_unref(call);
}

void handle_version(struct call *call)
{
	if (call->api->admin_known)
		write_version(call);
	else
		store_users_list(call->api->store, on_users, call_ref(call));
}

static void put_part(struct jw *j, const struct hub_part *p)
{
	jw_obj(j);
	jw_kstr(j, "name", str_of(p->name));
	jw_kstr(j, "state", str_of(p->state));
	jw_kbool(j, "ok", p->ok);
	jw_ki64(j, "since", p->since_ms);
	jw_kstr(j, "message", str_of(p->message));
	jw_end_obj(j);
}

void handle_health(struct call *call)
{
	AUTO_BUF struct buf b = BUF(65536);
	struct jw j = JW(&b);
	struct hub_health health;

	hub_health(call->api->o.hub, &health);
	jw_obj(&j);
	jw_kstr(&j, "status", health.ok ? STR("ok") : STR("degraded"));
	jw_key(&j, "parts");
	jw_arr(&j);
	for (size_t i = 0; i < health.n_parts; i++)
		put_part(&j, &health.parts[i]);
	jw_end_arr(&j);
	jw_ki64(&j, "uptime_s", health.uptime_ms / 1000);
	jw_key(&j, "hosts");
	jw_obj(&j);
	for (int s = 0; s < ROLL_N_STATES; s++)
		jw_ki64(&j, roll_state_name((enum roll_state)s), (int64_t)health.hosts[s]);
	jw_end_obj(&j);
	jw_ki64(&j, "messages", (int64_t)health.messages);
	jw_ki64(&j, "malformed", (int64_t)health.malformed);
	jw_end_obj(&j);
	call_reply(call, &b);
}

/* ---- the log of events ---- */

static void on_events(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(REPLY_BYTES);
	struct jw j = JW(&b);

	if (call->req != NULL && reply->code < 0) {
		call_fail(call, reply->err);
	} else if (call->req != NULL) {
		jw_obj(&j);
		jw_key(&j, "events");
		jw_arr(&j);
		for (size_t i = 0; i < reply->n; i++)
			event_write(&j, &reply->events[i]);
		jw_end_arr(&j);
		jw_kbool(&j, "more", reply->more);
		jw_end_obj(&j);
		call_reply(call, &b);
	}
	call_unref(call);
}

void handle_events_log(struct call *call)
{
	const struct value *v = call->values;
	struct event_filter filter = {
		.limit = v[LOG_LIMIT].given ? (size_t)v[LOG_LIMIT].number : LOG_LIMIT_DEFAULT,
		.before_id = v[LOG_BEFORE].given ? v[LOG_BEFORE].number : 0,
		.ip = v[LOG_IP].given ? v[LOG_IP].text : STR(""),
		.kind = v[LOG_KIND].given ? v[LOG_KIND].text : STR(""),
	};

	store_events_list(call->api->store, &filter, on_events, call_ref(call));
}

/* ---- checkstate ---- */

static void on_check(const struct hub_check *check, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(500);
	struct jw j = JW(&b);

	if (call->req != NULL && check->code < 0 && check->code != -EAGAIN) {
		call_fail(call, check->err);
	} else if (call->req != NULL) {
		/* Another server being the active one is an answer, not a failure. */
		jw_obj(&j);
		jw_ki64(&j, "workers", (int64_t)check->result.workers);
		jw_ki64(&j, "offline", (int64_t)check->result.offline);
		jw_ki64(&j, "changed", (int64_t)check->result.changed);
		jw_ki64(&j, "took_ms", check->took_ms);
		jw_kbool(&j, "active", check->active);
		jw_end_obj(&j);
		call_reply(call, &b);
	}
	call_unref(call);
}

void handle_checkstate(struct call *call)
{
	hub_checkstate(call->api->o.hub, on_check, call_ref(call));
}
