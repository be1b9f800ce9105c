/*
 * dial.c - from an address to a connected socket: names by evdns, then one address after the other.
 *
 * The C library's resolver is not used: it blocks, and in a static agent it does not exist. resolv.conf and
 * hosts are read for each lookup, because evdns would remember the first ones for ever.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bus/bus_int.h"

/* A question under way; it outlives the connection that asked. */
struct lookup {
	struct event_base *loop;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request; /* NULL once it was answered */
	struct conn *conn;                         /* NULL = nobody asks any more */
	struct evutil_addrinfo *found;
	int code; /* EVUTIL_EAI_..., 0 = no answer yet */
};

static void add_addr(struct conn *c, const void *sa, socklen_t len)
{
	if (c->n_addrs == CONN_ADDRS)
		return;
	memcpy(&c->addrs[c->n_addrs], sa, len);
	c->addr_lens[c->n_addrs++] = len;
}

static bool add_numeric(struct conn *c, const char *host, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		add_addr(c, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		add_addr(c, &v6, sizeof(v6));
	else
		return false;
	return true;
}

/* Sockets on their way are closed on exec, and small commands do not wait for company. */
static void prepare_socket(struct conn *c)
{
	int fd = bufferevent_getfd(c->bev);
	int on = 1;

	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (c->bus->address.scheme != BUS_UNIX) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
}

/* Tries addrs[at_addr]. */
static int try_addr(struct conn *c, struct err *err)
{
	struct bus *bus = c->bus;
	const int options = BEV_OPT_CLOSE_ON_FREE;
	int64_t now = clock_mono_ms();

	if (bus->address.scheme == BUS_TLS) {
		struct ssl_st *ssl = tls_new(bus, err);

		if (ssl == NULL)
			return err->code;
		c->bev = bufferevent_openssl_socket_new(bus->loop, -1, ssl,
		                                        BUFFEREVENT_SSL_CONNECTING, options);
	} else {
		c->bev = bufferevent_socket_new(bus->loop, -1, options);
	}
	if (c->bev == NULL)
		return err_set(err, -ENOMEM, "cannot be tried: no memory for a stream");
	conn_watch_stream(c);
	c->state = CONN_CONNECTING;
	/* What is left of the time is shared with the addresses still to come. */
	c->dial_ms = now + (c->connect_ms - now) / (int64_t)(c->n_addrs - c->at_addr);
	errno = 0;
	if (bufferevent_socket_connect(c->bev, (struct sockaddr *)&c->addrs[c->at_addr],
	                               (int)c->addr_lens[c->at_addr]) < 0)
		return errno != 0 ? err_set(err, -errno, "cannot be reached: %s", strerror(errno))
		                  : err_set(err, -EIO, "cannot be reached");
	prepare_socket(c);
	conn_arm(c);
	return 0;
}

int dial_next(struct conn *c, const struct err *why, struct err *err)
{
	struct err last = *why;

	while (c->at_addr + 1 < c->n_addrs) {
		conn_drop_stream(c);
		c->at_addr++;
		if (try_addr(c, &last) == 0)
			return 0;
	}
	return err_set(err, last.code, "%s", last.msg);
}

static int try_all(struct conn *c, struct err *err)
{
	struct err why = { 0 };

	c->at_addr = 0;
	return try_addr(c, &why) == 0 ? 0 : dial_next(c, &why, err);
}

/* evdns calls back from its own depths, where its base must not be freed: so the end comes a turn later. */
static void finish_lookup(evutil_socket_t fd, short what, void *arg)
{
	struct lookup *lookup = arg;
	struct conn *c = lookup->conn;
	struct err why = { 0 };
	int r = 0;

	(void)fd;
	(void)what;
	if (c != NULL) {
		bus_hold(c->bus);
		c->lookup = NULL;
		for (struct evutil_addrinfo *ai = lookup->found; ai != NULL; ai = ai->ai_next)
			add_addr(c, ai->ai_addr, (socklen_t)ai->ai_addrlen);
		if (c->n_addrs == 0)
			r = err_set(&why, -EHOSTUNREACH, "cannot be found: %s",
			            evutil_gai_strerror(lookup->code));
		else
			r = try_all(c, &why);
		if (r < 0)
			conn_fail(c, &why);
		bus_release(c->bus);
	}
	if (lookup->found != NULL)
		evutil_freeaddrinfo(lookup->found);
	evdns_base_free(lookup->dns, 0);
	free(lookup);
}

static void on_addresses(int code, struct evutil_addrinfo *list, void *arg)
{
	struct lookup *lookup = arg;

	lookup->code = code != 0 ? code : EVUTIL_EAI_NONAME;
	lookup->found = list;
	lookup->request = NULL;
	(void)event_base_once(lookup->loop, -1, EV_TIMEOUT, finish_lookup, lookup,
	                      &(struct timeval){ 0 });
}

static int start_lookup(struct conn *c, struct err *err)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
	};
	struct lookup *lookup = xcalloc(1, sizeof(*lookup));
	char port[8];

	*lookup = (struct lookup){ .loop = c->bus->loop, .conn = c };
	lookup->dns = evdns_base_new(lookup->loop, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (lookup->dns == NULL) {
		free(lookup);
		return err_set(err, -ENOMEM, "cannot be found: no resolver");
	}
	/* Without the file, the name server of this host is asked; hosts is read in any case. */
	(void)evdns_base_resolv_conf_parse(lookup->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	(void)evdns_base_set_option(lookup->dns, "timeout:", "1.5");
	(void)evdns_base_set_option(lookup->dns, "attempts:", "2");
	(void)snprintf(port, sizeof(port), "%u", c->bus->address.port);
	c->state = CONN_RESOLVING;
	c->lookup = lookup;
	conn_arm(c);

	/* A name from the hosts file is answered before this returns. */
	struct evdns_getaddrinfo_request *request = evdns_getaddrinfo(
		lookup->dns, c->bus->address.host, port, &hints, on_addresses, lookup);
	if (lookup->code == 0)
		lookup->request = request;
	return 0;
}

int dial_start(struct conn *c, struct err *err)
{
	const struct bus_address *a = &c->bus->address;

	c->n_addrs = 0;
	if (a->scheme == BUS_UNIX) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };

		_Static_assert(sizeof(un.sun_path) == BUS_PATH_SIZE, "a path that fits");
		memcpy(un.sun_path, a->path, sizeof(un.sun_path));
		add_addr(c, &un, sizeof(un));
		return try_all(c, err);
	}
	/* This name never leaves the host, whatever its hosts file says. */
	if (strcmp(a->host, "localhost") == 0) {
		(void)add_numeric(c, "127.0.0.1", a->port);
		(void)add_numeric(c, "::1", a->port);
		return try_all(c, err);
	}
	return add_numeric(c, a->host, a->port) ? try_all(c, err) : start_lookup(c, err);
}

void dial_done(struct conn *c)
{
	struct lookup *lookup = c->lookup;

	if (lookup == NULL)
		return;
	c->lookup = NULL;
	lookup->conn = NULL;
	if (lookup->request != NULL)
		evdns_getaddrinfo_cancel(lookup->request); /* which ends in finish_lookup() */
}
