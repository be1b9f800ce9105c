/*
 * server - listening, letting connections in and counting them, and ending.
 *
 * bufferevents are made in one place, transport_new(): that is where TLS would go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "http/http_int.h"

enum { SCRATCH_BYTES = 65536, BACKLOG = 512, ACCEPT_AGAIN_MS = 200, USER_TIMEOUT_MS = 60000 };

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

static void fill_limits(struct http_limits *l)
{
	set_default_size(&l->target_bytes, 8192);
	set_default_size(&l->head_bytes, 16384);
	set_default_size(&l->headers, 64);
	set_default_size(&l->query_args, 32);
	set_default(&l->conns, 4096);
	set_default(&l->conns_per_addr, 512);
	set_default(&l->idle_ms, 60000);
	set_default(&l->head_ms, 10000);
	set_default(&l->body_ms, 20000);
	set_default(&l->reply_ms, 60000);
	set_default(&l->write_ms, 30000);
	set_default(&l->write_min_speed, 16384);
	set_default(&l->linger_ms, 2000);
}

/* ---- connections ---- */

static void count_addr(struct http_server *srv, struct str key, int by)
{
	uintptr_t n = (uintptr_t)map_get(&srv->addrs, key);

	n = by > 0 ? n + 1 : n - 1;
	if (n == 0)
		(void)map_remove(&srv->addrs, key);
	else
		(void)map_put(&srv->addrs, key, (void *)n); /* NOLINT(performance-no-int-to-ptr) */
}

static void reap(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *srv = arg;
	struct conn *next;

	(void)fd;
	(void)what;
	for (struct conn *c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->phase != PHASE_DEAD)
			continue;
		*(c->prev != NULL ? &c->prev->next : &srv->first) = c->next;
		*(c->next != NULL ? &c->next->prev : &srv->last) = c->prev;
		event_free(c->timer);
		parser_free(c->parser);
		free(c);
	}
	if (srv->stopping && srv->first == NULL && srv->stopped != NULL) {
		void (*stopped)(void *) = srv->stopped;

		srv->stopped = NULL;
		(void)event_del(srv->grace);
		stopped(srv->stopped_arg);
	}
}

static void reap_soon(struct http_server *srv)
{
	event_active(srv->reap, EV_TIMEOUT, 0);
}

void server_forget(struct http_server *srv, struct conn *c)
{
	srv->stats.conns--;
	if (c->addr_key_len > 0)
		count_addr(srv, (struct str){ c->addr_key, c->addr_key_len }, -1);
	reap_soon(srv);
}

struct conn *server_adopt(struct http_server *srv, struct bufferevent *bev, struct str peer,
                          struct str key)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	assert(key.len <= sizeof(c->addr_key));
	c->srv = srv;
	c->bev = bev;
	c->req.conn = c;
	c->parser = parser_new(&srv->options.limits);
	(void)str_copy(peer, c->peer, sizeof(c->peer));
	memcpy(c->addr_key, key.p, key.len);
	c->addr_key_len = key.len;
	if (key.len > 0)
		count_addr(srv, key, 1);
	c->prev = srv->last;
	*(srv->last != NULL ? &srv->last->next : &srv->first) = c;
	srv->last = c;
	srv->stats.conns++;
	srv->stats.accepted++;
	conn_start(c);
	return c;
}

static struct bufferevent *transport_new(struct http_server *srv, evutil_socket_t fd)
{
	return bufferevent_socket_new(srv->base, fd, BEV_OPT_CLOSE_ON_FREE);
}

/* Says so and hangs up, without spending a connection on it. */
static void turn_away(struct http_server *srv, evutil_socket_t fd)
{
	static const char sorry[] =
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
		"Content-Length: 22\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
		"too many connections.\n";

	srv->stats.refused++;
	(void)send(fd, sorry, sizeof(sorry) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

/* Makes room by closing the longest-idle connection. */
static bool close_an_idle_one(struct http_server *srv)
{
	struct conn *oldest = NULL;

	for (struct conn *c = srv->first; c != NULL; c = c->next)
		if (c->phase == PHASE_IDLE &&
		    (oldest == NULL || c->deadline_ms < oldest->deadline_ms))
			oldest = c;
	if (oldest == NULL)
		return false;
	conn_close(oldest);
	return true;
}

/* The address as text, and the bytes it is counted under. */
static struct str describe_peer(const struct sockaddr *sa, char *text, size_t size, char key[9])
{
	struct in6_addr a6;

	text[0] = '\0';
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		(void)inet_ntop(AF_INET, &in->sin_addr, text, (socklen_t)size);
		key[0] = '4';
		memcpy(key + 1, &in->sin_addr, 4);
		return (struct str){ key, 5 };
	}
	if (sa->sa_family != AF_INET6)
		return (struct str){ key, 0 };
	a6 = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&a6)) {
		(void)inet_ntop(AF_INET, &a6.s6_addr[12], text, (socklen_t)size);
		key[0] = '4';
		memcpy(key + 1, &a6.s6_addr[12], 4);
		return (struct str){ key, 5 };
	}
	(void)inet_ntop(AF_INET6, &a6, text, (socklen_t)size);
	key[0] = '6';
	memcpy(key + 1, &a6, 8);
	return (struct str){ key, 9 };
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *arg)
{
	struct http_server *srv = arg;
	const struct http_limits *limits = &srv->options.limits;
	char text[64], key_bytes[9];
	int one = 1, gone_ms = USER_TIMEOUT_MS;

	(void)l;
	(void)len;
	struct str key = describe_peer(sa, text, sizeof(text), key_bytes);

	if ((uintptr_t)map_get(&srv->addrs, key) >= limits->conns_per_addr ||
	    (srv->stats.conns >= limits->conns && !close_an_idle_one(srv))) {
		turn_away(srv, fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));

	struct bufferevent *bev = transport_new(srv, fd);

	if (bev == NULL) {
		turn_away(srv, fd);
		return;
	}
	(void)server_adopt(srv, bev, str_of(text), key);
}

static void listen_again(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *srv = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < srv->n_listeners; i++)
		(void)evconnlistener_enable(srv->listeners[i]);
}

/* Out of descriptors: without a pause the listener would spin. */
static void on_accept_error(struct evconnlistener *l, void *arg)
{
	struct http_server *srv = arg;

	(void)l;
	for (size_t i = 0; i < srv->n_listeners; i++)
		(void)evconnlistener_disable(srv->listeners[i]);
	(void)close_an_idle_one(srv);
	struct timeval tv = { 0, ACCEPT_AGAIN_MS * 1000L };

	(void)evtimer_add(srv->accept_again, &tv);
}

/* ---- listening ---- */

/* "host:port" with brackets around an IPv6 host. */
static bool parse_listen(struct str text, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct str host, port_text;
	char ip[INET6_ADDRSTRLEN];
	uint64_t port = 0;
	struct sockaddr_in *a4 = (void *)ret;
	struct sockaddr_in6 *a6 = (void *)ret;
	size_t colon = text.len;

	memset(ret, 0, sizeof(*ret));
	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return false;
	host = (struct str){ text.p, colon - 1 };
	port_text = str_skip(text, colon);
	if (!str_u64(port_text, &port) || port > 65535)
		return false;
	if (str_is(host, "localhost"))
		host = STR("127.0.0.1");
	if (str_is(host, "*"))
		host = STR("[::]");
	bool six = host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']';

	if (six)
		host = (struct str){ host.p + 1, host.len - 2 };
	if (!str_copy(host, ip, sizeof(ip)))
		return false;
	if (six) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(*a6);
		return inet_pton(AF_INET6, ip, &a6->sin6_addr) == 1;
	}
	a4->sin_family = AF_INET;
	a4->sin_port = htons((uint16_t)port);
	*ret_len = sizeof(*a4);
	return inet_pton(AF_INET, ip, &a4->sin_addr) == 1;
}

static int listen_error(const char *addr, struct err *err)
{
	switch (errno) {
	case EADDRINUSE:
		return err_set(err, -EADDRINUSE,
		               "listen on %s: another program already listens there; stop it or "
		               "choose another port",
		               addr);
	case EADDRNOTAVAIL:
		return err_set(err, -EADDRNOTAVAIL,
		               "listen on %s: this machine has no such address", addr);
	case EACCES:
		return err_set(err, -EACCES,
		               "listen on %s: not permitted; ports below 1024 need root", addr);
	default:
		return err_sys(err, "listen on %s", addr);
	}
}

static void note_url(struct http_server *srv, evutil_socket_t fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	socklen_t len = sizeof(addr);
	char ip[INET6_ADDRSTRLEN] = "";

	memset(&addr, 0, sizeof(addr));
	if (srv->url[0] != '\0' || getsockname(fd, &addr.any, &len) < 0)
		return;
	if (addr.any.sa_family == AF_INET) {
		const struct sockaddr_in *in = &addr.v4;
		bool any = in->sin_addr.s_addr == htonl(INADDR_ANY);

		(void)inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
		(void)snprintf(srv->url, sizeof(srv->url), "http://%s:%u", any ? "127.0.0.1" : ip,
		               ntohs(in->sin_port));
	} else {
		const struct sockaddr_in6 *in6 = &addr.v6;
		bool any = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		(void)snprintf(srv->url, sizeof(srv->url), "http://[%s]:%u", any ? "::1" : ip,
		               ntohs(in6->sin6_port));
	}
}

int http_server_listen(struct http_server *srv, const char *addr, struct err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = 0;
	int one = 1, zero = 0;

	if (!parse_listen(str_of(addr), &ss, &len))
		return err_set(
			err, -EINVAL,
			"listen on '%s': want ADDRESS:PORT, such as 127.0.0.1:8470, [::1]:8470 "
			"or *:8470",
			addr);

	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return listen_error(addr, err);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ss.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, BACKLOG) < 0) {
		int r = listen_error(addr, err);

		(void)close(fd);
		return r;
	}
	struct evconnlistener *l = evconnlistener_new(
		srv->base, on_accept, srv, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);

	if (l == NULL) {
		(void)close(fd);
		return err_set(err, -ENOMEM, "listen on %s: no event for it", addr);
	}
	evconnlistener_set_error_cb(l, on_accept_error);
	srv->listeners = xgrow(srv->listeners, &srv->cap_listeners, srv->n_listeners + 1,
	                       sizeof(struct evconnlistener *));
	srv->listeners[srv->n_listeners++] = l;
	note_url(srv, fd);
	return 0;
}

const char *http_server_url(const struct http_server *srv)
{
	return srv->url;
}

void http_server_stats(const struct http_server *srv, struct http_stats *ret)
{
	*ret = srv->stats;
}

/* ---- beginning and end ---- */

static void grace_is_over(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *srv = arg;

	(void)fd;
	(void)what;
	for (struct conn *c = srv->first; c != NULL; c = c->next)
		conn_close(c);
	reap_soon(srv);
}

struct http_server *http_server_new(struct event_base *base, const struct http_options *options)
{
	struct http_server *srv = xcalloc(1, sizeof(*srv));
	uint64_t seed;

	srv->base = base;
	srv->options = *options;
	fill_limits(&srv->options.limits);
	srv->scratch = BUF(SCRATCH_BYTES);
	random_bytes(&seed, sizeof(seed));
	map_init(&srv->addrs, seed);
	srv->reap = event_new(base, -1, 0, reap, srv);
	srv->grace = evtimer_new(base, grace_is_over, srv);
	srv->accept_again = evtimer_new(base, listen_again, srv);
	return srv;
}

static void close_listeners(struct http_server *srv)
{
	for (size_t i = 0; i < srv->n_listeners; i++)
		evconnlistener_free(srv->listeners[i]);
	srv->n_listeners = 0;
	(void)event_del(srv->accept_again);
}

void http_server_stop(struct http_server *srv, unsigned grace_ms, void (*done)(void *arg),
                      void *arg)
{
	struct timeval tv = { grace_ms / 1000, grace_ms % 1000 * 1000L };

	srv->stopping = true;
	srv->stopped = done;
	srv->stopped_arg = arg;
	close_listeners(srv);
	/* The dead stay on the list until reaped, so the walk survives what it closes. */
	for (struct conn *c = srv->first; c != NULL; c = c->next) {
		c->keep_alive = false;
		if (c->phase == PHASE_IDLE)
			conn_finish(c);
		else if (c->phase == PHASE_STREAM)
			stream_end(c);
	}
	(void)evtimer_add(srv->grace, &tv);
	reap_soon(srv);
}

void http_server_free(struct http_server *srv)
{
	if (srv == NULL)
		return;
	srv->stopped = NULL;
	close_listeners(srv);
	grace_is_over(-1, 0, srv);
	reap(-1, 0, srv);
	event_free(srv->reap);
	event_free(srv->grace);
	event_free(srv->accept_again);
	map_done(&srv->addrs);
	buf_done(&srv->scratch);
	free(srv->listeners);
	free(srv);
}
