/*
 * world.c - time, events and links.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

const char *const run_texts[4] = { NULL, "0", "1", "perhaps" };
const char *const interval_texts[9] = { NULL, "1", "2.5", "5", "10", "20", " 30 ", "0.01", "soon" };
const int64_t interval_values[9] = { 10000, 1000, 2500, 5000, 10000, 20000, 30000, 1000, 10000 };

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->no < b->no;
}

static struct event *push(struct world *w, struct event ev)
{
	w->heap = xgrow(w->heap, &w->cap_heap, w->n_heap + 1, sizeof(*w->heap));
	size_t i = w->n_heap++;
	for (; i != 0 && is_before(&ev, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = ev;
	return &w->heap[i];
}

static struct event pop(struct world *w)
{
	struct event first = w->heap[0], last = w->heap[--w->n_heap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < w->n_heap && is_before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (child >= w->n_heap || !is_before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return first;
}

struct event *world_event(struct world *w, enum event_kind kind, uint32_t who, int64_t in_ms)
{
	return push(w, (struct event){ .at_ms = w->now_ms + (in_ms > 0 ? in_ms : 0),
	                               .no = ++w->event_no,
	                               .kind = (uint8_t)kind,
	                               .who = who });
}

void world_put_back(struct world *w, const struct event *ev, int64_t at_ms)
{
	struct event again = *ev;

	again.at_ms = at_ms > w->now_ms ? at_ms : w->now_ms;
	again.no = ++w->event_no;
	(void)push(w, again);
}

struct client *world_client(struct world *w, uint32_t who)
{
	return who < w->n_agents ? &w->agents[who].c : &w->servers[who - w->n_agents].c;
}

struct moment world_moment(const struct world *w, const struct client *c)
{
	return (struct moment){ w->now_ms + c->mono0_ms,
		                TRUE_START_MS * (int64_t)1000 + w->now_ms + c->wall_ms };
}

bool world_chance(struct world *w, uint32_t of_1000)
{
	return rng_below(&w->rng, 1000) < of_1000;
}

int64_t world_draw(struct world *w, int64_t least, int64_t most)
{
	return least + (int64_t)rng_below(&w->rng, (uint64_t)(most - least + 1));
}

int64_t world_latency(struct world *w)
{
	int64_t ms = world_draw(w, 0, w->latency_ms);

	return world_chance(w, w->spikes) ? ms + world_draw(w, 0, w->spike_ms) : ms;
}

struct event *world_send(struct world *w, uint32_t who, enum op op)
{
	struct client *c = world_client(w, who);
	int64_t at = w->now_ms + world_latency(w);

	c->out_ms = at > c->out_ms ? at : c->out_ms;
	struct event *ev = world_event(w, EV_REQUEST, who, c->out_ms - w->now_ms);
	ev->op = (uint8_t)op;
	ev->conn = c->conn;
	ev->sent_ms = w->now_ms;
	ev->v[VALUES - 1] = c->redis_epoch;
	return ev;
}

void world_trace(struct world *w, const char *fmt, ...)
{
	char line[300];
	va_list ap;

	int n = snprintf(line, sizeof(line), "%10.3f ", (double)w->now_ms / 1000);
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	for (const char *p = line; *p != '\0'; p++)
		w->hash = (w->hash ^ (unsigned char)*p) * 0x100000001b3;
	if (w->options.trace)
		puts(line);
}

void world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->failure[0] != '\0')
		return;
	int n = snprintf(w->failure, sizeof(w->failure),
	                 "seed %" PRIu64 ", %.3f s: ", w->options.seed, (double)w->now_ms / 1000);
	va_start(ap, fmt);
	(void)vsnprintf(w->failure + n, sizeof(w->failure) - (size_t)n, fmt, ap);
	va_end(ap);
	world_trace(w, "FAILURE %s", w->failure);
}

struct host_id world_id(uint64_t n)
{
	struct host_id id = { { 0x5a } };

	for (int i = 0; i < 8; i++)
		id.b[8 + i] = (uint8_t)(n >> (8 * (7 - i)));
	return id;
}

uint64_t world_id_back(struct host_id id)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | id.b[8 + i];
	return n;
}

uint32_t world_ip_back(const char *ip)
{
	uint64_t part[3];
	struct str rest = str_of(ip), field;

	if (!str_cut(&rest, '.', &field))
		return UINT32_MAX;
	for (int i = 0; i < 2; i++)
		if (!str_cut(&rest, '.', &field) || !str_u64(field, &part[i]))
			return UINT32_MAX;
	if (!str_u64(rest, &part[2]))
		return UINT32_MAX;
	return (uint32_t)(part[0] << 16 | part[1] << 8 | part[2]);
}

void world_kill(struct world *w, uint32_t who)
{
	struct client *c = world_client(w, who);

	if (c->running)
		world_trace(w, "client %u ends", who);
	c->running = false;
	c->life++;
	c->conn++;
	c->subscribed = false;
	c->stall_ms = 0;
}

/* A client's event: held back while its link is cut or its process frozen. */
static void client_event(struct world *w, const struct event *ev)
{
	struct client *c = world_client(w, ev->who);
	bool from_net = ev->kind == EV_ANSWER || ev->kind == EV_PUBLISH || ev->kind == EV_LOST;

	if (ev->kind == EV_TIMER ? ev->conn != c->life : from_net && ev->conn != c->conn)
		return;
	if (from_net && c->cut_ms > w->now_ms) {
		world_put_back(w, ev, c->cut_ms);
		return;
	}
	if (c->stall_ms > w->now_ms && ev->kind != EV_START) {
		world_put_back(w, ev, c->stall_ms);
		return;
	}
	if (ev->who < w->n_agents)
		agent_event(w, ev);
	else
		server_event(w, ev);
}

static void dispatch(struct world *w, const struct event *ev)
{
	switch ((enum event_kind)ev->kind) {
	case EV_REQUEST:
		redis_serve(w, ev);
		break;
	case EV_ANSWER:
	case EV_LOST:
	case EV_PUBLISH:
	case EV_TIMER:
	case EV_START:
		client_event(w, ev);
		break;
	case EV_FAULT:
		faults_next(w);
		break;
	case EV_REDIS_BACK:
		redis_back(w, (int)ev->v[0]);
		break;
	case EV_JUDGE:
		judge_second(w);
		(void)world_event(w, EV_JUDGE, 0, 1000);
		break;
	}
}

static void draw_client(struct world *w, struct client *c)
{
	c->mono0_ms = world_draw(w, 1000000, 4000000000);
	c->wall_ms = world_draw(w, -5000, 5000);
}

/* Room for every host there can be: those of the start, clones and newcomers. */
static void set_stage(struct world *w)
{
	uint32_t n = w->options.hosts != 0 ? w->options.hosts : (uint32_t)world_draw(w, 3, 60);

	w->cap_agents = n + n / 4 + 8;
	w->n_ips = 2 * w->cap_agents + 64;
	w->ips = xcalloc(w->n_ips, sizeof(*w->ips));
	for (uint32_t i = 0; i < w->n_ips; i++)
		(void)snprintf(w->ips[i], sizeof(w->ips[i]), "10.%u.%u.%u", i >> 16 & 255,
		               i >> 8 & 255, i & 255);
	w->agents = xcalloc(w->cap_agents, sizeof(*w->agents));
	/* All there from the start, so that clients keep their numbers; those beyond n do not run yet. */
	w->n_agents = w->cap_agents;
	for (uint32_t i = 0; i < w->cap_agents; i++)
		draw_client(w, &w->agents[i].c);
	redis_init(w);
	w->n_servers = world_chance(w, 250) ? 2 : 1;
	for (uint32_t i = 0; i < w->n_servers; i++) {
		draw_client(w, &w->servers[i].c);
		server_init(w, i);
		(void)world_event(w, EV_START, w->n_agents + i, world_draw(w, 0, 3000));
	}
	for (uint32_t i = 0; i < n; i++) {
		struct agent *a = agent_add(w, ++w->next_id, i);

		(void)world_event(w, EV_START, (uint32_t)(a - w->agents), world_draw(w, 0, 5000));
	}
	map_init(&w->history.runs, 3);
	w->history.rows = xcalloc(w->n_ips, sizeof(*w->history.rows));
	w->history.ip_reasons = xcalloc(w->n_ips, sizeof(*w->history.ip_reasons));
}

bool world_run(struct world *w)
{
	uint64_t still = 0; /* events at this very moment */

	rng_seed(&w->rng, w->options.seed);
	w->hash = 0xcbf29ce484222325;
	w->now_ms = 1;
	w->move_ms = w->clone_ms = w->step_ms = -3600000;
	faults_draw(w);
	set_stage(w);
	(void)world_event(w, EV_FAULT, 0, WARM_UP_MS);
	(void)world_event(w, EV_JUDGE, 0, 1000);
	while (w->n_heap != 0 && w->heap[0].at_ms <= w->end_ms && w->failure[0] == '\0') {
		struct event ev = pop(w);

		still = ev.at_ms == w->now_ms ? still + 1 : 0;
		if (still > 1000 * (uint64_t)w->n_agents)
			world_fail(w, "time stands still");
		w->now_ms = ev.at_ms;
		w->n_events++;
		dispatch(w, &ev);
	}
	if (w->failure[0] == '\0') {
		w->now_ms = w->end_ms;
		judge_end(w);
	}
	return w->failure[0] == '\0';
}

void world_done(struct world *w)
{
	for (uint32_t i = 0; i < w->n_servers; i++)
		server_done(w, i);
	redis_done(w);
	for (size_t i = 0; i < w->history.runs.n; i++)
		free(w->history.runs.entries[i].value);
	map_done(&w->history.runs);
	free(w->history.rows);
	free(w->history.ip_reasons);
	free(w->agents);
	free(w->ips);
	free(w->heap);
}
