/*
 * stream - GET /events: what changes, told to everybody who listens, within 20 ms or in batches of a second.
 *
 * States and events go out in a moment; numbers once a second, all that changed in one message. Every message is
 * formatted once and queued on all streams without copying. A listener that does not read is dropped by the
 * layer below; on coming back it gets a `hello` and reads the roll anew.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/api/api_int.h"

enum {
	SOON_MS = 20,
	MAX_SUBS = 1000,
	MAX_WATCHED = 16,
	QUEUE_BYTES = 16 << 20,
	EVENT_BYTES = 64 << 20,
	SINGLE_MAX = 100,     /* more hosts at once go into one message */
	LOG_BYTES = 4 << 20,  /* more events at once, and clients read everything anew */
	ROWS_BYTES = 4 << 20, /* more rows at once, and they read the roll, which is compressed */
};

struct sub {
	struct api *api;
	struct http_stream *stream;
	struct principal who;
	size_t n_watched;
	char watched[MAX_WATCHED][HOST_IP_SIZE];
};

static void drop_those(struct api *api, bool (*is_meant)(const struct sub *s, const void *arg),
                       const void *arg)
{
	struct stream_hub *sh = &api->stream;

	for (size_t i = sh->n_subs; i-- > 0;) {
		struct sub *s = sh->subs[i];

		if (!is_meant(s, arg))
			continue;
		sh->subs[i] = sh->subs[--sh->n_subs];
		http_stream_close(s->stream);
		free(s);
	}
}

static bool has_digest(const struct sub *s, const void *arg)
{
	return memcmp(s->who.digest, arg, DIGEST_BYTES) == 0;
}

static bool has_token(const struct sub *s, const void *arg)
{
	const int64_t *id = arg;

	return s->who.by_token && s->who.id == *id;
}

static bool has_expired(const struct sub *s, const void *arg)
{
	const int64_t *now = arg;

	return s->who.expires_ms != 0 && *now >= s->who.expires_ms;
}

static bool has_any(const struct sub *s, const void *arg)
{
	(void)s;
	(void)arg;
	return true;
}

static void send_all(struct api *api, struct buf *b)
{
	struct stream_hub *sh = &api->stream;

	if (b->len == 0)
		return;
	struct http_blob *blob = http_blob_new_take(b);

	/* A stream that is dropped here is closed later, from the loop. */
	for (size_t i = 0; i < sh->n_subs; i++)
		(void)http_stream_send_blob(sh->subs[i]->stream, blob);
	http_blob_unref(blob);
}

static void format_hello(struct api *api, struct buf *b)
{
	AUTO_BUF struct buf data = BUF(200);
	struct jw j = JW(&data);
	int64_t rev = api_rev(api, hub_rev(api->o.hub));

	jw_obj(&j);
	jw_ki64(&j, "now", hub_now_ms(api->o.hub));
	jw_ki64(&j, "rev", rev);
	jw_end_obj(&j);
	http_stream_format(b, "hello", (uint64_t)rev, buf_as_str(&data));
}

/* ---- numbers, each second ---- */

struct since {
	struct jw *j;
	uint64_t rev;
	size_t n;
};

static bool put_if_newer(const struct hub_host *h, void *arg)
{
	struct since *s = arg;

	if (h->rev > s->rev) {
		host_write(s->j, h);
		s->n++;
	}
	return true;
}

/* Appends a `hosts` message with all rows newer than `rev`, if there are any. */
static void format_since(struct api *api, uint64_t rev, struct buf *b)
{
	AUTO_BUF struct buf data = BUF(ROWS_BYTES);
	struct jw j = JW(&data);
	struct since s = { &j, rev, 0 };
	uint64_t now = hub_rev(api->o.hub);

	jw_obj(&j);
	jw_key(&j, "hosts");
	jw_arr(&j);
	hub_each(api->o.hub, put_if_newer, &s);
	jw_end_arr(&j);
	jw_end_obj(&j);
	if (data.over)
		format_hello(api, b);
	else if (s.n > 0)
		http_stream_format(b, "hosts", (uint64_t)api_rev(api, now), buf_as_str(&data));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;
	struct stream_hub *sh = &api->stream;
	AUTO_BUF struct buf b = BUF(EVENT_BYTES);
	uint64_t rev = hub_rev(api->o.hub);
	int64_t now = clock_wall_ms();

	(void)fd;
	(void)what;
	drop_those(api, has_expired, &now);
	if (sh->n_subs > 0 && rev != sh->sent_rev)
		format_since(api, sh->sent_rev, &b);
	sh->sent_rev = rev;
	send_all(api, &b);
}

/* ---- states and events, in a moment ---- */

static void format_urgent(struct api *api, struct buf *b)
{
	struct stream_hub *sh = &api->stream;
	AUTO_BUF struct buf data = BUF(ROWS_BYTES);
	struct jw j = JW(&data);
	struct hub_host h;
	bool one_by_one = sh->n_urgent <= SINGLE_MAX;

	if (!one_by_one) {
		jw_obj(&j);
		jw_key(&j, "hosts");
		jw_arr(&j);
	}
	for (size_t i = 0; i < sh->n_urgent; i++) {
		if (!hub_find(api->o.hub, str_of(sh->urgent[i]), &h))
			continue;
		host_write(&j, &h);
		if (one_by_one) {
			http_stream_format(b, "host", 0, buf_as_str(&data));
			buf_reset(&data);
			j = JW(&data);
		}
	}
	if (!one_by_one) {
		jw_end_arr(&j);
		jw_end_obj(&j);
		if (data.over)
			format_hello(api, b);
		else
			http_stream_format(b, "hosts", 0, buf_as_str(&data));
	}
	sh->n_urgent = 0;
}

static void flush(struct api *api)
{
	struct stream_hub *sh = &api->stream;
	AUTO_BUF struct buf b = BUF((size_t)2 * EVENT_BYTES);

	if (sh->n_urgent > 0)
		format_urgent(api, &b);
	if (sh->log.over)
		format_hello(api, &b);
	else
		buf_str(&b, buf_as_str(&sh->log));
	buf_done(&sh->log);
	send_all(api, &b);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;

	(void)fd;
	(void)what;
	api->stream.soon_set = false;
	flush(api);
}

static void flush_soon(struct api *api)
{
	struct timeval tv = { 0, SOON_MS * 1000L };

	if (api->stream.soon_set)
		return;
	api->stream.soon_set = true;
	(void)event_add(api->stream.soon, &tv);
}

void stream_on_host(const struct hub_host *host, unsigned changes, void *arg)
{
	struct api *api = arg;
	struct stream_hub *sh = &api->stream;

	if (sh->n_subs == 0 || (changes & (HUB_STATE | HUB_IDENTITY)) == 0)
		return;
	sh->urgent = xgrow(sh->urgent, &sh->cap_urgent, sh->n_urgent + 1, sizeof(*sh->urgent));
	if (str_copy(str_of(host->ip), sh->urgent[sh->n_urgent], HOST_IP_SIZE))
		sh->n_urgent++;
	flush_soon(api);
}

void stream_on_gone(struct str ip, struct host_id id, void *arg)
{
	struct api *api = arg;
	AUTO_BUF struct buf b = BUF(1000);
	AUTO_BUF struct buf data = BUF(500);
	struct jw j = JW(&data);
	char text[HOST_ID_TEXT_SIZE];

	api->doc.stale = true;
	if (api->stream.n_subs == 0)
		return;
	/* What was said of it before goes out before. */
	flush(api);
	host_id_write(id, text);
	jw_obj(&j);
	jw_kstr(&j, "ip", ip);
	jw_kstr(&j, "id", str_of(text));
	jw_end_obj(&j);
	http_stream_format(&b, "gone", 0, buf_as_str(&data));
	send_all(api, &b);
}

void stream_on_event(const struct event_row *event, void *arg)
{
	struct api *api = arg;
	struct stream_hub *sh = &api->stream;
	AUTO_BUF struct buf data = BUF(LOG_BYTES);
	struct jw j = JW(&data);

	if (sh->n_subs == 0)
		return;
	event_write(&j, event);
	http_stream_format(&sh->log, "log", 0, buf_as_str(&data));
	flush_soon(api);
}

static bool watches(const struct sub *s, struct str ip)
{
	for (size_t i = 0; i < s->n_watched; i++)
		if (str_is(ip, s->watched[i]))
			return true;
	return false;
}

void stream_on_sample(struct str ip, const struct hub_sample *sample, void *arg)
{
	struct api *api = arg;
	struct stream_hub *sh = &api->stream;
	struct http_blob *blob = NULL;

	for (size_t i = 0; i < sh->n_subs; i++) {
		if (!watches(sh->subs[i], ip))
			continue;
		if (blob == NULL) {
			AUTO_BUF struct buf data = BUF(EVENT_BYTES);
			AUTO_BUF struct buf b = BUF(EVENT_BYTES);
			struct jw j = JW(&data);

			jw_obj(&j);
			jw_kstr(&j, "ip", ip);
			jw_key(&j, "info");
			jw_raw(&j, sample->info);
			jw_end_obj(&j);
			http_stream_format(&b, "sample", 0, buf_as_str(&data));
			blob = http_blob_new_take(&b);
		}
		(void)http_stream_send_blob(sh->subs[i]->stream, blob);
	}
	http_blob_unref(blob);
}

void stream_on_reset(void *arg)
{
	struct api *api = arg;
	AUTO_BUF struct buf b = BUF(1000);

	api->doc.stale = true;
	format_hello(api, &b);
	send_all(api, &b);
}

/* ---- who listens ---- */

static void on_close(void *arg)
{
	struct sub *s = arg;
	struct stream_hub *sh = &s->api->stream;

	for (size_t i = 0; i < sh->n_subs; i++)
		if (sh->subs[i] == s) {
			sh->subs[i] = sh->subs[--sh->n_subs];
			break;
		}
	free(s);
}

/* Addresses separated by commas. False when there are too many. */
static bool read_watched(struct sub *s, struct str list)
{
	while (list.len > 0) {
		struct str ip = { list.p, str_find(list, ',') };

		list = str_skip(list, ip.len + 1);
		if (ip.len == 0)
			continue;
		if (s->n_watched == MAX_WATCHED ||
		    !str_copy(ip, s->watched[s->n_watched], HOST_IP_SIZE))
			return false;
		s->n_watched++;
	}
	return true;
}

void handle_events(struct call *call)
{
	struct api *api = call->api;
	struct stream_hub *sh = &api->stream;
	struct sub *s = xcalloc(1, sizeof(*s));
	AUTO_BUF struct buf b = BUF(EVENT_BYTES);

	if (call->values[EVENTS_WATCH].given && !read_watched(s, call->values[EVENTS_WATCH].text)) {
		free(s);
		call_bad_field(call, "watch", "watch names at most %d addresses", (int)MAX_WATCHED);
		return;
	}
	if (sh->n_subs >= MAX_SUBS) {
		free(s);
		call_refuse(call, &(struct http_fault){ 503, "too_many_streams",
		                                        "too many pages are open at this moment",
		                                        NULL, "close some of them" });
		return;
	}
	struct http_req *req = call->req;

	call->req = NULL;
	s->api = api;
	s->who = call->who;
	s->stream = http_stream_start(
		req, &(struct http_stream_options){
			     .queue_bytes = QUEUE_BYTES, .on_close = on_close, .arg = s });
	sh->subs = xgrow(sh->subs, &sh->cap_subs, sh->n_subs + 1, sizeof(struct sub *));
	if (sh->n_subs == 0)
		sh->sent_rev = hub_rev(api->o.hub);
	sh->subs[sh->n_subs++] = s;
	format_hello(api, &b);
	/* The roll it reads next may be the prepared one: what changed between that and the last batch. */
	if (api->doc.plain != NULL && !api->doc.stale && api->doc.rev < sh->sent_rev)
		format_since(api, api->doc.rev, &b);

	struct http_blob *blob = http_blob_new_take(&b);

	(void)http_stream_send_blob(s->stream, blob);
	http_blob_unref(blob);
	call_unref(call);
}

void stream_drop(struct api *api, const uint8_t digest[DIGEST_BYTES])
{
	drop_those(api, has_digest, digest);
}

void stream_drop_token(struct api *api, int64_t id)
{
	drop_those(api, has_token, &id);
}

void stream_hub_init(struct api *api)
{
	struct stream_hub *sh = &api->stream;
	struct timeval second = { 1, 0 };

	sh->log = BUF(LOG_BYTES);
	sh->soon = event_new(api->o.base, -1, 0, on_soon, api);
	sh->tick = event_new(api->o.base, -1, EV_PERSIST, on_tick, api);
	(void)event_add(sh->tick, &second);
}

void stream_hub_done(struct api *api)
{
	struct stream_hub *sh = &api->stream;

	drop_those(api, has_any, NULL);
	event_free(sh->soon);
	event_free(sh->tick);
	buf_done(&sh->log);
	free(sh->subs);
	free(sh->urgent);
}
