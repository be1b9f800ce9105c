/*
 * roll - hosts and events as JSON; the whole roll prepared once for all who ask.
 *
 * The roll of 10,000 hosts is some MB: it is made at most every ROLL_PACE_MS, compressed once and sent without
 * copying. Of identities it has only the first digits, enough to tell two hosts on one address apart:
 * random digits do not compress, and whole ones would be a third of what is sent. What changed since it was
 * made is on the stream (stream.c tells a new listener what it may lack).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <strings.h>

#include "base/clock.h"
#include "server/api/api_int.h"

enum { ROLL_PACE_MS = 500, ROLL_BYTES = 256 << 20, ROW_ID_DIGITS = 8 };

int64_t api_rev(const struct api *api, uint64_t rev)
{
	return api->rev_base + (int64_t)rev;
}

static void put_time(struct jw *j, const char *key, int64_t ms)
{
	if (ms > 0)
		jw_ki64(j, key, ms);
	else
		jw_knull(j, key);
}

static void put_text(struct jw *j, const char *key, const char *text)
{
	if (text[0] != '\0')
		jw_kstr(j, key, str_of(text));
	else
		jw_knull(j, key);
}

void host_members(struct jw *j, const struct hub_host *h, size_t id_digits)
{
	char id[HOST_ID_TEXT_SIZE];

	host_id_write(h->id, id);
	jw_kstr(j, "id", (struct str){ id, id_digits });
	jw_kstr(j, "ip", str_of(h->ip));
	jw_kstr(j, "hostname", str_of(h->hostname));
	jw_kstr(j, "region", str_of(h->region));
	jw_kstr(j, "state", str_of(roll_state_name(h->state)));
	jw_ki64(j, "since", h->since_ms);
	put_time(j, "seen", h->seen_ms);
	jw_kdouble(j, "interval", h->interval_ms > 0 ? (double)h->interval_ms / 1000 : NAN, 3);
	jw_kdouble(j, "load1", h->load1, 2);
	jw_kdouble(j, "cpu", h->cpu, 1);
	jw_kdouble(j, "mem", h->mem, 1);
	jw_kdouble(j, "disk", h->disk, 1);
	jw_kdouble(j, "net_in", h->net_in, 1);
	jw_kdouble(j, "net_out", h->net_out, 1);
	jw_kdouble(j, "cores", h->cores, 0);
	put_text(j, "version", h->version);
	jw_kbool(j, "flapping", h->flapping);
	jw_kbool(j, "duplicate", h->duplicate);
}

void host_write(struct jw *j, const struct hub_host *h)
{
	jw_obj(j);
	host_members(j, h, ROW_ID_DIGITS);
	jw_end_obj(j);
}

void event_write(struct jw *j, const struct event_row *e)
{
	jw_obj(j);
	jw_ki64(j, "id", e->id);
	jw_ki64(j, "time", e->time_ms);
	jw_key(j, "ip");
	if (e->ip.len > 0)
		jw_str(j, e->ip);
	else
		jw_null(j);
	jw_key(j, "hostname");
	if (e->hostname.len > 0)
		jw_str(j, e->hostname);
	else
		jw_null(j);
	jw_kstr(j, "kind", e->kind);
	jw_kstr(j, "level", str_of(event_level_name(e->level)));
	jw_kstr(j, "text", e->text);
	jw_key(j, "data");
	if (e->data.len > 0)
		jw_raw(j, e->data);
	else
		jw_null(j);
	jw_end_obj(j);
}

/* ---- the list ---- */

struct filter {
	struct jw *j;
	int state; /* enum roll_state, -1 = any */
	struct str q;
};

static bool contains(const char *text, struct str q)
{
	for (; strlen(text) >= q.len; text++)
		if (strncasecmp(text, q.p, q.len) == 0)
			return true;
	return false;
}

static bool list_one(const struct hub_host *h, void *arg)
{
	const struct filter *f = arg;

	if ((f->state < 0 || (int)h->state == f->state) &&
	    (f->q.len == 0 || contains(h->hostname, f->q) || contains(h->ip, f->q)))
		host_write(f->j, h);
	return true;
}

static void write_list(const struct api *api, struct buf *b, int state, struct str q)
{
	struct jw j = JW(b);
	struct filter f = { &j, state, q };

	jw_obj(&j);
	jw_ki64(&j, "now", hub_now_ms(api->o.hub));
	jw_ki64(&j, "rev", api_rev(api, hub_rev(api->o.hub)));
	jw_key(&j, "hosts");
	jw_arr(&j);
	hub_each(api->o.hub, list_one, &f);
	jw_end_arr(&j);
	jw_end_obj(&j);
}

void roll_doc_done(struct roll_doc *doc)
{
	http_blob_unref(doc->plain);
	http_blob_unref(doc->gzip);
	*doc = (struct roll_doc){ 0 };
}

static bool is_current(const struct api *api)
{
	const struct roll_doc *d = &api->doc;

	/* An unchanged roll grows old too: its `now` is what ages are counted from. */
	return d->plain != NULL && !d->stale && clock_mono_ms() - d->made_ms < ROLL_PACE_MS;
}

static void make_doc(struct api *api)
{
	struct roll_doc *d = &api->doc;
	AUTO_BUF struct buf b = BUF(ROLL_BYTES);

	roll_doc_done(d);
	d->rev = hub_rev(api->o.hub);
	write_list(api, &b, -1, STR(""));
	d->plain = http_blob_new_take(&b);
	d->gzip = http_blob_gzip((struct str){ d->plain->p, d->plain->len });
	d->made_ms = clock_mono_ms();
	(void)snprintf(d->etag, sizeof(d->etag), "\"%" PRIx64 "-%" PRIx64 "\"",
	               (uint64_t)api_rev(api, d->rev), (uint64_t)d->made_ms);
}

void roll_reply(struct call *call)
{
	struct api *api = call->api;
	struct http_req *req = call->req;

	if (!is_current(api))
		make_doc(api);
	call->req = NULL;
	http_reply_doc(req, &(struct http_doc){ .type = "application/json",
	                                        .etag = api->doc.etag,
	                                        .plain_blob = api->doc.plain,
	                                        .gzip_blob = api->doc.gzip });
	call_unref(call);
}

void handle_hosts(struct call *call)
{
	const struct value *state = &call->values[HOSTS_STATE], *q = &call->values[HOSTS_Q];
	AUTO_BUF struct buf b = BUF(ROLL_BYTES);

	if (!state->given && !q->given) {
		roll_reply(call);
		return;
	}
	write_list(call->api, &b, state->given ? (int)state->number : -1,
	           q->given ? q->text : STR(""));
	call_reply(call, &b);
}
