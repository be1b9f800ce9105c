/*
 * ship_tiny.c - the worker's session with Redis alone: real collectors, a real bus, no keeper, no files.
 *
 *	ship_tiny ADDRESS ID IP [DEFAULT_INTERVAL_MS]
 *
 * A line on standard input "event KIND TEXT" tells an event, "fact NAME VALUE" sets a fact; SIGTERM ends it
 * cleanly. It prints each state it goes to, and "told REF" for events somebody heard.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "agent/worker/collect/collect.h"
#include "agent/worker/ship/ship.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

struct tiny {
	struct event_base *loop;
	struct ship *ship;
	struct collect *collect;
	struct event *input, *signal;
	const char *ip;
	uint64_t ref;
	char line[1024];
	size_t len;
};

static void on_name(const char *local, char ip[KEY_IP_SIZE], char mac[18], void *arg)
{
	const struct tiny *t = arg;

	(void)printf("local %s\n", local);
	(void)snprintf(ip, KEY_IP_SIZE, "%s", t->ip);
	(void)snprintf(mac, 18, "02:00:00:00:00:01");
}

static void on_collect(int64_t ts_ms, int64_t mono_ns, const struct collect_self *self,
                       struct sample *into, void *arg)
{
	const struct tiny *t = arg;

	collect_run(t->collect, ts_ms, mono_ns, self, into);
}

static void on_state(enum beat_state state, void *arg)
{
	(void)arg;
	(void)printf("state %s\n", beat_state_name(state));
}

static void on_told(uint64_t ref, void *arg)
{
	(void)arg;
	(void)printf("told %llu\n", (unsigned long long)ref);
}

static void on_done(void *arg)
{
	const struct tiny *t = arg;

	(void)puts("done");
	(void)event_base_loopbreak(t->loop);
}

static void obey(struct tiny *t, struct str line)
{
	struct str verb, name;

	if (!str_cut(&line, ' ', &verb) || !str_cut(&line, ' ', &name))
		return;
	AUTO_FREE char *key = str_dup(name), *text = str_dup(line);

	if (str_is(verb, "fact"))
		(void)ship_fact(t->ship, key, line);
	else
		ship_event(t->ship,
		           &(struct ship_event){ .kind = key, .text = text, .ref = ++t->ref });
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct tiny *t = arg;
	ssize_t n = read(fd, t->line + t->len, sizeof(t->line) - t->len);

	(void)what;
	if (n <= 0) {
		(void)event_del(t->input);
		return;
	}
	t->len += (size_t)n;
	for (char *end; (end = memchr(t->line, '\n', t->len)) != NULL;) {
		obey(t, (struct str){ t->line, (size_t)(end - t->line) });
		t->len -= (size_t)(end + 1 - t->line);
		memmove(t->line, end + 1, t->len);
	}
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct tiny *t = arg;

	(void)number;
	(void)what;
	ship_stop(t->ship, on_done, t);
}

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "ship_tiny: %s\n", err->msg);
	return (int)err_exit_code(err->code);
}

int main(int argc, char **argv)
{
	struct tiny t = { .ip = argc > 3 ? argv[3] : "" };
	struct bus_address address = { 0 };
	struct ship_options options = { .address = &address };
	const struct ship_hooks hooks = { on_name, on_collect, on_state, on_told, NULL, &t };
	struct err err = { 0 };

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	log_setup("ship_tiny", LOG_DEBUG, LOG_FORMAT_TEXT);
	if (argc < 4 || !host_id_read(str_of(argv[2]), &options.id))
		return EXIT_USAGE;
	if (argc > 4)
		options.default_interval_ms = strtol(argv[4], NULL, 10);
	if (bus_address_parse(str_of(argv[1]), &address, &err) < 0)
		return fail(&err);
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (collect_open(root, NULL, 0, &t.collect, &err) < 0)
		return fail(&err);
	/* As the agent does: without it timers fire milliseconds early, and each then several times. */
	struct event_config *config = event_config_new();
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	t.loop = event_base_new_with_config(config);
	event_config_free(config);
	t.ship = ship_new(t.loop, &options, &hooks, &err);
	if (t.ship == NULL)
		return fail(&err);
	t.input = event_new(t.loop, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &t);
	t.signal = evsignal_new(t.loop, SIGTERM, on_signal, &t);
	(void)event_add(t.input, NULL);
	(void)event_add(t.signal, NULL);
	(void)ship_fact(t.ship, "hostname", STR("tiny.example.org"));
	(void)ship_fact(t.ship, "version", STR(MUSTER_VERSION));
	ship_start(t.ship);
	(void)event_base_dispatch(t.loop);
	ship_free(t.ship);
	event_free(t.input);
	event_free(t.signal);
	collect_close(t.collect);
	bus_address_done(&address);
	event_base_free(t.loop);
	return EXIT_DONE;
}
