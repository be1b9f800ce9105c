/*
 * fuzz_http.c - any bytes as what a peer sends: the parser must see the same however they are cut, and a whole
 * connection must survive them.
 *
 * The first byte chooses the cut. Each input goes through the parser twice (whole, cut), then through a real
 * connection of a real server over a pair of bufferevents, with a router that takes every way out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 512 };

static const struct http_limits limits = {
	.target_bytes = 256,
	.head_bytes = 1024,
	.headers = 12,
	.query_args = 6,
};

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* What the parser said, as text; two runs are compared by it. */
static void note_head(struct buf *b, const struct head *h)
{
	buf_printf(b, "head %d %d %d %d ", (int)h->verb, h->has_body, h->chunked, h->keep_alive);
	buf_str(b, head_str(h, h->path));
	buf_str(b, head_str(h, h->query));
	for (size_t i = 0; i < h->n_fields; i++) {
		buf_str(b, head_str(h, h->fields[i].name));
		buf_str(b, head_str(h, h->fields[i].value));
	}
	for (size_t i = 0; i < h->n_args; i++) {
		buf_str(b, head_str(h, h->args[i].name));
		buf_str(b, head_str(h, h->args[i].value));
		check(utf8_is_valid(head_str(h, h->args[i].value)));
	}
	struct str path = head_str(h, h->path);

	check(path.len > 0 && path.p[0] == '/' && utf8_is_valid(path));
	check(str_search(path, STR("/../")) == path.len && str_find(path, '\0') == path.len);
	check(h->n_fields <= limits.headers && h->n_args <= limits.query_args);
}

/* Feeds `data` in pieces of `cut` bytes. */
static void trace(struct str data, size_t cut, struct buf *ret)
{
	struct parser *p = parser_new(&limits);
	bool fault = false;
	size_t at = 0;

	while (!fault && at < data.len) {
		size_t n = data.len - at < cut ? data.len - at : cut, used = 0;
		struct str piece = { data.p + at, n };
		enum parse_event ev = PARSE_MORE;

		do {
			ev = parser_feed(p, piece, &used);
			check(used <= piece.len);
			piece = str_skip(piece, used);
			if (ev == PARSE_HEAD) {
				note_head(ret, parser_head(p));
				parser_keep_body(p, BODY_MAX);
			} else if (ev == PARSE_DONE) {
				buf_puts(ret, " body ");
				buf_str(ret, parser_body(p));
				parser_next(p);
			} else if (ev == PARSE_FAULT) {
				/* Of two faults, the cut decides which is met first. */
				buf_puts(ret, " fault");
				check(parser_why(p) != FAULT_NONE &&
				      parser_fault(parser_why(p))->status >= 400);
				fault = true;
			}
		} while (!fault && (ev != PARSE_MORE || piece.len > 0));
		at += n;
	}
	parser_free(p);
}

static void take_body(struct http_req *req, struct str body, void *arg)
{
	(void)arg;
	http_reply(req, &(struct http_answer){ .status = 200, .body = body });
}

static void route(struct http_req *req, void *arg)
{
	struct str path = http_path(req), value;

	(void)arg;
	(void)http_cookie(req, "a", &value);
	if (str_starts(path, STR("/b")))
		http_read_body(req, BODY_MAX, take_body, NULL);
	else if (str_starts(path, STR("/d")))
		http_reply_doc(req, &(struct http_doc){ .type = "text/plain",
		                                        .etag = "\"v\"",
		                                        .plain = STR("plain"),
		                                        .gzip = STR("zipped") });
	else if (str_starts(path, STR("/s")) && http_verb(req) != VERB_HEAD)
		(void)http_stream_start(req, &(struct http_stream_options){ .queue_bytes = 100 });
	else
		http_reply_error(req,
		                 &(struct http_fault){ 404, "not_found", "nothing", NULL, NULL });
}

static void converse(struct str data, size_t cut)
{
	struct event_base *base = event_base_new();
	struct http_options o = { .limits = limits, .json_prefix = "/api/", .on_head = route };
	struct http_server *srv = http_server_new(base, &o);
	struct bufferevent *pair[2];

	check(bufferevent_pair_new(base, BEV_OPT_CLOSE_ON_FREE, pair) == 0);
	(void)server_adopt(srv, pair[0], STR("127.0.0.1"), STR("k"));
	(void)bufferevent_enable(pair[1], EV_READ | EV_WRITE);
	for (size_t at = 0; at < data.len; at += cut) {
		size_t n = data.len - at < cut ? data.len - at : cut;

		(void)bufferevent_write(pair[1], data.p + at, n);
		for (int i = 0; i < 3; i++)
			(void)event_base_loop(base, EVLOOP_NONBLOCK);
	}
	(void)bufferevent_flush(pair[1], EV_WRITE, BEV_FINISHED);
	for (int i = 0; i < 3; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);

	struct evbuffer *got = bufferevent_get_input(pair[1]);
	size_t n = evbuffer_get_length(got);

	check(n == 0 || memcmp(evbuffer_pullup(got, -1), "HTTP/1.1 ", 9) == 0);
	http_server_free(srv);
	bufferevent_free(pair[1]);
	event_base_free(base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[] = { 1, 2, 3, 7, 16, 100, 1000 };
	AUTO_BUF struct buf whole = BUF((size_t)1 << 22);
	AUTO_BUF struct buf pieces = BUF((size_t)1 << 22);

	if (size < 2)
		return 0;
	size_t cut = cuts[data[0] % COUNT_OF(cuts)];
	struct str text = { (const char *)data + 1, size - 1 };

	trace(text, text.len, &whole);
	trace(text, cut, &pieces);
	check(str_eq(buf_as_str(&whole), buf_as_str(&pieces)));
	converse(text, cut);
	return 0;
}
