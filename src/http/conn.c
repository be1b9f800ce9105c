/*
 * conn - one connection: phases, deadlines, and the way out.
 *
 * Deadlines are absolute and belong to a phase, so a peer that sends a byte now and then gains nothing. The
 * timer is lazy: a later deadline leaves it as it is, and it looks again when it fires.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/http_int.h"

static void arm(struct conn *c)
{
	int64_t at = c->deadline_ms;

	if (c->write_by_ms != 0 && (at == 0 || c->write_by_ms < at))
		at = c->write_by_ms;
	if (at == 0 || (c->timer_at_ms != 0 && c->timer_at_ms <= at))
		return;
	int64_t wait = at - clock_mono_ms();

	wait = wait < 1 ? 1 : wait;
	c->timer_at_ms = at;
	struct timeval tv = { wait / 1000, wait % 1000 * 1000 };

	(void)evtimer_add(c->timer, &tv);
}

void conn_enter(struct conn *c, enum phase phase, int64_t ms)
{
	c->phase = phase;
	c->deadline_ms = ms > 0 ? clock_mono_ms() + ms : 0;
	arm(c);
}

void conn_expire(struct conn *c)
{
	c->doomed = true;
	c->deadline_ms = clock_mono_ms();
	arm(c);
}

void conn_wrote(struct conn *c, size_t len)
{
	const struct http_limits *l = &c->srv->options.limits;
	int64_t base = c->write_by_ms != 0 ? c->write_by_ms : clock_mono_ms() + l->write_ms;

	c->write_by_ms = base + (int64_t)(len * 1000 / l->write_min_speed);
	arm(c);
}

/* The request ends without its handler. */
static void cancel(struct conn *c)
{
	void (*cb)(struct http_req *, void *) = c->req.cancel;

	c->req.cancel = NULL;
	if (cb != NULL)
		cb(&c->req, c->req.cancel_arg);
}

void conn_close(struct conn *c)
{
	struct http_stream *stream = c->stream;

	if (c->phase == PHASE_DEAD)
		return;
	c->phase = PHASE_DEAD;
	c->stream = NULL;
	cancel(c);
	if (stream != NULL)
		stream_gone(stream);
	bufferevent_free(c->bev);
	c->bev = NULL;
	server_forget(c->srv, c);
}

void conn_finish(struct conn *c)
{
	const struct http_limits *l = &c->srv->options.limits;

	if (c->phase == PHASE_DEAD)
		return;
	/* Closing on unread input resets the connection, and the peer may lose what it has not read yet. */
	if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
		c->linger = true;
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0) {
		conn_enter(c, PHASE_FLUSH, 0);
	} else if (c->linger && !c->eof) {
		(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
		conn_enter(c, PHASE_LINGER, l->linger_ms);
	} else {
		conn_close(c);
	}
}

void conn_refuse(struct conn *c, enum fault fault)
{
	c->srv->stats.bad++;
	cancel(c);
	c->keep_alive = false;
	c->linger = true;
	c->phase = PHASE_ROUTE;
	answer_fault(&c->req, parser_fault(fault), NULL);
}

static void next_request(struct conn *c)
{
	parser_next(c->parser);
	c->req = (struct http_req){ .conn = c };
	conn_enter(c, PHASE_IDLE, c->srv->options.limits.idle_ms);
}

static bool wants_input(const struct conn *c)
{
	return c->phase == PHASE_IDLE || c->phase == PHASE_HEAD || c->phase == PHASE_BODY ||
	       c->phase == PHASE_SKIP;
}

/* Later answers come from outside conn_run(): what waits behind them is parsed from the loop. */
static void run_soon(struct conn *c)
{
	if (!c->running && wants_input(c))
		bufferevent_trigger(c->bev, EV_READ,
		                    BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
}

void conn_answered(struct conn *c)
{
	const struct http_limits *l = &c->srv->options.limits;
	const struct head *h = parser_head(c->parser);
	bool unread = (c->phase == PHASE_ROUTE || c->phase == PHASE_BODY) && h->has_body;

	if (c->phase == PHASE_DEAD)
		return;
	if (!c->keep_alive || c->srv->stopping) {
		c->linger = c->linger || unread;
		conn_finish(c);
	} else if (c->phase == PHASE_ROUTE) {
		/* At its head: what is left of the message has to be read over, even if it is nothing. */
		parser_skip_body(c->parser, DISCARD_BYTES);
		conn_enter(c, PHASE_SKIP, l->body_ms);
	} else {
		next_request(c);
	}
	run_soon(c);
}

static void take_head(struct conn *c)
{
	const struct head *h = parser_head(c->parser);

	c->srv->stats.requests++;
	c->req = (struct http_req){ .conn = c, .head_only = h->verb == VERB_HEAD };
	/* An answer before the body leaves it unread: too much of it, and the connection ends there. */
	c->keep_alive = h->keep_alive;
	conn_enter(c, PHASE_ROUTE, 0);
	c->srv->options.on_head(&c->req, c->srv->options.arg);
}

void http_read_body(struct http_req *req, size_t max, http_body_cb *cb, void *arg)
{
	struct conn *c = req->conn;
	const struct head *h = parser_head(c->parser);

	if (h->length > max) {
		conn_refuse(c, FAULT_BODY_LARGE);
		return;
	}
	req->body_cb = cb;
	req->body_arg = arg;
	parser_keep_body(c->parser, max);
	if (h->has_body && h->expect_continue) {
		static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

		(void)bufferevent_write(c->bev, go_on, sizeof(go_on) - 1);
		conn_wrote(c, sizeof(go_on) - 1);
	}
	conn_enter(c, PHASE_BODY, c->srv->options.limits.body_ms);
	run_soon(c);
}

void http_hold(struct http_req *req)
{
	conn_enter(req->conn, PHASE_ROUTE, req->conn->srv->options.limits.reply_ms);
}

static void take_body(struct conn *c)
{
	if (c->phase == PHASE_SKIP) {
		next_request(c);
		return;
	}
	conn_enter(c, PHASE_HANDLER, c->srv->options.limits.reply_ms);
	c->req.body_cb(&c->req, parser_body(c->parser), c->req.body_arg);
}

static void take_fault(struct conn *c)
{
	enum fault fault = parser_why(c->parser);

	if (c->phase == PHASE_SKIP) {
		/* Already answered: the rest of the body is bad or too long. */
		c->linger = true;
		conn_finish(c);
		return;
	}
	conn_refuse(c, fault);
}

static bool is_clogged(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev)) > BACKLOG_BYTES;
}

/* One step of parsing. False when more input is needed. */
static bool step(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_contiguous_space(in), used = 0;
	unsigned char *bytes = n > 0 ? evbuffer_pullup(in, (ev_ssize_t)n) : NULL;
	bool at_body = c->phase == PHASE_BODY || c->phase == PHASE_SKIP;

	if (n == 0 && !at_body)
		return false;
	struct str data = { bytes != NULL ? (const char *)bytes : "", n };
	enum parse_event ev = parser_feed(c->parser, data, &used);

	(void)evbuffer_drain(in, used);
	switch (ev) {
	case PARSE_MORE:
		if (c->phase == PHASE_IDLE)
			conn_enter(c, PHASE_HEAD, c->srv->options.limits.head_ms);
		return n > 0;
	case PARSE_HEAD:
		take_head(c);
		return true;
	case PARSE_DONE:
		take_body(c);
		return true;
	case PARSE_FAULT:
		take_fault(c);
		return true;
	}
	return false;
}

void conn_run(struct conn *c)
{
	if (c->running || c->phase == PHASE_DEAD)
		return;
	c->running = true;
	while (wants_input(c) && !is_clogged(c))
		if (!step(c))
			break;
	c->running = false;
	if (wants_input(c) && c->eof && !is_clogged(c))
		conn_finish(c);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	if (c->phase == PHASE_FLUSH || c->phase == PHASE_LINGER || c->phase == PHASE_STREAM)
		(void)evbuffer_drain(in, evbuffer_get_length(in));
	else
		conn_run(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	c->write_by_ms = 0;
	if (c->phase == PHASE_FLUSH)
		conn_finish(c);
	else
		conn_run(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if ((what & BEV_EVENT_ERROR) != 0) {
		conn_close(c);
		return;
	}
	if ((what & BEV_EVENT_EOF) == 0)
		return;
	c->eof = true;
	if (c->phase == PHASE_HANDLER || c->phase == PHASE_ROUTE || c->phase == PHASE_STREAM ||
	    c->phase == PHASE_LINGER)
		conn_close(c);
	else if (c->phase != PHASE_FLUSH)
		conn_run(c);
}

static void time_is_up(struct conn *c)
{
	switch (c->phase) {
	case PHASE_HEAD:
	case PHASE_BODY: {
		enum fault why = c->phase == PHASE_HEAD ? FAULT_HEAD_SLOW : FAULT_BODY_SLOW;

		c->srv->stats.timeouts++;
		conn_refuse(c, why);
		break;
	}
	case PHASE_ROUTE:
	case PHASE_HANDLER:
		c->srv->stats.timeouts++;
		conn_refuse(c, FAULT_NO_ANSWER);
		break;
	case PHASE_STREAM:
		stream_ping(c->stream);
		break;
	case PHASE_SKIP:
		c->srv->stats.timeouts++;
		conn_close(c);
		break;
	default: /* idle, or lingered long enough */
		conn_close(c);
		break;
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	int64_t now = clock_mono_ms();

	(void)fd;
	(void)what;
	c->timer_at_ms = 0;
	if (c->phase == PHASE_DEAD)
		return;
	if (c->doomed || (c->write_by_ms != 0 && now >= c->write_by_ms)) {
		c->srv->stats.timeouts++;
		if (c->phase == PHASE_STREAM)
			c->srv->stats.slow_streams++;
		conn_close(c);
		return;
	}
	if (c->deadline_ms != 0 && now >= c->deadline_ms) {
		c->deadline_ms = 0;
		time_is_up(c);
	}
	if (c->phase != PHASE_DEAD)
		arm(c);
}

void conn_start(struct conn *c)
{
	c->timer = evtimer_new(c->srv->base, on_timer, c);
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_BYTES);
	(void)bufferevent_set_max_single_write(c->bev, SINGLE_WRITE_BYTES);
	conn_enter(c, PHASE_IDLE, c->srv->options.limits.idle_ms);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}
