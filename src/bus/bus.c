/*
 * bus.c - two connections that come back by themselves, and who listens to what.
 *
 * The listening connection is opened when the commands' one is up, because by then name, password and
 * version are known to be good; afterwards either may break alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bus/bus.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bus/bus_int.h"
#include "bus/command.h"

enum {
	STEADY_MS = 10000,     /* up for so long = the next break starts with a short wait */
	SUBSCRIBE_BATCH = 500, /* channels in one command */
};

static struct line *line_of(struct bus *bus, bool listening)
{
	return listening ? &bus->listen : &bus->command;
}

static void destroy(struct bus *bus)
{
	conn_done(&bus->command.conn);
	conn_done(&bus->listen.conn);
	event_free(bus->command.retry);
	event_free(bus->listen.retry);
	for (size_t i = 0; i < bus->channels.n; i++)
		free(bus->channels.entries[i].value);
	map_done(&bus->channels);
	bus_address_done(&bus->address);
	const char *const texts[] = { bus->options.name, bus->options.ca_file,
		                      bus->options.cert_file, bus->options.key_file };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char *p;

		memcpy(&p, &texts[i], sizeof(p)); /* ours, shown as const to everybody else */
		free(p);
	}
	free(bus);
}

void bus_hold(struct bus *bus)
{
	bus->held++;
}

void bus_release(struct bus *bus)
{
	if (--bus->held == 0 && bus->freed)
		destroy(bus);
}

/* The listening connection is due: somebody wants a channel, and commands work. */
static void open_listen(struct bus *bus)
{
	if (bus->open && bus->channels.n > 0 && bus->command.conn.state == CONN_UP &&
	    bus->listen.conn.state == CONN_IDLE && !evtimer_pending(bus->listen.retry, NULL))
		conn_open(&bus->listen.conn);
}

static void on_retry_command(evutil_socket_t fd, short what, void *arg)
{
	struct bus *bus = arg;

	(void)fd;
	(void)what;
	if (bus->open && bus->command.conn.state == CONN_IDLE)
		conn_open(&bus->command.conn);
}

static void on_retry_listen(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_listen(arg);
}

static void init_line(struct bus *bus, bool listening)
{
	struct line *line = line_of(bus, listening);

	conn_init(&line->conn, bus, listening);
	line->backoff = BACKOFF(bus->options.retry_first_ms, bus->options.retry_cap_ms);
	line->retry = evtimer_new(bus->loop, listening ? on_retry_listen : on_retry_command, bus);
	if (line->retry == NULL)
		abort(); /* out of memory, as in base/mem.c */
}

static void set_default(unsigned *v, unsigned dflt)
{
	if (*v == 0)
		*v = dflt;
}

static void set_default_size(size_t *v, size_t dflt)
{
	if (*v == 0)
		*v = dflt;
}

static const char *copy_text(const char *s)
{
	return s != NULL && s[0] != '\0' ? xstrdup(s) : NULL;
}

static void copy_options(struct bus_options *dst, const struct bus_options *src)
{
	if (src != NULL)
		*dst = *src;
	dst->name = copy_text(dst->name);
	dst->ca_file = copy_text(dst->ca_file);
	dst->cert_file = copy_text(dst->cert_file);
	dst->key_file = copy_text(dst->key_file);
	set_default(&dst->connect_ms, 5000);
	set_default(&dst->reply_ms, 10000);
	set_default(&dst->ping_ms, 15000);
	set_default(&dst->retry_first_ms, 500);
	set_default(&dst->retry_cap_ms, 30000);
	set_default(&dst->retry_denied_ms, 15000);
	set_default_size(&dst->out_bytes, (size_t)16 << 20);
	set_default_size(&dst->in_flight, 100000);
	set_default_size(&dst->subscribers, 1000);
	if (dst->seed == 0)
		random_bytes(&dst->seed, sizeof(dst->seed));
}

static bool is_name(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s > '~')
			return false;
	return true;
}

struct bus *bus_new(struct event_base *loop, const struct bus_address *address,
                    const struct bus_options *options, const struct bus_hooks *hooks,
                    struct err *err)
{
	if (options != NULL && !is_name(options->name)) {
		(void)err_set(err, -EINVAL, "a connection's name holds blanks");
		return NULL;
	}
	if (options != NULL && options->key_file != NULL && options->cert_file == NULL) {
		(void)err_set(err, -EINVAL, "a key without its certificate");
		return NULL;
	}
	struct bus *bus = xcalloc(1, sizeof(*bus));

	bus->loop = loop;
	bus_address_copy(&bus->address, address);
	(void)bus_address_name(address, bus->name);
	copy_options(&bus->options, options);
	if (hooks != NULL)
		bus->hooks = *hooks;
	rng_seed(&bus->rng, bus->options.seed);
	map_init(&bus->channels, bus->options.seed);
	init_line(bus, false);
	init_line(bus, true);
	return bus;
}

void bus_free(struct bus *bus)
{
	if (bus == NULL)
		return;
	bus->hooks = (struct bus_hooks){ 0 };
	struct err why = { 0 };

	(void)err_set(&why, -ECANCELED, "%s: we hung up", bus->name);
	bus_hold(bus);
	bus_close(bus);
	conn_hang_up(&bus->command.conn,
	             &why); /* closed before, and its callbacks are still being told */
	bus->freed = true;
	bus_release(bus);
}

void bus_open(struct bus *bus)
{
	if (bus->open || bus->freed)
		return;
	bus->open = true;
	conn_open(&bus->command.conn);
}

/* The listening connection ends, whoever ended it: nothing stands any more. */
static void forget_listening(struct bus *bus)
{
	for (size_t i = 0; i < bus->channels.n; i++)
		((struct subscription *)bus->channels.entries[i].value)->stands = false;
	bus->standing = 0;
	bus->told_listening = false;
}

static void close_listen(struct bus *bus, const struct err *why)
{
	(void)evtimer_del(bus->listen.retry);
	forget_listening(bus);
	bus->listen.up_ms = 0;
	conn_hang_up(&bus->listen.conn, why);
}

void bus_close(struct bus *bus)
{
	struct err why = { 0 };

	if (!bus->open)
		return;
	(void)err_set(&why, -ECANCELED, "%s: we hung up", bus->name);
	bus->open = false;
	(void)evtimer_del(bus->command.retry);
	bus->command.up_ms = 0;
	backoff_reset(&bus->command.backoff);
	backoff_reset(&bus->listen.backoff);
	bus_hold(bus); /* the callbacks of what is in flight may free */
	close_listen(bus, &why);
	conn_hang_up(&bus->command.conn, &why);
	bus_release(bus);
}

/* Draws the wait before the next try and starts it. */
static int64_t schedule_retry(struct bus *bus, struct line *line, const struct err *why)
{
	int64_t now = clock_mono_ms();
	int64_t least = bus_is_denied(why) ? bus->options.retry_denied_ms : 0;

	if (line->up_ms != 0 && now - line->up_ms >= STEADY_MS)
		backoff_reset(&line->backoff);
	line->up_ms = 0;
	int64_t wait = least + backoff_next_ms(&line->backoff, &bus->rng);

	timer_start(line->retry, wait);
	return wait;
}

static void listen_is_down(struct bus *bus, const struct err *why)
{
	int64_t wait = 0;

	forget_listening(bus);
	if (bus->open)
		wait = schedule_retry(bus, &bus->listen, why);
	if (bus->hooks.on_deaf != NULL)
		bus->hooks.on_deaf(bus, why, wait, bus->hooks.arg);
}

void bus_conn_is_down(struct conn *c, const struct err *why)
{
	struct bus *bus = c->bus;
	int64_t wait = 0;

	if (c->listening) {
		listen_is_down(bus, why);
		return;
	}
	bus->stats.downs++;
	if (!bus->open || c->state != CONN_IDLE)
		return; /* a callback of what was in flight has closed the bus, maybe opened it anew */
	if (bus->options.once) {
		bus->open = false;
		bus->command.up_ms = 0;
		close_listen(bus, why);
	} else {
		wait = schedule_retry(bus, &bus->command, why);
	}
	if (bus->hooks.on_down != NULL)
		bus->hooks.on_down(bus, why, wait, bus->hooks.arg);
}

/* Asks for every channel that does not stand; each gets its own confirmation. */
static int subscribe_all(struct conn *c)
{
	struct bus *bus = c->bus;
	struct str args[1 + SUBSCRIBE_BATCH] = { STR("SUBSCRIBE") };
	size_t n = 1;

	for (size_t i = 0; i < bus->channels.n; i++) {
		const struct map_entry *e = &bus->channels.entries[i];

		args[n++] = (struct str){ e->key, e->key_len };
		if (n < COUNT_OF(args) && i + 1 < bus->channels.n)
			continue;
		int r = conn_write(c, args, n);

		if (r < 0)
			return r;
		c->owed += n - 1;
		n = 1;
	}
	c->due_ms = clock_mono_ms() + bus->options.reply_ms;
	conn_arm(c);
	return 0;
}

void bus_conn_is_up(struct conn *c)
{
	struct bus *bus = c->bus;
	struct err why = { 0 };

	line_of(bus, c->listening)->up_ms = clock_mono_ms();
	if (c->listening) {
		if (subscribe_all(c) < 0) {
			(void)err_set(&why, -ENOBUFS, "cannot be told all our channels at once");
			conn_fail(c, &why);
		}
		return;
	}
	bus->stats.ups++;
	open_listen(bus);
	conn_arm(c);
	if (bus->hooks.on_up != NULL)
		bus->hooks.on_up(bus, bus->hooks.arg);
}

/* A confirmation: of `kind` "subscribe" or "unsubscribe". */
static void confirm(struct bus *bus, bool subscribed, struct str channel)
{
	struct subscription *s = map_get(&bus->channels, channel);

	if (s != NULL && s->stands != subscribed) {
		s->stands = subscribed;
		bus->standing = subscribed ? bus->standing + 1 : bus->standing - 1;
	}
	if (bus->standing < bus->channels.n || bus->told_listening)
		return;
	bus->told_listening = true;
	if (bus->hooks.on_listen != NULL)
		bus->hooks.on_listen(bus, bus->hooks.arg);
}

int bus_conn_push(struct conn *c, const struct reply *reply, struct err *err)
{
	struct bus *bus = c->bus;
	struct str kind = reply_text(reply_item(reply, 0));
	struct str channel = reply_text(reply_item(reply, 1));

	if (reply->type == REPLY_ERROR && c->owed > 0 && bus->standing == bus->channels.n) {
		c->owed--; /* an ACL without PING: an answer all the same */
		return 0;
	}
	if (reply->type == REPLY_ERROR)
		return err_set(err, hello_error_code(reply->text), "refuses a subscription: %.*s",
		               (int)(reply->text.len < 200 ? reply->text.len : 200), reply->text.p);
	if (str_is(kind, "message") && reply->n == 3) {
		struct subscription *s = map_get(&bus->channels, channel);

		if (s == NULL)
			return 0; /* said before it heard that we no longer listen */
		bus->stats.messages++;
		s->cb(bus, channel, reply_text(reply_item(reply, 2)), s->arg);
		return 0;
	}
	bool subscribed = str_is(kind, "subscribe");
	bool known = subscribed || str_is(kind, "unsubscribe") || str_is(kind, "pong") ||
	             reply_is(reply, "PONG");

	if (!known || c->owed == 0)
		return err_set(err, -EPROTO, "sends what is no message");
	c->owed--;
	if (subscribed || str_is(kind, "unsubscribe"))
		confirm(bus, subscribed, channel);
	return 0;
}

bool bus_is_up(const struct bus *bus)
{
	return bus->command.conn.state == CONN_UP;
}

int bus_send(struct bus *bus, const struct str *args, size_t n, bus_reply_cb *cb, void *arg)
{
	if (bus->command.conn.state != CONN_UP)
		return -ENOTCONN;
	int r = conn_send(&bus->command.conn, args, n, cb, arg);

	if (r == 0)
		bus->stats.commands++;
	return r;
}

int bus_flush(struct bus *bus, bus_reply_cb *cb, void *arg)
{
	return BUS_SEND(bus, cb, arg, STR("PING"));
}

size_t bus_in_flight(const struct bus *bus)
{
	return bus->command.conn.queue.n;
}

size_t bus_out_bytes(const struct bus *bus)
{
	return conn_out_bytes(&bus->command.conn);
}

/* One SUBSCRIBE or UNSUBSCRIBE on a listening connection that is up. */
static int change_channel(struct conn *c, struct str verb, struct str channel)
{
	int r = conn_write(c, (struct str[]){ verb, channel }, 2);

	if (r < 0)
		return r;
	if (c->owed++ == 0)
		c->due_ms = clock_mono_ms() + c->bus->options.reply_ms;
	conn_arm(c);
	return 0;
}

int bus_subscribe(struct bus *bus, struct str channel, bus_message_cb *cb, void *arg)
{
	struct subscription *s = map_get(&bus->channels, channel);

	if (s != NULL) {
		s->cb = cb;
		s->arg = arg;
		return 0;
	}
	if (bus->channels.n >= bus->options.subscribers)
		return -ENOBUFS;
	if (bus->listen.conn.state == CONN_UP) {
		int r = change_channel(&bus->listen.conn, STR("SUBSCRIBE"), channel);

		if (r < 0)
			return r;
	}
	s = xcalloc(1, sizeof(*s));
	*s = (struct subscription){ .cb = cb, .arg = arg };
	(void)map_put(&bus->channels, channel, s);
	bus->told_listening = false;
	open_listen(bus);
	return 0;
}

bool bus_unsubscribe(struct bus *bus, struct str channel)
{
	struct subscription *s = map_remove(&bus->channels, channel);
	struct conn *c = &bus->listen.conn;
	struct err why = { 0 };

	if (s == NULL)
		return false;
	if (s->stands)
		bus->standing--;
	free(s);
	(void)err_set(&why, -ECANCELED, "%s: nobody listens", bus->name);
	/* Without a channel the connection has no purpose; without room to say so it has to be made anew. */
	if (bus->channels.n == 0 ||
	    (c->state == CONN_UP && change_channel(c, STR("UNSUBSCRIBE"), channel) < 0)) {
		close_listen(bus, &why);
		open_listen(bus);
	}
	return true;
}

bool bus_is_listening(const struct bus *bus)
{
	return bus->listen.conn.state == CONN_UP && bus->channels.n > 0 &&
	       bus->standing == bus->channels.n;
}

bool bus_local_ip(const struct bus *bus, char dst[BUS_IP_SIZE])
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (bus->command.conn.state != CONN_UP ||
	    getsockname(bufferevent_getfd(bus->command.conn.bev), (struct sockaddr *)&sa, &len) < 0)
		return false;
	if (sa.ss_family == AF_INET) {
		memcpy(&v4, &sa, sizeof(v4));
		return inet_ntop(AF_INET, &v4.sin_addr, dst, BUS_IP_SIZE) != NULL;
	}
	if (sa.ss_family != AF_INET6)
		return false;
	memcpy(&v6, &sa, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], dst, BUS_IP_SIZE) != NULL;
	return inet_ntop(AF_INET6, &v6.sin6_addr, dst, BUS_IP_SIZE) != NULL;
}

const struct bus_peer *bus_peer(const struct bus *bus)
{
	return &bus->peer;
}

const char *bus_name(const struct bus *bus)
{
	return bus->name;
}

bool bus_is_denied(const struct err *err)
{
	return err->code == -EACCES || err->code == -EKEYREJECTED || err->code == -EPROTO ||
	       err->code == -EPROTONOSUPPORT;
}

struct bus_stats bus_stats(const struct bus *bus)
{
	return bus->stats;
}
