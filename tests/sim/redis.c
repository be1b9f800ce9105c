/*
 * redis.c - the simulated Redis: the contract's keys, pub/sub that loses messages, crashes and memory loss.
 *
 * Keys with a time to live die by Redis' wall clock, as in the real one: a step of it ends or prolongs them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

void redis_init(struct world *w)
{
	struct redis *r = &w->redis;

	r->up = true;
	r->epoch = 1;
	r->keys = xcalloc(w->n_ips, sizeof(*r->keys));
	r->backup = xcalloc(w->n_ips, sizeof(*r->backup));
	for (uint32_t i = 0; i < w->n_ips; i++)
		r->keys[i].alive = r->backup[i].alive = -1;
	r->trouble_ms = r->damage_ms = r->step_ms = -3600000;
}

void redis_done(struct world *w)
{
	free(w->redis.keys);
	free(w->redis.backup);
}

static int64_t clock_ms(const struct world *w)
{
	return TRUE_START_MS * (int64_t)1000 + w->now_ms + w->redis.clock_ms;
}

static struct event *answer(struct world *w, const struct event *ev)
{
	struct client *c = world_client(w, ev->who);
	int64_t at = w->now_ms + world_latency(w);

	c->in_ms = at > c->in_ms ? at : c->in_ms;
	struct event *a = world_event(w, EV_ANSWER, ev->who, c->in_ms - w->now_ms);
	a->op = ev->op;
	a->conn = ev->conn;
	return a;
}

static void refuse(struct world *w, const struct event *ev)
{
	struct event *lost = world_event(w, EV_LOST, ev->who, world_latency(w));

	lost->conn = ev->conn;
}

/* To every subscribed server, perhaps: lost, twice, or late. */
static void publish(struct world *w, const struct event *ev)
{
	for (uint32_t s = 0; s < w->n_servers; s++) {
		struct client *c = &w->servers[s].c;
		int copies = world_chance(w, w->twice) ? 2 : 1;

		if (!c->subscribed || c->redis_epoch != w->redis.epoch)
			continue;
		if (world_chance(w, w->loss)) {
			w->agents[ev->v[6]].lost_ms = w->now_ms;
			continue;
		}
		for (int i = 0; i < copies; i++) {
			struct event *p =
				world_event(w, EV_PUBLISH, w->n_agents + s, world_latency(w));

			p->op = ev->op;
			p->conn = c->conn;
			p->sent_ms = ev->sent_ms;
			for (int k = 0; k < VALUES; k++)
				p->v[k] = ev->v[k];
		}
	}
}

static void ring(struct world *w, uint32_t ip)
{
	for (uint32_t i = 0; i < w->n_agents; i++) {
		struct agent *a = &w->agents[i];

		if (!a->c.subscribed || a->c.redis_epoch != w->redis.epoch ||
		    (ip != UINT32_MAX && a->ip != ip))
			continue;
		struct event *p = world_event(w, EV_PUBLISH, i, world_latency(w));
		p->conn = a->c.conn;
	}
}

static void write_host(struct world *w, const struct event *ev)
{
	struct keys *k = &w->redis.keys[ev->v[1]];

	k->info = true;
	k->id = (uint64_t)ev->v[0];
	k->seen_ms = ev->v[2];
	k->seq = ev->v[3];
	k->interval_ms = ev->v[4];
	k->written_ms = ev->sent_ms;
	k->alive = 1;
	k->worker = true;
	k->worker_s = ev->v[2] / 1000;
	k->mem = (int)ev->v[5];
	w->agents[ev->v[6]].wrote_ms = w->now_ms;
	w->agents[ev->v[6]].wrote_interval_ms = ev->v[4];
	publish(w, ev);
}

/* The control keys, and what else the agent reads with them. */
static void read_control(struct world *w, const struct event *ev)
{
	uint32_t ip = w->agents[ev->who].ip;
	const struct keys *k = &w->redis.keys[ip];
	struct event *a = answer(w, ev);

	a->v[0] = k->config;
	a->v[1] = k->info && k->id != w->agents[ev->who].id &&
	          clock_ms(w) - k->seen_ms < 3 * k->interval_ms;
	a->v[2] = w->redis.g.run;
	a->v[3] = w->redis.g.interval;
	a->v[4] = k->watch_ms > clock_ms(w);
}

static void read_info(struct world *w, const struct event *ev)
{
	const struct keys *k = &w->redis.keys[ev->v[0]];
	struct event *a = answer(w, ev);

	a->v[0] = ev->v[1];
	a->v[1] = k->info;
	a->v[2] = (int64_t)k->id;
	a->v[3] = k->seen_ms;
	a->v[4] = k->seq;
	a->v[5] = k->interval_ms;
	a->v[6] = k->written_ms;
	a->v[VALUES - 1] = ev->v[0];
}

static void lease(struct world *w, const struct event *ev)
{
	struct globals *g = &w->redis.g;
	bool there = g->lease && g->lease_ms > clock_ms(w);
	bool ours = there && g->holder == ev->who &&
	            (ev->op == OP_TAKE || g->fence == (uint64_t)ev->v[0]);
	bool seized = ev->op == OP_TAKE && ev->v[1] != 0 &&
	              (uint64_t)ev->v[1] == g->fence * 1000000 + g->renewals;

	if (ev->op == OP_DROP) {
		g->lease = there && !ours;
		return;
	}
	struct event *a = answer(w, ev);
	a->v[0] = ev->op == OP_TAKE ? !there || ours || seized : ours;
	a->v[1] = (int64_t)(g->fence * 1000000 + g->renewals);
	if (!a->v[0])
		return;
	if (ev->op == OP_TAKE) {
		uint64_t least = (uint64_t)ev->v[0] + 1;

		g->fence_counter = g->fence_counter + 1 > least ? g->fence_counter + 1 : least;
		g->fence = g->fence_counter;
		g->renewals = 0;
	}
	g->renewals++;
	g->lease = true;
	g->holder = ev->who;
	g->lease_ms = clock_ms(w) + LEASE_TTL_MS;
	a->v[1] = (int64_t)g->fence;
}

static void serve_server(struct world *w, const struct event *ev)
{
	struct keys *keys = w->redis.keys;

	switch ((enum op)ev->op) {
	case OP_INFO:
		read_info(w, ev);
		break;
	case OP_ZERO:
		keys[ev->v[0]].alive = 0;
		break;
	case OP_ENROL:
		keys[ev->v[0]].config = true;
		ring(w, (uint32_t)ev->v[0]);
		break;
	case OP_SET_WATCH:
		keys[ev->v[0]].watch_ms = clock_ms(w) + BEAT_WATCH_STALE_MS;
		ring(w, (uint32_t)ev->v[0]);
		break;
	case OP_TAKE:
	case OP_RENEW:
	case OP_DROP:
		lease(w, ev);
		break;
	default: /* PING, SWEEP, WORKERS: the server reads when the answer comes */
		(void)answer(w, ev);
	}
}

static void connect_client(struct world *w, const struct event *ev)
{
	struct client *c = world_client(w, ev->who);

	if (ev->conn != c->conn)
		return;
	if (w->redis.refuses_auth) {
		refuse(w, ev);
		return;
	}
	c->redis_epoch = w->redis.epoch;
	(void)answer(w, ev);
}

static void serve(struct world *w, const struct event *ev)
{
	struct client *c = world_client(w, ev->who);
	struct event *a;

	switch ((enum op)ev->op) {
	case OP_CONNECT:
		connect_client(w, ev);
		break;
	case OP_SUBSCRIBE:
		c->subscribed = ev->conn == c->conn;
		break;
	case OP_TIME:
		a = answer(w, ev);
		a->v[0] = ev->v[0];
		a->v[1] = clock_ms(w) * 1000;
		break;
	case OP_LOOK:
	case OP_POLL:
		read_control(w, ev);
		break;
	case OP_REPORT:
	case OP_ALIVE:
		write_host(w, ev);
		break;
	case OP_GOODBYE:
		w->redis.keys[ev->v[1]].alive = 0;
		publish(w, ev);
		break;
	case OP_ANNOUNCE:
	case OP_WATCH:
		publish(w, ev);
		break;
	default:
		serve_server(w, ev);
	}
}

void redis_serve(struct world *w, const struct event *ev)
{
	struct client *c = world_client(w, ev->who);
	struct redis *r = &w->redis;

	if (c->cut_ms > w->now_ms)
		world_put_back(w, ev, c->cut_ms);
	else if (!r->up || (ev->op != OP_CONNECT && ev->v[VALUES - 1] != r->epoch))
		refuse(w, ev);
	else if (r->frozen_ms > w->now_ms)
		world_put_back(w, ev, r->frozen_ms);
	else
		serve(w, ev);
}

void redis_flush(struct world *w)
{
	struct redis *r = &w->redis;

	for (uint32_t i = 0; i < w->n_ips; i++)
		r->keys[i] = (struct keys){ .alive = -1 };
	r->g = (struct globals){ 0 };
	r->run_ms = r->interval_ms = w->now_ms;
	r->damage_ms = r->trouble_ms = w->now_ms;
}

void redis_crash(struct world *w, int64_t down_ms, int what_is_left)
{
	struct redis *r = &w->redis;

	if (!r->up)
		return;
	r->up = false;
	r->epoch++;
	r->frozen_ms = 0;
	for (uint32_t i = 0; i < w->n_agents + w->n_servers; i++) {
		struct client *c = world_client(w, i);

		c->subscribed = false;
		if (!c->running || c->redis_epoch != r->epoch - 1)
			continue;
		struct event *lost = world_event(w, EV_LOST, i, world_latency(w));
		lost->conn = c->conn;
	}
	struct event *back = world_event(w, EV_REDIS_BACK, 0, down_ms);
	back->v[0] = what_is_left;
}

/* `what_is_left`: 0 all, 1 nothing, 2 what the last backup held. */
void redis_back(struct world *w, int what_is_left)
{
	struct redis *r = &w->redis;

	r->up = true;
	r->trouble_ms = w->now_ms;
	if (what_is_left == 0)
		return;
	redis_flush(w);
	if (what_is_left == 1)
		return;
	memcpy(r->keys, r->backup, w->n_ips * sizeof(*r->keys));
	r->g = r->backup_g;
}
