/*
 * hosts - one host: its details, its messages, and what may be asked of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "base/jread.h"
#include "server/api/api_int.h"

enum { RUNS = 50 };

static struct str ip_of(const struct call *call)
{
	return call->values[HOST_IP].text;
}

static void no_such_host(struct call *call)
{
	call_refuse(call, &(struct http_fault){ 404, "no_such_host", "no host has this address",
	                                        NULL, "GET /hosts lists them" });
}

/* ---- details ---- */

/* The raw text of one member of the info object. */
static bool info_member(struct str info, const char *name, struct str *ret)
{
	struct jread j = JREAD(info);
	struct str key, value;

	if (!jr_obj(&j))
		return false;
	while (jr_key(&j, &key)) {
		if (str_is(key, name) && jr_type(&j) == JR_STR && jr_str(&j, &value)) {
			*ret = value;
			return true;
		}
		(void)jr_skip(&j);
	}
	return false;
}

static void put_info(struct jw *j, const char *key, struct str info, const char *name)
{
	AUTO_BUF struct buf plain = BUF(4096);
	struct str raw;

	jw_key(j, key);
	if (info_member(info, name, &raw) && raw.len > 0 && jr_unescape(raw, &plain))
		jw_str(j, buf_as_str(&plain));
	else
		jw_null(j);
}

static void put_info_number(struct jw *j, const char *key, struct str info, const char *name)
{
	struct str raw;
	int64_t v = 0;

	jw_key(j, key);
	if (info_member(info, name, &raw) && str_fixed(raw, 3, &v))
		jw_fixed(j, v, 3);
	else
		jw_null(j);
}

static void put_percent(struct jw *j, const char *key, int percent)
{
	if (percent < 0)
		jw_knull(j, key);
	else
		jw_ki64(j, key, percent);
}

static void put_run(struct jw *j, const struct worker_run *r)
{
	jw_obj(j);
	jw_ki64(j, "firsttime", r->firsttime_s);
	jw_ki64(j, "updatetime", r->updatetime_s);
	jw_kstr(j, "hostname", str_of(r->hostname));
	put_percent(j, "mempercent", r->mem);
	put_percent(j, "diskpercent", r->disk);
	jw_end_obj(j);
}

static void write_detail(struct buf *b, int64_t now_ms, const struct hub_host *h,
                         const struct store_reply *runs)
{
	struct jw j = JW(b);

	jw_obj(&j);
	jw_ki64(&j, "now", now_ms);
	host_members(&j, h, HOST_ID_TEXT_SIZE - 1);
	jw_kdouble(&j, "offset_ms", h->offset_ms, 3);
	if (h->first_seen_ms > 0)
		jw_ki64(&j, "first_seen", h->first_seen_ms);
	else
		jw_knull(&j, "first_seen");
	if (h->mac[0] != '\0')
		jw_kstr(&j, "mac", str_of(h->mac));
	else
		jw_knull(&j, "mac");
	put_info(&j, "os", h->info, "os");
	put_info(&j, "kernel", h->info, "kernel");
	put_info(&j, "cpu_model", h->info, "cpu");
	put_info_number(&j, "mem_total_mb", h->info, "mem");
	put_info_number(&j, "boot", h->info, "boot");
	jw_key(&j, "info");
	jw_raw(&j, h->info);
	jw_key(&j, "runs");
	jw_arr(&j);
	for (size_t i = 0; runs->code == 0 && i < runs->n; i++)
		put_run(&j, &runs->runs[i]);
	jw_end_arr(&j);
	jw_end_obj(&j);
}

static void on_runs(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(REPLY_BYTES);
	struct hub_host h;

	/* A sick database costs the history of runs, not the page. */
	if (call->req != NULL) {
		if (hub_find(call->api->o.hub, ip_of(call), &h)) {
			write_detail(&b, hub_now_ms(call->api->o.hub), &h, reply);
			call_reply(call, &b);
		} else {
			no_such_host(call);
		}
	}
	call_unref(call);
}

void handle_host(struct call *call)
{
	struct hub_host h;

	if (!hub_find(call->api->o.hub, ip_of(call), &h)) {
		no_such_host(call);
		return;
	}
	store_runs_of(call->api->store, ip_of(call), RUNS, on_runs, call_ref(call));
}

/* ---- messages ---- */

void handle_host_sample(struct call *call)
{
	AUTO_BUF struct buf b = BUF(REPLY_BYTES);
	struct jw j = JW(&b);
	struct hub_host h;
	struct hub_sample s;
	int64_t now = hub_now_ms(call->api->o.hub);

	if (!hub_find(call->api->o.hub, ip_of(call), &h)) {
		no_such_host(call);
		return;
	}
	if (!hub_latest(call->api->o.hub, ip_of(call), &s)) {
		call_refuse(call,
		            &(struct http_fault){
				    404, "no_sample",
				    "no message of this host has come since the server started",
				    NULL, NULL });
		return;
	}
	jw_obj(&j);
	jw_ki64(&j, "now", now);
	jw_ki64(&j, "ts", s.ts_ms);
	jw_ki64(&j, "age_ms", now > s.seen_ms ? now - s.seen_ms : 0);
	jw_key(&j, "info");
	jw_raw(&j, s.info);
	jw_end_obj(&j);
	call_reply(call, &b);
}

static void put_sample(const struct hub_sample *s, void *arg)
{
	jw_raw(arg, s->info);
}

void handle_host_recent(struct call *call)
{
	AUTO_BUF struct buf b = BUF(REPLY_BYTES);
	struct jw j = JW(&b);
	struct hub_host h;

	if (!hub_find(call->api->o.hub, ip_of(call), &h)) {
		no_such_host(call);
		return;
	}
	jw_obj(&j);
	jw_key(&j, "samples");
	jw_arr(&j);
	(void)hub_recent(call->api->o.hub, ip_of(call), put_sample, &j);
	jw_end_arr(&j);
	jw_end_obj(&j);
	call_reply(call, &b);
}

/* ---- what may be asked of it ---- */

void handle_host_watch(struct call *call)
{
	AUTO_BUF struct buf b = BUF(100);
	struct jw j = JW(&b);
	struct err err = { 0 };
	int64_t until = 0;

	if (hub_watch(call->api->o.hub, ip_of(call), &until, &err) < 0) {
		call_fail(call, &err);
		return;
	}
	jw_obj(&j);
	jw_ki64(&j, "until", until);
	jw_end_obj(&j);
	call_reply(call, &b);
}

void handle_host_accept(struct call *call)
{
	struct err err = { 0 };

	if (hub_accept(call->api->o.hub, ip_of(call), call->who.name, &err) < 0)
		call_fail(call, &err);
	else
		call_done(call);
}

void handle_host_forget(struct call *call)
{
	struct err err = { 0 };

	if (hub_forget(call->api->o.hub, ip_of(call), call->who.name, &err) < 0)
		call_fail(call, &err);
	else
		call_done(call);
}
