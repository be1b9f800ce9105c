/*
 * bus_probe.c - a bus driven by lines on stdin, telling on stdout what happens: for tests and for looking around.
 *
 * usage: bus_probe ADDRESS [NAME=VALUE ...]   (see `settings`)
 * lines: open | close | free | send WORD ... | burst N | echo BYTES | hang (close from a callback, open anew) |
 *        own N (N commands of one owner, which frees the bus and itself when the first fails) |
 *        sub CHANNEL | unsub CHANNEL | flush | ip | peer | stats | quit
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "bus/bus.h"

enum { MAX_WORDS = 16, LINE_BYTES = 4096 };

struct probe {
	struct event_base *loop;
	struct bus *bus;
	struct event *input;
	char line[LINE_BYTES];
	size_t len;
	unsigned sent; /* numbers of commands */
	size_t burst;  /* answers of a burst still due */
	int64_t burst_ns;
};

static const struct {
	const char *name;
	size_t offset;
} settings[] = {
	{ "connect", offsetof(struct bus_options, connect_ms) },
	{ "reply", offsetof(struct bus_options, reply_ms) },
	{ "ping", offsetof(struct bus_options, ping_ms) },
	{ "first", offsetof(struct bus_options, retry_first_ms) },
	{ "cap", offsetof(struct bus_options, retry_cap_ms) },
	{ "denied", offsetof(struct bus_options, retry_denied_ms) },
};

static void on_up(struct bus *bus, void *arg)
{
	(void)arg;
	printf("up %s\n", bus_name(bus));
}

static void on_down(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	(void)bus;
	(void)arg;
	printf("down %s retry=%" PRId64 " denied=%d: %s\n", strerrorname_np(-why->code), retry_ms,
	       bus_is_denied(why), why->msg);
}

static void on_listen(struct bus *bus, void *arg)
{
	(void)bus;
	(void)arg;
	printf("listen\n");
}

static void on_deaf(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg)
{
	(void)bus;
	(void)arg;
	printf("deaf %s retry=%" PRId64 ": %s\n", strerrorname_np(-why->code), retry_ms, why->msg);
}

static void on_message(struct bus *bus, struct str channel, struct str message, void *arg)
{
	(void)bus;
	(void)arg;
	printf("message " STR_FMT " " STR_FMT "\n", STR_ARG(channel), STR_ARG(message));
}

static void print_reply(const struct reply *r)
{
	switch (r->type) {
	case REPLY_NIL:
		printf(" nil");
		break;
	case REPLY_INT:
		printf(" int %" PRId64, r->integer);
		break;
	case REPLY_ARRAY:
		printf(" [");
		for (size_t i = 0; i < r->n; i++)
			print_reply(&r->items[i]);
		printf(" ]");
		break;
	case REPLY_TEXT:
	case REPLY_STATUS:
	case REPLY_ERROR:
		if (r->text.len > 200)
			printf(" %zu bytes", r->text.len);
		else
			printf(" " STR_FMT, STR_ARG(r->text));
		break;
	}
}

static void on_reply(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	unsigned *number = arg;

	(void)bus;
	printf("#%u", *number);
	free(number);
	if (err != NULL)
		printf(" %s %s: %s\n", reply == NULL ? "lost" : "refused",
		       strerrorname_np(-err->code), err->msg);
	if (err == NULL) {
		print_reply(reply);
		printf("\n");
	}
}

static void on_burst(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct probe *p = arg;

	(void)bus;
	(void)reply;
	if (err != NULL) {
		printf("burst failed: %s\n", err->msg);
		exit(EXIT_FAILED);
	}
	if (--p->burst == 0)
		printf("burst done in %" PRId64 " us\n", (clock_mono_ns() - p->burst_ns) / 1000);
}

/* Closes while its own answer is being looked at, opens anew, and goes on looking. */
static void on_hang(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	(void)arg;
	if (err != NULL) {
		printf("hang lost %s\n", strerrorname_np(-err->code));
		return;
	}
	bus_close(bus);
	bus_open(bus);
	bus_close(bus);
	bus_open(bus);
	printf("hang " STR_FMT "\n", STR_ARG(reply->text));
}

static void on_free(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct probe *p = arg;

	(void)reply;
	if (err == NULL || err->code != -ECANCELED) {
		bus_free(bus);
		p->bus = NULL;
		printf("freed\n");
	}
}

/* Whose commands are in flight: nobody may call it after bus_free(). */
struct owner {
	struct probe *probe;
	unsigned told;
	bool going;
};

static void on_owned(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct owner *o = arg;
	struct probe *p = o->probe;

	(void)reply;
	printf("own %u %s\n", ++o->told, err == NULL ? "answered" : strerrorname_np(-err->code));
	if (o->going || err == NULL)
		return;
	o->going = true;
	bus_free(bus);
	p->bus = NULL;
	free(o);
	printf("freed\n");
}

static void on_flushed(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	(void)bus;
	(void)reply;
	(void)arg;
	printf("flushed%s\n", err != NULL ? " in vain" : "");
}

static void told(int r)
{
	if (r < 0)
		printf("not sent: %s\n", strerrorname_np(-r));
}

/* Sends a command whose answer is printed with its number. */
static void send_numbered(struct probe *p, const struct str *args, size_t n)
{
	unsigned *number = xcalloc(1, sizeof(*number));

	*number = ++p->sent;
	int r = bus_send(p->bus, args, n, on_reply, number);

	if (r < 0)
		free(number);
	told(r);
}

static void do_burst(struct probe *p, size_t n)
{
	p->burst = n;
	p->burst_ns = clock_mono_ns();
	for (size_t i = 0; i < n; i++) {
		int r = BUS_SEND(p->bus, on_burst, p, STR("INCR"), STR("probe:burst"));

		if (r < 0) {
			p->burst -= n - i;
			told(r);
			break;
		}
	}
}

static void do_own(struct probe *p, size_t n)
{
	struct owner *o = xcalloc(1, sizeof(*o));

	o->probe = p;
	for (size_t i = 0; i < n; i++)
		told(BUS_SEND(p->bus, on_owned, o, STR("BLPOP"), STR("never"), STR("0")));
}

static void do_echo(struct probe *p, size_t n)
{
	AUTO_FREE char *text = xcalloc(1, n + 1);

	memset(text, 'x', n);
	send_numbered(p, (struct str[]){ STR("ECHO"), { text, n } }, 2);
}

static void tell_stats(struct probe *p)
{
	struct bus_stats s = bus_stats(p->bus);

	printf("stats ups=%" PRIu64 " downs=%" PRIu64 " commands=%" PRIu64 " lost=%" PRIu64
	       " errors=%" PRIu64 " messages=%" PRIu64
	       " flight=%zu out=%zu is_up=%d listening=%d\n",
	       s.ups, s.downs, s.commands, s.lost, s.errors, s.messages, bus_in_flight(p->bus),
	       bus_out_bytes(p->bus), bus_is_up(p->bus), bus_is_listening(p->bus));
}

static void tell_ip(struct probe *p)
{
	char ip[BUS_IP_SIZE];

	printf("ip %s\n", bus_local_ip(p->bus, ip) ? ip : "none");
}

static void do_words(struct probe *p, const struct str *words, size_t n)
{
	uint64_t number = 0;

	if (n > 1)
		(void)!str_u64(words[1], &number);
	if (str_is(words[0], "quit"))
		(void)event_base_loopbreak(p->loop);
	else if (p->bus == NULL)
		printf("no bus\n");
	else if (str_is(words[0], "open"))
		bus_open(p->bus);
	else if (str_is(words[0], "close"))
		bus_close(p->bus);
	else if (str_is(words[0], "free"))
		told(BUS_SEND(p->bus, on_free, p, STR("PING")));
	else if (str_is(words[0], "hang"))
		told(BUS_SEND(p->bus, on_hang, p, STR("ECHO"), STR("still readable")));
	else if (str_is(words[0], "send"))
		send_numbered(p, words + 1, n - 1);
	else if (str_is(words[0], "burst"))
		do_burst(p, number);
	else if (str_is(words[0], "own"))
		do_own(p, number);
	else if (str_is(words[0], "echo"))
		do_echo(p, number);
	else if (str_is(words[0], "sub"))
		told(bus_subscribe(p->bus, words[1], on_message, p));
	else if (str_is(words[0], "unsub"))
		printf("unsub %d\n", bus_unsubscribe(p->bus, words[1]));
	else if (str_is(words[0], "flush"))
		told(bus_flush(p->bus, on_flushed, p));
	else if (str_is(words[0], "ip"))
		tell_ip(p);
	else if (str_is(words[0], "peer"))
		printf("peer version=%s run_id=%s\n", bus_peer(p->bus)->version,
		       bus_peer(p->bus)->run_id);
	else if (str_is(words[0], "stats"))
		tell_stats(p);
	else
		printf("what?\n");
}

static void do_line(struct probe *p, struct str line)
{
	struct str words[MAX_WORDS];
	size_t n = 0;

	while (n < MAX_WORDS && str_word(&line, &words[n]))
		n++;
	if (n > 0)
		do_words(p, words, n);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	ssize_t n = read(fd, p->line + p->len, sizeof(p->line) - p->len);

	(void)what;
	if (n <= 0) {
		(void)event_base_loopbreak(p->loop);
		return;
	}
	p->len += (size_t)n;

	struct str left = { p->line, p->len }, line;

	while (str_cut(&left, '\n', &line))
		do_line(p, line);
	memmove(p->line, left.p, left.len);
	p->len = left.len;
}

static void set(struct bus_options *o, struct str name, const char *value)
{
	uint64_t number = 0;

	(void)!str_u64(str_of(value), &number);
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (str_is(name, settings[i].name))
			*(unsigned *)(void *)((char *)o + settings[i].offset) = (unsigned)number;
	if (str_is(name, "once"))
		o->once = number != 0;
	else if (str_is(name, "ca"))
		o->ca_file = value;
	else if (str_is(name, "cert"))
		o->cert_file = value;
	else if (str_is(name, "key"))
		o->key_file = value;
	else if (str_is(name, "name"))
		o->name = value;
	else if (str_is(name, "flight"))
		o->in_flight = number;
	else if (str_is(name, "out"))
		o->out_bytes = number;
}

static struct bus *make(struct event_base *loop, int argc, char **argv, struct err *err)
{
	static const struct bus_hooks hooks = {
		.on_up = on_up, .on_down = on_down, .on_listen = on_listen, .on_deaf = on_deaf
	};
	struct bus_options options = { .seed = 1 };
	struct bus_address address = { 0 };

	for (int i = 2; i < argc; i++) {
		struct str value = str_of(argv[i]), name;

		if (str_cut(&value, '=', &name))
			set(&options, name, value.p);
	}
	if (argc < 2 || bus_address_parse(str_of(argv[1]), &address, err) < 0)
		return NULL;
	struct bus *bus = bus_new(loop, &address, &options, &hooks, err);

	bus_address_done(&address);
	return bus;
}

int main(int argc, char **argv)
{
	struct probe p = { .loop = event_base_new() };
	struct err err = { 0 };

	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	p.bus = make(p.loop, argc, argv, &err);
	if (p.bus == NULL) {
		printf("error: %s\n", err.msg);
		event_base_free(p.loop);
		return err_exit_code(err.code);
	}
	p.input = event_new(p.loop, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &p);
	(void)event_add(p.input, NULL);
	printf("ready\n");
	(void)event_base_dispatch(p.loop);
	event_free(p.input);
	bus_free(p.bus);
	/* A name lookup given up ends a turn later. */
	(void)event_base_loop(p.loop, EVLOOP_NONBLOCK);
	(void)event_base_loop(p.loop, EVLOOP_NONBLOCK);
	event_base_free(p.loop);
	printf("bye\n");
	return EXIT_DONE;
}
