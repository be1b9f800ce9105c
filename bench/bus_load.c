/*
 * bus_load.c - one client that sends HSET as fast as the answers come: through our bus, or through hiredis' blocking API.
 *
 * usage: bus_load bus ADDRESS OPERATIONS OUTSTANDING [CA-FILE]
 *        bus_load hiredis SOCKET-PATH OPERATIONS OUTSTANDING
 * Prints "OPERATIONS SECONDS CPU-SECONDS".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "bus/bus.h"

struct load {
	struct event_base *loop;
	struct bus *bus;
	uint64_t total, window, sent, answered;
};

enum { N_ARGS = 4 };

static const struct str words[N_ARGS] = {
	{ "HSET", 4 }, { "load:hash", 9 }, { "field", 5 }, { "0123456789abcdef", 16 }
};

static void fail(const char *what)
{
	fprintf(stderr, "bus_load: %s\n", what);
	exit(1);
}

static void on_answer(struct bus *bus, const struct reply *reply, const struct err *err, void *arg);

static void fill(struct load *l)
{
	while (l->sent < l->total && l->sent - l->answered < l->window) {
		if (bus_send(l->bus, words, N_ARGS, on_answer, l) < 0)
			fail("cannot send");
		l->sent++;
	}
}

static void on_answer(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct load *l = arg;

	(void)bus;
	(void)reply;
	if (err != NULL)
		fail(err->msg);
	if (++l->answered == l->total)
		(void)event_base_loopbreak(l->loop);
	fill(l);
}

static void on_up(struct bus *bus, void *arg)
{
	(void)bus;
	fill(arg);
}

static void on_down(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	(void)bus;
	(void)retry_ms;
	(void)arg;
	fail(why->msg);
}

static void run_bus(struct load *l, const char *where, const char *ca)
{
	const struct bus_options options = { .once = true, .ca_file = ca };
	const struct bus_hooks hooks = { .on_up = on_up, .on_down = on_down, .arg = l };
	struct bus_address address = { 0 };
	struct err err = { 0 };

	l->loop = event_base_new();
	if (bus_address_parse(str_of(where), &address, &err) < 0)
		fail(err.msg);
	l->bus = bus_new(l->loop, &address, &options, &hooks, &err);
	if (l->bus == NULL)
		fail(err.msg);
	bus_open(l->bus);
	(void)event_base_dispatch(l->loop);
	bus_free(l->bus);
	bus_address_done(&address);
	event_base_free(l->loop);
}

static void run_hiredis(struct load *l, const char *path)
{
	redisContext *c = redisConnectUnix(path);
	const char *argv[N_ARGS];
	size_t lens[N_ARGS];

	if (c == NULL || c->err != 0)
		fail("cannot connect");
	for (size_t i = 0; i < N_ARGS; i++) {
		argv[i] = words[i].p;
		lens[i] = words[i].len;
	}
	while (l->answered < l->total) {
		void *reply = NULL;

		for (; l->sent < l->total && l->sent - l->answered < l->window; l->sent++)
			(void)redisAppendCommandArgv(c, N_ARGS, argv, lens);
		/* Half a window at a time, so that both sides have work. */
		for (uint64_t i = 0; i < (l->window + 1) / 2 && l->answered < l->sent; i++) {
			if (redisGetReply(c, &reply) != REDIS_OK)
				fail(c->errstr);
			freeReplyObject(reply);
			l->answered++;
		}
	}
	redisFree(c);
}

int main(int argc, char **argv)
{
	struct load l = { 0 };

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 5 || !str_u64(str_of(argv[3]), &l.total) || !str_u64(str_of(argv[4]), &l.window))
		fail("usage: bus_load bus|hiredis WHERE OPERATIONS OUTSTANDING [CA-FILE]");

	int64_t start = clock_mono_ns(), cpu = clock_cpu_ns();

	if (strcmp(argv[1], "bus") == 0)
		run_bus(&l, argv[2], argc > 5 ? argv[5] : NULL);
	else
		run_hiredis(&l, argv[2]);
	printf("%" PRIu64 " %.6f %.6f\n", l.answered, (double)(clock_mono_ns() - start) / 1e9,
	       (double)(clock_cpu_ns() - cpu) / 1e9);
	return 0;
}
