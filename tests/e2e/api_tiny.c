/*
 * api_tiny.c - the API over a real store and a fleet that exists in memory only.
 *
 * usage: api_tiny FOLDER HOSTS. Prints "url: ..." and "token: ..." (an admin's). The setup link's token is
 * "let-me-in". Lines on stdin change the fleet:
 *	state IP STATE | numbers COUNT | event KIND TEXT | sample IP JSON | gone IP | reset | ahead SECONDS
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/api/api.h"
#include "server/hub.h"
#include "server/login/password.h"
#include "server/login/token.h"
#include "server/work.h"

struct host {
	struct hub_host h;
	char ip[HOST_IP_SIZE], name[64];
	char *sample;
	int64_t sample_ms;
	bool gone;
};

struct hub {
	struct event_base *base;
	struct store *store;
	struct host *hosts;
	size_t n;
	uint64_t rev;
	int64_t ahead_ms, next_event, started_ms;
	struct hub_listener listener;
	struct http_server *http;
	char line[65536];
	size_t line_len;
};

static struct host *find(const struct hub *hub, struct str ip)
{
	for (size_t i = 0; i < hub->n; i++)
		if (!hub->hosts[i].gone && str_is(ip, hub->hosts[i].ip))
			return &hub->hosts[i];
	return NULL;
}

/* ---- hub.h over that fleet ---- */

int64_t hub_now_ms(const struct hub *hub)
{
	return clock_wall_ms() + hub->ahead_ms;
}

uint64_t hub_rev(const struct hub *hub)
{
	return hub->rev;
}

struct store *hub_store(const struct hub *hub)
{
	return hub->store;
}

void hub_each(const struct hub *hub, bool (*fn)(const struct hub_host *host, void *arg), void *arg)
{
	for (size_t i = 0; i < hub->n; i++)
		if (!hub->hosts[i].gone && !fn(&hub->hosts[i].h, arg))
			return;
}

size_t hub_count(const struct hub *hub)
{
	return hub->n;
}

bool hub_find(const struct hub *hub, struct str ip, struct hub_host *ret)
{
	const struct host *h = find(hub, ip);

	if (h == NULL)
		return false;
	*ret = h->h;
	return true;
}

bool hub_latest(const struct hub *hub, struct str ip, struct hub_sample *ret)
{
	const struct host *h = find(hub, ip);

	if (h == NULL || h->sample == NULL)
		return false;
	*ret = (struct hub_sample){ h->sample_ms, h->sample_ms, str_of(h->sample) };
	return true;
}

size_t hub_recent(const struct hub *hub, struct str ip,
                  void (*fn)(const struct hub_sample *sample, void *arg), void *arg)
{
	struct hub_sample s;

	if (!hub_latest(hub, ip, &s))
		return 0;
	for (int i = 0; i < 50; i++)
		fn(&s, arg);
	return 50;
}

int hub_listen(struct hub *hub, const struct hub_listener *listener)
{
	hub->listener = *listener;
	return 0;
}

void hub_unlisten(struct hub *hub, int number)
{
	(void)number;
	hub->listener = (struct hub_listener){ 0 };
}

int hub_watch(struct hub *hub, struct str ip, int64_t *ret_until_ms, struct err *err)
{
	if (find(hub, ip) == NULL)
		return err_set(err, -ENOENT, "no host has the address " STR_FMT, STR_ARG(ip));
	*ret_until_ms = hub_now_ms(hub) + HUB_WATCH_MS;
	return 0;
}

static void set_state(struct hub *hub, struct host *h, enum roll_state state)
{
	h->h.state = state;
	h->h.since_ms = hub_now_ms(hub);
	h->h.rev = ++hub->rev;
	if (hub->listener.on_host != NULL)
		hub->listener.on_host(&h->h, HUB_STATE, hub->listener.arg);
}

int hub_accept(struct hub *hub, struct str ip, const char *who, struct err *err)
{
	struct host *h = find(hub, ip);

	(void)who;
	if (h == NULL)
		return err_set(err, -ENOENT, "no host has the address " STR_FMT, STR_ARG(ip));
	if (h->h.state != ROLL_WAITING)
		return err_set(err, -EALREADY, STR_FMT " does not wait", STR_ARG(ip));
	set_state(hub, h, ROLL_ONLINE);
	return 0;
}

int hub_forget(struct hub *hub, struct str ip, const char *who, struct err *err)
{
	struct host *h = find(hub, ip);

	(void)who;
	if (h == NULL)
		return err_set(err, -ENOENT, "no host has the address " STR_FMT, STR_ARG(ip));
	if (h->h.state == ROLL_ONLINE)
		return err_set(err, -EBUSY, STR_FMT " is online", STR_ARG(ip));
	h->gone = true;
	hub->rev++;
	hub->listener.on_gone(ip, h->h.id, hub->listener.arg);
	return 0;
}

void hub_checkstate(struct hub *hub, void (*cb)(const struct hub_check *check, void *arg),
                    void *arg)
{
	struct hub_check check = { .active = true, .result = { .workers = hub->n }, .took_ms = 1 };

	cb(&check, arg);
}

void hub_health(struct hub *hub, struct hub_health *ret)
{
	*ret = (struct hub_health){ .ok = true, .uptime_ms = hub_now_ms(hub) - hub->started_ms };
	for (size_t i = 0; i < hub->n; i++)
		ret->hosts[hub->hosts[i].h.state]++;
	ret->n_parts = 1;
	ret->parts[0] = (struct hub_part){ "redis", "ok", true, hub->started_ms, "" };
}

int64_t hub_note(struct hub *hub, const struct hub_note *note)
{
	struct event_row e = { .id = ++hub->next_event,
		               .time_ms = hub_now_ms(hub),
		               .ip = note->ip,
		               .kind = str_of(note->kind),
		               .level = note->level,
		               .text = str_of(note->text),
		               .data = note->data };

	store_events_add(hub->store, &e, 1, NULL, NULL);
	if (hub->listener.on_event != NULL)
		hub->listener.on_event(&e, hub->listener.arg);
	return e.id;
}

/* ---- the fleet ---- */

static void make_fleet(struct hub *hub, size_t n)
{
	hub->hosts = xcalloc(n, sizeof(*hub->hosts));
	hub->n = n;
	for (size_t i = 0; i < n; i++) {
		struct host *h = &hub->hosts[i];
		double x = (double)(i * 7919 % 1000) / 10;

		(void)snprintf(h->ip, sizeof(h->ip), "10.%zu.%zu.%zu", i / 65536, i / 256 % 256,
		               i % 256);
		(void)snprintf(h->name, sizeof(h->name), "node-%05zu.example.net", i);
		h->h = (struct hub_host){
			.ip = h->ip,
			.hostname = h->name,
			.region = "unknown",
			.state = i == 1 ? ROLL_WAITING : ROLL_ONLINE,
			.since_ms = hub_now_ms(hub) - (int64_t)i * 1013,
			.seen_ms = hub_now_ms(hub) - (int64_t)(i * 7 % 10000),
			.interval_ms = 10000,
			.load1 = x / 7,
			.cpu = x,
			.mem = 100 - x,
			.disk = i % 5 == 0 ? NAN : x / 2,
			.net_in = x * 13.7,
			.net_out = x * 3.1,
			.cores = 8,
			.offset_ms = 0.5,
			.version = "0.1.0",
			.mac = "52:54:00:12:34:56",
			.info = STR("{\"kernel\":\"6.1.0\",\"os\":\"Debian \\u0031\"}"),
			.rev = ++hub->rev
		};
		uint64_t seed = i * 0x9e3779b97f4a7c15u + 1;

		for (size_t k = 0; k < sizeof(h->h.id.b); k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			h->h.id.b[k] = (uint8_t)(seed >> 56);
		}
	}
}

static void change_numbers(struct hub *hub, size_t n)
{
	for (size_t i = 0; i < n && i < hub->n; i++) {
		struct hub_host *h = &hub->hosts[i].h;

		h->cpu = fmod(h->cpu + 1.7, 100);
		h->rev = ++hub->rev;
		h->seen_ms = hub_now_ms(hub);
		hub->listener.on_host(h, HUB_NUMBERS, hub->listener.arg);
	}
}

static void obey(struct hub *hub, struct str line)
{
	struct str verb = STR(""), a = STR("");
	int64_t n = 0;

	(void)!str_word(&line, &verb);
	if (str_is(verb, "reset")) {
		hub->listener.on_reset(hub->listener.arg);
		return;
	}
	(void)!str_word(&line, &a);
	line = str_trim(line);
	struct host *h = find(hub, a);
	struct err err = { 0 };

	if (str_is(verb, "state") && h != NULL)
		set_state(hub, h, str_is(line, "offline") ? ROLL_OFFLINE : ROLL_ONLINE);
	else if (str_is(verb, "numbers") && str_i64(a, &n))
		change_numbers(hub, (size_t)n);
	else if (str_is(verb, "ahead") && str_i64(a, &n))
		hub->ahead_ms = n * 1000;
	else if (str_is(verb, "gone"))
		(void)!hub_forget(hub, a, "", &err);
	if (str_is(verb, "event")) {
		char kind[64], text[200];

		if (str_copy(a, kind, sizeof(kind)) && str_copy(line, text, sizeof(text)))
			(void)hub_note(hub, &(struct hub_note){ .kind = kind,
			                                        .text = text,
			                                        .ip = STR("10.0.0.0"),
			                                        .data = STR("{\"n\":1}") });
	} else if (str_is(verb, "sample") && h != NULL) {
		free(h->sample);
		h->sample = str_dup(line);
		h->sample_ms = hub_now_ms(hub);
		struct hub_sample s = { h->sample_ms, h->sample_ms, str_of(h->sample) };

		hub->listener.on_sample(a, &s, hub->listener.arg);
	}
}

static void on_stdin(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;
	ssize_t n = read(fd, hub->line + hub->line_len, sizeof(hub->line) - hub->line_len);

	(void)what;
	if (n <= 0) {
		(void)event_base_loopbreak(hub->base);
		return;
	}
	hub->line_len += (size_t)n;
	for (;;) {
		const char *end = memchr(hub->line, '\n', hub->line_len);

		if (end == NULL)
			return;
		size_t len = (size_t)(end - hub->line);

		obey(hub, (struct str){ hub->line, len });
		hub->line_len -= len + 1;
		memmove(hub->line, end + 1, hub->line_len);
	}
}

/* ---- beginning and end ---- */

static void ended(void *arg)
{
	(void)event_base_loopbreak(arg);
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;

	(void)fd;
	(void)what;
	http_server_stop(hub->http, 1000, ended, hub->base);
}

static void make_people(struct hub *hub)
{
	uint8_t digest[DIGEST_BYTES];
	char text[TOKEN_TEXT_SIZE], hex[2 * DIGEST_BYTES + 1];
	struct token_row token = { .name = STR("test"),
		                   .role = ROLE_ADMIN,
		                   .created_ms = hub_now_ms(hub) };

	token_digest(STR("let-me-in"), digest);
	hex_encode(digest, sizeof(digest), hex);
	store_setting_set(hub->store, STR(SETTING_SETUP_DIGEST), str_of(hex), NULL, NULL);
	token_make(TOKEN_PREFIX, text);
	token_digest(str_of(text), token.digest);
	store_token_add(hub->store, &token, NULL, NULL);
	(void)printf("token: %s\n", text);
}

int main(int argc, char **argv)
{
	struct hub hub = { 0 };
	struct http_options o = { 0 };
	struct work *work = NULL;
	struct err err = { 0 };
	char path[4096];
	uint64_t n = 0;

	if (argc != 3 || !str_u64(str_of(argv[2]), &n))
		return (int)EXIT_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)evthread_use_pthreads();
	hub.base = event_base_new();
	hub.started_ms = clock_wall_ms();
	(void)snprintf(path, sizeof(path), "%s/muster.db", argv[1]);
	if (password_init(&err) < 0 || work_new(hub.base, 2, 16, &work, &err) < 0 ||
	    store_open(&(struct store_options){ .base = hub.base, .path = path }, &hub.store,
	               &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return (int)EXIT_FAILED;
	}
	make_fleet(&hub, (size_t)n);
	make_people(&hub);

	struct api *api =
		api_new(&(struct api_options){ .base = hub.base, .hub = &hub, .work = work });

	api_serve(api, &o);
	hub.http = http_server_new(hub.base, &o);
	if (http_server_listen(hub.http, "127.0.0.1:0", &err) < 0)
		return (int)EXIT_FAILED;

	struct event *term = evsignal_new(hub.base, SIGTERM, on_term, &hub);
	struct event *in = event_new(hub.base, 0, EV_READ | EV_PERSIST, on_stdin, &hub);

	(void)event_add(term, NULL);
	(void)event_add(in, NULL);
	(void)printf("url: %s\n", http_server_url(hub.http));
	(void)fflush(stdout);
	(void)event_base_dispatch(hub.base);
	http_server_free(hub.http);
	work_free(work);
	store_close(hub.store, 1000);
	api_free(api);
	event_free(term);
	event_free(in);
	for (size_t i = 0; i < hub.n; i++)
		free(hub.hosts[i].sample);
	free(hub.hosts);
	event_base_free(hub.base);
	(void)puts("bye");
	return 0;
}
