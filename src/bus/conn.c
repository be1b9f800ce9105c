/*
 * conn.c - one connection: its stream, its pipeline, its deadlines.
 *
 * Every sentence about a failure begins with a verb ("refuses the password"): conn_fail() puts the peer's name
 * before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bus/bus_int.h"
#include "bus/command.h"

enum {
	FEED_BYTES = 16 << 10, /* hiredis moves what is left after each answer: keep it short */
	SINGLE_IO_BYTES = 256 << 10, /* bufferevents take 16 KiB a turn by themselves */
	QUEUE_START = 16,
};

static void queue_push(struct queue *q, struct pending p)
{
	if (q->n == q->cap) {
		size_t cap = q->cap == 0 ? QUEUE_START : q->cap * 2;
		struct pending *slots = xcalloc(cap, sizeof(*slots));

		for (size_t i = 0; i < q->n; i++)
			slots[i] = q->slots[(q->head + i) & (q->cap - 1)];
		free(q->slots);
		q->slots = slots;
		q->cap = cap;
		q->head = 0;
	}
	q->slots[(q->head + q->n++) & (q->cap - 1)] = p;
}

static struct pending queue_pop(struct queue *q)
{
	struct pending p = q->slots[q->head];

	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	return p;
}

static void on_timer(evutil_socket_t fd, short what, void *arg);
static void on_gathered(evutil_socket_t fd, short what, void *arg);

void conn_init(struct conn *c, struct bus *bus, bool listening)
{
	*c = (struct conn){ .bus = bus, .listening = listening, .timer_ms = INT64_MAX };
	c->timer = evtimer_new(bus->loop, on_timer, c);
	c->writer = evtimer_new(bus->loop, on_gathered, c);
	if (c->timer == NULL || c->writer == NULL)
		abort(); /* out of memory, as in base/mem.c */
}

void conn_done(struct conn *c)
{
	struct err why = { 0 };

	(void)err_set(&why, -ECANCELED, "the connection was closed");
	conn_hang_up(c, &why);
	event_free(c->timer);
	event_free(c->writer);
	reply_reader_free(c->orphan);
	free(c->queue.slots);
	free(c->lost.slots);
}

void conn_drop_stream(struct conn *c)
{
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->bev = NULL;
	c->direct = false;
	(void)event_del(c->writer);
}

static void drop_reader(struct conn *c)
{
	if (c->reading && c->orphan == NULL)
		c->orphan = c->reader; /* a callback is looking at its answer */
	else
		reply_reader_free(c->reader);
	c->reader = NULL;
}

/* From the connection's open state to none. Who waited is in `lost` then, because callbacks may start anew. */
static void close_down(struct conn *c)
{
	c->state = CONN_IDLE;
	c->epoch++;
	c->owed = 0;
	(void)evtimer_del(c->timer);
	c->timer_ms = INT64_MAX;
	dial_done(c);
	conn_drop_stream(c);
	drop_reader(c);
	while (c->queue.n > 0)
		queue_push(&c->lost, queue_pop(&c->queue));
}

void conn_hang_up(struct conn *c, const struct err *why)
{
	if (c->state != CONN_IDLE)
		close_down(c);
	/* A callback may hang up itself; then all others are told before that call returns. */
	while (c->lost.n > 0) {
		struct pending p = queue_pop(&c->lost);

		c->bus->stats.lost++;
		if (p.cb != NULL)
			p.cb(c->bus, NULL, why, p.arg);
	}
}

void conn_fail(struct conn *c, const struct err *why)
{
	struct err named = { 0 };

	(void)err_set(&named, why->code, "%s %s", c->bus->name, why->msg);

	struct err lost = named;

	if (c->state == CONN_UP)
		lost.code = -ECONNRESET;
	conn_hang_up(c, &lost);
	bus_conn_is_down(c, &named);
}

static int64_t next_deadline(const struct conn *c)
{
	switch (c->state) {
	case CONN_IDLE:
		break;
	case CONN_STARTING:
		return 0;
	case CONN_RESOLVING:
	case CONN_HELLO:
		return c->connect_ms;
	case CONN_CONNECTING:
		return c->dial_ms < c->connect_ms ? c->dial_ms : c->connect_ms;
	case CONN_UP:
		return c->owed > 0 ? c->due_ms : c->heard_ms + c->bus->options.ping_ms;
	}
	return INT64_MAX;
}

void timer_start(struct event *timer, int64_t wait_ms)
{
	const struct timeval wait = { .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 };

	(void)event_add(timer, &wait);
}

/* A timer that fires too early looks again; so it is moved only when it would be late. */
void conn_arm(struct conn *c)
{
	int64_t next = next_deadline(c);

	if (next >= c->timer_ms)
		return;
	int64_t wait = next - clock_mono_ms();

	wait = c->state == CONN_STARTING ? 0 : wait > 0 ? wait : 1;
	c->timer_ms = next;
	timer_start(c->timer, wait);
}

void conn_open(struct conn *c)
{
	c->epoch++;
	c->state = CONN_STARTING;
	c->owed = 0;
	c->connect_ms = clock_mono_ms() + c->bus->options.connect_ms;
	conn_arm(c);
}

/* Seconds for a sentence. */
static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

static void next_address(struct conn *c, const struct err *why)
{
	struct err last = { 0 };

	if (dial_next(c, why, &last) < 0)
		conn_fail(c, &last);
}

/* UP: the peer is late, or is asked whether it is there. */
static void check_health(struct conn *c, int64_t now)
{
	struct err why = { 0 };
	int r;

	if (c->owed > 0 && now >= c->due_ms) {
		(void)err_set(&why, -ETIMEDOUT, "does not answer for %g s",
		              seconds(c->bus->options.reply_ms));
		conn_fail(c, &why);
	} else if (c->owed == 0 && now >= c->heard_ms + c->bus->options.ping_ms) {
		/* Nothing is queued to be sent, so there is room. */
		if (c->listening) {
			r = conn_write(c, (struct str[]){ STR("PING") }, 1);
			c->owed += r == 0;
			c->due_ms = now + c->bus->options.reply_ms;
		} else {
			r = conn_send(c, (struct str[]){ STR("PING") }, 1, NULL, NULL);
		}
		if (r < 0) {
			(void)err_set(&why, r, "cannot be sent a PING");
			conn_fail(c, &why);
		}
	}
}

/* What took too long, where that helps. */
static const char *late_words(const struct conn *c)
{
	if (c->state == CONN_RESOLVING)
		return " (resolving its name)";
	if (c->state == CONN_CONNECTING && c->bus->address.scheme == BUS_TLS)
		return " (connecting and starting TLS)";
	return "";
}

static void check_deadlines(struct conn *c)
{
	int64_t now = clock_mono_ms();
	struct err why = { 0 };

	switch (c->state) {
	case CONN_IDLE:
		return;
	case CONN_STARTING:
		if (dial_start(c, &why) < 0)
			conn_fail(c, &why);
		return;
	case CONN_UP:
		check_health(c, now);
		return;
	case CONN_RESOLVING:
	case CONN_CONNECTING:
	case CONN_HELLO:
		break;
	}
	if (now >= c->connect_ms ||
	    (c->state == CONN_CONNECTING && now >= c->dial_ms && c->at_addr + 1 == c->n_addrs)) {
		(void)err_set(&why, -ETIMEDOUT, "does not answer within %g s%s",
		              seconds(c->bus->options.connect_ms), late_words(c));
		conn_fail(c, &why);
	} else if (c->state == CONN_CONNECTING && now >= c->dial_ms) {
		(void)err_set(&why, -ETIMEDOUT, "does not answer");
		next_address(c, &why);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	bus_hold(c->bus);
	c->timer_ms = INT64_MAX;
	check_deadlines(c);
	conn_arm(c);
	bus_release(c->bus);
}

size_t conn_out_bytes(const struct conn *c)
{
	return c->bev != NULL ? evbuffer_get_length(bufferevent_get_output(c->bev)) : 0;
}

/*
 * Runs behind the callbacks that are due now, so that what they sent travels together. Most of the time the kernel
 * takes it all; the bufferevent gets what is left, and the finding of errors.
 */
static void on_gathered(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (!c->direct)
		return;
	struct evbuffer *out = bufferevent_get_output(c->bev);

	(void)evbuffer_unfreeze(out, 1);
	(void)evbuffer_write_atmost(out, bufferevent_getfd(c->bev), SINGLE_IO_BYTES);
	(void)evbuffer_freeze(out, 1);
	if (evbuffer_get_length(out) == 0)
		return;
	c->direct = false;
	(void)bufferevent_enable(c->bev, EV_WRITE);
}

/* From here on the bufferevent writes only what the kernel does not take at once. */
static void write_directly(struct conn *c)
{
	if (c->bus->address.scheme == BUS_TLS)
		return;
	(void)bufferevent_disable(c->bev, EV_WRITE);
	c->direct = true;
}

static void on_drained(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if ((c->state == CONN_HELLO || c->state == CONN_UP) && conn_out_bytes(c) == 0)
		write_directly(c);
}

int conn_write(struct conn *c, const struct str *args, size_t n)
{
	size_t size = command_size(args, n);
	struct evbuffer_iovec room;

	if (c->state != CONN_UP && c->state != CONN_HELLO)
		return -ENOTCONN;
	struct evbuffer *out = bufferevent_get_output(c->bev);

	if (size == 0 || evbuffer_get_length(out) + size > c->bus->options.out_bytes)
		return -ENOBUFS;
	if (evbuffer_reserve_space(out, (ev_ssize_t)size, &room, 1) != 1)
		return -ENOBUFS;
	(void)command_write(room.iov_base, args, n);
	room.iov_len = size;
	if (evbuffer_commit_space(out, &room, 1) < 0)
		return -ENOBUFS;
	c->bus->stats.bytes_out += size;
	if (c->direct)
		event_active(c->writer, EV_WRITE, 1);
	return 0;
}

int conn_send(struct conn *c, const struct str *args, size_t n, bus_reply_cb *cb, void *arg)
{
	int r = c->queue.n >= c->bus->options.in_flight ? -ENOBUFS : conn_write(c, args, n);

	if (r < 0)
		return r;
	queue_push(&c->queue, (struct pending){ cb, arg });
	if (c->owed++ == 0) {
		c->due_ms = clock_mono_ms() + c->bus->options.reply_ms;
		conn_arm(c);
	}
	return 0;
}

/* An error answer as the callback gets it. */
static void describe_error(const struct reply *reply, struct err *ret)
{
	size_t n = reply->text.len < 300 ? reply->text.len : 300;

	(void)err_set(ret, hello_error_code(reply->text), "redis says '%.*s'", (int)n,
	              reply->text.p);
}

static int answer_pending(struct conn *c, const struct reply *reply, struct err *err)
{
	struct err refused = { 0 };

	if (c->queue.n == 0)
		return err_set(err, -EPROTO, "answers what nobody asked");
	struct pending p = queue_pop(&c->queue);

	c->owed--;
	if (reply->type == REPLY_ERROR)
		c->bus->stats.errors++;
	if (p.cb == NULL)
		return 0;
	if (reply->type == REPLY_ERROR)
		describe_error(reply, &refused);
	p.cb(c->bus, reply, refused.code != 0 ? &refused : NULL, p.arg);
	return 0;
}

static int take_answer(struct conn *c, const struct reply *reply, struct err *err)
{
	if (c->state == CONN_UP)
		return c->listening ? bus_conn_push(c, reply, err) : answer_pending(c, reply, err);
	if (c->at_step >= c->n_steps)
		return err_set(err, -EPROTO, "answers what nobody asked");
	int r = hello_answer(c, reply, err);

	if (r <= 0)
		return r;
	c->state = CONN_UP;
	c->owed = 0;
	c->heard_ms = clock_mono_ms();
	bus_conn_is_up(c);
	return 0;
}

/* Whole answers out of what was fed. False when the connection is no longer the one that was read. */
static bool take_answers(struct conn *c)
{
	const unsigned epoch = c->epoch;
	struct err why = { 0 };

	for (;;) {
		const struct reply *reply;
		int r = reply_reader_next(c->reader, &reply, &why);

		if (r == 0)
			return true;
		if (r > 0) {
			c->answers++;
			c->reading = true;
			r = take_answer(c, reply, &why);
			c->reading = false;
		}
		reply_reader_free(c->orphan);
		c->orphan = NULL;
		if (c->epoch != epoch)
			return false;
		if (r < 0) {
			conn_fail(c, &why);
			return false;
		}
	}
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer_iovec part;
	const uint64_t answers = c->answers;
	bool ours = true;

	bus_hold(c->bus);
	while (ours && evbuffer_get_length(in) > 0 &&
	       evbuffer_peek(in, FEED_BYTES, NULL, &part, 1) >= 1) {
		size_t n = part.iov_len < FEED_BYTES ? part.iov_len : FEED_BYTES;

		c->bus->stats.bytes_in += n;
		reply_reader_feed(c->reader, part.iov_base, n);
		(void)evbuffer_drain(in, n);
		ours = take_answers(c);
	}
	if (ours && c->state == CONN_UP) {
		c->heard_ms = clock_mono_ms();
		if (c->answers != answers)
			c->due_ms = c->heard_ms + c->bus->options.reply_ms;
		conn_arm(c);
	}
	bus_release(c->bus);
}

static void conn_connected(struct conn *c)
{
	struct err why = { 0 };

	c->state = CONN_HELLO;
	c->reader = reply_reader_new(&c->bus->options.limits);
	(void)bufferevent_enable(c->bev, EV_READ);
	write_directly(c);
	if (hello_send(c, &why) < 0)
		conn_fail(c, &why);
}

/* Before the first answer, the likely reason for a hang-up is a port that wants something else. */
static void describe_early_end(const struct conn *c, struct err *ret)
{
	const char *guess = "";

	if (c->bus->address.scheme == BUS_TCP)
		guess = " (does this port want TLS?)";
	else if (c->bus->address.scheme == BUS_TLS && c->bus->options.cert_file == NULL)
		guess = " (does it want a certificate of ours?)";
	(void)err_set(ret, -ECONNRESET, "hung up before it answered%s", guess);
}

static void describe_break(struct conn *c, short what, int sys, struct err *ret)
{
	if ((what & BEV_EVENT_EOF) != 0)
		(void)err_set(ret, -ECONNRESET, "hung up");
	else if (c->bus->address.scheme == BUS_TLS)
		(void)tls_failure(c->bev, sys, ret);
	else if (c->state == CONN_CONNECTING)
		(void)err_set(ret, sys != 0 ? -sys : -EIO, "cannot be reached: %s", strerror(sys));
	else
		(void)err_set(ret, -ECONNRESET, "broke the connection: %s", strerror(sys));
	if (c->state == CONN_HELLO && ret->code == -ECONNRESET)
		describe_early_end(c, ret);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;
	int sys = EVUTIL_SOCKET_ERROR();
	struct err why = { 0 };

	(void)bev;
	bus_hold(c->bus);
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		conn_connected(c);
	} else if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
		describe_break(c, what, sys, &why);
		/* A certificate that does not hold is an answer: other addresses are not asked. */
		if (c->state == CONN_CONNECTING && !bus_is_denied(&why))
			next_address(c, &why);
		else
			conn_fail(c, &why);
	}
	bus_release(c->bus);
}

void conn_watch_stream(struct conn *c)
{
	bufferevent_setcb(c->bev, on_read, on_drained, on_event, c);
	(void)bufferevent_set_max_single_read(c->bev, SINGLE_IO_BYTES);
	(void)bufferevent_set_max_single_write(c->bev, SINGLE_IO_BYTES);
}
