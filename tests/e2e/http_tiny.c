/*
 * http_tiny.c - the smallest server on src/http: what the attack tests and the benchmark talk to.
 *
 * usage: http_tiny [name=value ...], names of struct http_limits and `listen`. Prints "url: ..." when it
 * listens and "bye" after a clean end by SIGTERM.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/jwrite.h"
#include "base/mem.h"
#include "http/http.h"

struct pending {
	struct tiny *tiny;
	struct http_req *req;
	struct event *timer;
};

struct tiny {
	struct event_base *base;
	struct http_server *http;
	struct http_blob *asset;
	struct http_stream *streams[2048];
	size_t n_streams;
	struct event *tick;
	unsigned cancelled;
	char *big;
};

static void reply_text(struct http_req *req, struct str text)
{
	http_reply(req, &(struct http_answer){ .status = 200, .type = "text/plain", .body = text });
}

static void echo(struct http_req *req, struct str body, void *arg)
{
	(void)arg;
	reply_text(req, body);
}

static void later(evutil_socket_t fd, short what, void *arg)
{
	struct pending *p = arg;

	(void)fd;
	(void)what;
	reply_text(p->req, STR("later\n"));
	event_free(p->timer);
	free(p);
}

static void cancelled(struct http_req *req, void *arg)
{
	struct pending *p = arg;

	(void)req;
	p->tiny->cancelled++;
	event_free(p->timer);
	free(p);
}

static void wait_a_little(struct http_req *req, struct str body, void *arg)
{
	struct pending *p = xcalloc(1, sizeof(*p));
	struct timeval tv = { 0, 300000 };
	struct str never;

	(void)body;
	p->tiny = arg;
	p->req = req;
	p->timer = evtimer_new(p->tiny->base, later, p);
	if (!http_query(req, "never", &never))
		(void)evtimer_add(p->timer, &tv);
	http_on_cancel(req, cancelled, p);
}

/* Decides about the head a little later: no for those without a word, the body for others. */
static void decide(evutil_socket_t fd, short what, void *arg)
{
	struct pending *p = arg;
	struct str word;

	(void)fd;
	(void)what;
	if (http_header(p->req, "authorization", &word))
		http_read_body(p->req, 1000, echo, p->tiny);
	else
		http_reply_error(p->req,
		                 &(struct http_fault){ 401, "login", "log in first", NULL, NULL });
	event_free(p->timer);
	free(p);
}

static void hold(struct tiny *t, struct http_req *req)
{
	struct pending *p = xcalloc(1, sizeof(*p));
	struct timeval tv = { 0, 100000 };

	p->tiny = t;
	p->req = req;
	p->timer = evtimer_new(t->base, decide, p);
	(void)evtimer_add(p->timer, &tv);
	http_hold(req);
	http_on_cancel(req, cancelled, p);
}

static void stats(struct http_req *req, struct str body, void *arg)
{
	struct tiny *t = arg;
	struct http_stats s;
	AUTO_BUF struct buf b = BUF(1024);
	struct jw j = JW(&b);

	(void)body;
	http_server_stats(t->http, &s);
	jw_obj(&j);
	jw_ki64(&j, "accepted", (int64_t)s.accepted);
	jw_ki64(&j, "refused", (int64_t)s.refused);
	jw_ki64(&j, "bad", (int64_t)s.bad);
	jw_ki64(&j, "timeouts", (int64_t)s.timeouts);
	jw_ki64(&j, "slow_streams", (int64_t)s.slow_streams);
	jw_ki64(&j, "conns", s.conns);
	jw_ki64(&j, "streams", s.streams);
	jw_ki64(&j, "cancelled", t->cancelled);
	jw_end_obj(&j);
	http_reply(req, &(struct http_answer){ .status = 200, .body = buf_as_str(&b) });
}

/* What a request looks like from inside. */
static void describe(struct http_req *req, struct str body, void *arg)
{
	AUTO_BUF struct buf b = BUF(65536);
	struct jw j = JW(&b);
	struct str name, value;

	(void)body;
	(void)arg;
	jw_obj(&j);
	jw_kstr(&j, "path", http_path(req));
	jw_kstr(&j, "peer", http_peer(req));
	if (http_header(req, "x-test", &value))
		jw_kstr(&j, "x-test", value);
	if (http_cookie(req, "c", &value))
		jw_kstr(&j, "cookie", value);
	jw_key(&j, "args");
	jw_arr(&j);
	for (size_t i = 0; http_query_at(req, i, &name, &value); i++) {
		jw_str(&j, name);
		jw_str(&j, value);
	}
	jw_end_arr(&j);
	jw_end_obj(&j);
	http_reply(req, &(struct http_answer){ .status = 200, .body = buf_as_str(&b) });
}

struct sub {
	struct tiny *tiny;
	struct http_stream *stream;
};

static void stream_closed(void *arg)
{
	struct sub *sub = arg;
	struct tiny *t = sub->tiny;

	for (size_t i = 0; i < t->n_streams; i++)
		if (t->streams[i] == sub->stream)
			t->streams[i--] = t->streams[--t->n_streams];
	free(sub);
}

static void subscribe(struct tiny *t, struct http_req *req)
{
	struct sub *sub = xcalloc(1, sizeof(*sub));

	sub->tiny = t;
	sub->stream =
		http_stream_start(req, &(struct http_stream_options){ .queue_bytes = 300000,
	                                                              .ping_ms = 500,
	                                                              .on_close = stream_closed,
	                                                              .arg = sub });
	t->streams[t->n_streams++] = sub->stream;
	(void)http_stream_send(sub->stream, "hello", 1, STR("a\nb"));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct tiny *t = arg;
	AUTO_BUF struct buf b = BUF(65536);

	(void)fd;
	(void)what;
	http_stream_format(&b, "tick", 0, (struct str){ t->big, 20000 });
	struct http_blob *blob = http_blob_new_take(&b);

	for (size_t i = 0; i < t->n_streams; i++)
		(void)http_stream_send_blob(t->streams[i], blob);
	http_blob_unref(blob);
}

static void route(struct http_req *req, void *arg)
{
	struct tiny *t = arg;
	struct str path = http_path(req), value;

	if (str_is(path, "/hello")) {
		reply_text(req, STR("hello\n"));
	} else if (str_is(path, "/asset")) {
		http_reply_doc(req,
		               &(struct http_doc){ .type = "text/plain",
		                                   .etag = "\"v1\"",
		                                   .cache = "public, max-age=31536000, immutable",
		                                   .plain_blob = t->asset,
		                                   .gzip = STR("not really gzip") });
	} else if (str_is(path, "/echo")) {
		http_read_body(req, 1000, echo, t);
	} else if (str_is(path, "/upload")) {
		http_read_body(req, 32000000, echo, t);
	} else if (str_is(path, "/later")) {
		http_read_body(req, 0, wait_a_little, t);
	} else if (str_is(path, "/held")) {
		hold(t, req);
	} else if (str_is(path, "/stats")) {
		http_read_body(req, 0, stats, t);
	} else if (str_is(path, "/events")) {
		subscribe(t, req);
	} else if (str_starts(path, STR("/api/d"))) {
		http_read_body(req, 0, describe, t);
	} else if (str_is(path, "/closed") && !http_header(req, "authorization", &value)) {
		http_reply_error(req,
		                 &(struct http_fault){ 401, "login", "log in first", NULL, NULL });
	} else {
		http_reply_error(req,
		                 &(struct http_fault){ 404, "not_found", "there is no <such> page",
		                                       NULL, "look elsewhere" });
	}
}

static void ended(void *arg)
{
	(void)event_base_loopbreak(arg);
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
	struct tiny *t = arg;

	(void)fd;
	(void)what;
	(void)event_del(t->tick);
	http_server_stop(t->http, 2000, ended, t->base);
}

static bool set_option(struct http_limits *l, const char **listen, const char *arg)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{ "conns", offsetof(struct http_limits, conns) },
		{ "conns_per_addr", offsetof(struct http_limits, conns_per_addr) },
		{ "idle_ms", offsetof(struct http_limits, idle_ms) },
		{ "head_ms", offsetof(struct http_limits, head_ms) },
		{ "body_ms", offsetof(struct http_limits, body_ms) },
		{ "reply_ms", offsetof(struct http_limits, reply_ms) },
		{ "write_ms", offsetof(struct http_limits, write_ms) },
		{ "write_min_speed", offsetof(struct http_limits, write_min_speed) },
		{ "linger_ms", offsetof(struct http_limits, linger_ms) },
	};
	struct str value = str_of(arg), name;
	uint64_t n = 0;

	if (!str_cut(&value, '=', &name))
		return false;
	if (str_is(name, "listen")) {
		*listen = value.p;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_is(name, rows[i].name) && str_u64(value, &n)) {
			unsigned v = (unsigned)n;

			memcpy((char *)l + rows[i].offset, &v, sizeof(v));
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	struct tiny t = { 0 };
	struct http_options o = { .json_prefix = "/api/", .on_head = route, .arg = &t };
	const char *listen = "127.0.0.1:0";
	AUTO_BUF struct buf asset = BUF(100000000);
	struct timeval tick = { 0, 100000 };
	struct err err = { 0 };

	for (int i = 1; i < argc; i++)
		if (!set_option(&o.limits, &listen, argv[i]))
			return (int)EXIT_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	t.base = event_base_new();
	t.http = http_server_new(t.base, &o);
	if (http_server_listen(t.http, listen, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		http_server_free(t.http);
		event_base_free(t.base);
		return (int)err_exit_code(err.code);
	}
	for (int i = 0; i < 100000; i++)
		buf_char(&asset, (char)('a' + i % 26));
	t.big = xmemdup0(asset.p, asset.len);
	t.asset = http_blob_new_take(&asset);
	t.tick = event_new(t.base, -1, EV_PERSIST, on_tick, &t);
	(void)event_add(t.tick, &tick);

	struct event *term = evsignal_new(t.base, SIGTERM, on_term, &t);

	(void)event_add(term, NULL);
	(void)printf("url: %s\n", http_server_url(t.http));
	(void)fflush(stdout);
	(void)event_base_dispatch(t.base);
	http_server_free(t.http);
	event_free(term);
	event_free(t.tick);
	http_blob_unref(t.asset);
	free(t.big);
	event_base_free(t.base);
	(void)puts("bye");
	return 0;
}
