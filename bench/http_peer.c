/*
 * http_peer.c - libevent's own HTTP server with the same two answers, for bench_http: "/hello" and a 100 kB "/asset".
 *
 * With TCP_NODELAY, without which it is far behind. Prints "url: ...".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

static char asset_bytes[100000];

static void hello(struct evhttp_request *req, void *arg)
{
	struct evbuffer *b = evbuffer_new();

	(void)arg;
	(void)evbuffer_add(b, "hello\n", 6);
	evhttp_send_reply(req, 200, "OK", b);
	evbuffer_free(b);
}

static void asset(struct evhttp_request *req, void *arg)
{
	struct evbuffer *b = evbuffer_new();

	(void)arg;
	(void)evbuffer_add_reference(b, asset_bytes, sizeof(asset_bytes), NULL, NULL);
	evhttp_send_reply(req, 200, "OK", b);
	evbuffer_free(b);
}

int main(void)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	int one = 1;
	struct evhttp_bound_socket *s = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);

	if (s == NULL)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	evutil_socket_t fd = evhttp_bound_socket_get_fd(s);

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)getsockname(fd, (struct sockaddr *)&a, &len);
	(void)evhttp_set_cb(http, "/hello", hello, NULL);
	(void)evhttp_set_cb(http, "/asset", asset, NULL);
	(void)printf("url: http://127.0.0.1:%u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	return event_base_dispatch(base);
}
