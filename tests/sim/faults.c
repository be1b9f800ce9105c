/*
 * faults.c - what goes wrong in this seed, and when.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "tests/sim/sim.h"

enum fault {
	CRASH_AGENT,
	STOP_AGENT,
	CUT_AGENT,
	CUT_MANY,
	STALL_AGENT,
	REDIS_CRASH,
	REDIS_FLUSH,
	REDIS_FREEZE,
	REDIS_AUTH,
	REDIS_STEP,
	HOST_STEP,
	SERVER_KILL,
	SERVER_STALL,
	SERVER_CUT,
	SET_INTERVAL,
	SET_RUN,
	WATCH_HOST,
	MOVE_HOST,
	REINSTALL,
	CLONE_ID,
	CLONE_IP,
	FORGET_CONFIG,
	N_FAULTS
};

static const char *const names[N_FAULTS] = {
	"crash agent", "stop agent",   "cut agent",    "cut many",   "stall agent",
	"redis crash", "redis flush",  "redis freeze", "redis auth", "redis step",
	"host step",   "server kill",  "server stall", "server cut", "set interval",
	"set run",     "watch host",   "move host",    "reinstall",  "clone id",
	"clone ip",    "forget config"
};

enum { LONGEST_DEADLINE_MS = 90000 };

void faults_draw(struct world *w)
{
	static const int64_t latencies[] = { 0, 1, 5, 40, 150 };
	int64_t seconds = w->options.seconds != 0 ? w->options.seconds : world_draw(w, 120, 900);

	w->latency_ms = latencies[rng_below(&w->rng, 5)];
	w->spikes = world_chance(w, 500)
	                    ? 0
	                    : (uint32_t)world_draw(w, 1, world_chance(w, 300) ? 300 : 30);
	w->spike_ms = world_draw(w, 100, 2000);
	w->trip_ms = 2 * (w->latency_ms + (w->spikes != 0 ? w->spike_ms : 0)) + 10;
	w->loss = world_chance(w, 500)
	                  ? 0
	                  : (uint32_t)world_draw(w, 1, world_chance(w, 300) ? 600 : 100);
	w->twice = world_chance(w, 600) ? 0 : (uint32_t)world_draw(w, 1, 100);
	w->fault_gap_ms = world_draw(w, 500, 30000);
	/* Some seeds have few kinds of faults, so that one is not always hidden behind another. */
	w->kinds = (uint32_t)rng_u64(&w->rng);
	if (world_chance(w, 500))
		w->kinds &= (uint32_t)rng_u64(&w->rng);
	if (world_chance(w, 500))
		w->kinds &= ~(1u << CLONE_ID | 1u << CLONE_IP | 1u << MOVE_HOST | 1u << REINSTALL);
	w->quiet_ms = WARM_UP_MS + seconds * 1000;
	w->end_ms = w->quiet_ms + 2 * LONGEST_DEADLINE_MS + ROLL_RECONNECT_MS + SWEEP_MS + 60000;
}

static void step_clock(struct world *w, int64_t *clock_ms)
{
	static const int64_t steps[] = { 86400000, 3600000, 60000, 10000, 2000 };
	int64_t step = world_draw(w, 1, steps[rng_below(&w->rng, 5)]);

	*clock_ms += world_chance(w, 500) ? step : -step;
	w->step_ms = w->now_ms;
}

static uint32_t some_agent(struct world *w)
{
	for (int i = 0; i < 20; i++) {
		uint32_t who = (uint32_t)rng_below(&w->rng, w->n_agents);

		if (w->agents[who].id != 0)
			return who;
	}
	return 0;
}

static void restart_later(struct world *w, uint32_t who)
{
	int64_t in_ms = world_chance(w, 300) ? world_draw(w, 0, 300) : world_draw(w, 300, 120000);

	if (who < w->n_agents && world_chance(w, 100))
		return; /* for good */
	(void)world_event(w, EV_START, who, in_ms);
}

/* So long from now, but not long into the quiet time. */
static int64_t soon(const struct world *w, int64_t in_ms)
{
	return w->now_ms + in_ms < w->quiet_ms + 10000 ? w->now_ms + in_ms : w->quiet_ms + 10000;
}

static void cut(struct world *w, uint32_t who)
{
	struct client *c = world_client(w, who);

	int64_t until = soon(w, world_draw(w, 500, world_chance(w, 300) ? 120000 : 15000));

	if (until <= c->cut_ms)
		return;
	c->cut_ms = until;
	c->trouble_ms = until > c->trouble_ms ? until : c->trouble_ms;
	world_trace(w, "client %u cut until %.3f", who, (double)c->cut_ms / 1000);
	if (who < w->n_agents)
		agent_reason(w, &w->agents[who]);
}

static void stall(struct world *w, uint32_t who)
{
	struct client *c = world_client(w, who);

	if (!c->running)
		return;
	int64_t until = soon(w, world_draw(w, 500, world_chance(w, 300) ? 90000 : 8000));
	if (until <= c->stall_ms)
		return;
	c->stall_ms = until;
	c->trouble_ms = until > c->trouble_ms ? until : c->trouble_ms;
	world_trace(w, "client %u stalls until %.3f", who, (double)c->stall_ms / 1000);
	if (who < w->n_agents)
		agent_reason(w, &w->agents[who]);
	else if (c->stall_ms - w->now_ms > ROLL_STALL_MS + 1000 &&
	         w->servers[who - w->n_agents].up_ms != 0)
		w->servers[who - w->n_agents].up_ms = c->stall_ms;
}

static void ring_all(struct world *w)
{
	for (uint32_t i = 0; i < w->n_agents; i++) {
		const struct client *c = &w->agents[i].c;

		if (c->subscribed && c->redis_epoch == w->redis.epoch && world_chance(w, 900))
			world_event(w, EV_PUBLISH, i, world_latency(w))->conn = c->conn;
	}
}

/* The id or the ip of one host appears on another machine too, for a while. */
static void clone(struct world *w, bool same_id)
{
	struct agent *a = &w->agents[some_agent(w)];
	struct agent *b;

	if (!a->c.running || a->special || w->now_ms > w->quiet_ms - 60000)
		return;
	b = same_id ? agent_add(w, a->id, w->n_ips - 1 - (uint32_t)w->clones)
	            : agent_add(w, ++w->next_id, a->ip);
	if (b == NULL)
		return;
	w->clones++;
	w->clone_ms = w->now_ms;
	a->special = b->special = true;
	(void)world_event(w, EV_START, (uint32_t)(b - w->agents), 0);
}

static void move_host(struct world *w)
{
	struct agent *a = &w->agents[some_agent(w)];
	uint32_t ip = w->n_ips / 2 + (uint32_t)rng_below(&w->rng, w->n_ips / 4);

	if (a->special || !a->c.running)
		return;
	for (uint32_t i = 0; i < w->n_agents; i++)
		if (w->agents[i].ip == ip)
			return;
	world_trace(w, "host %" PRIu64 " moves from %s to %s", a->id, w->ips[a->ip], w->ips[ip]);
	world_kill(w, (uint32_t)(a - w->agents));
	a->ip = ip;
	a->live_ms = 0;
	w->move_ms = w->now_ms;
	(void)world_event(w, EV_START, (uint32_t)(a - w->agents), world_draw(w, 0, 20000));
}

static void reinstall(struct world *w)
{
	struct agent *a = &w->agents[some_agent(w)];
	struct agent *b;

	if (a->special || a->gone)
		return;
	world_kill(w, (uint32_t)(a - w->agents));
	a->live_ms = 0;
	b = agent_add(w, ++w->next_id, a->ip);
	w->move_ms = w->now_ms;
	if (b == NULL)
		return;
	a->gone = true;
	(void)world_event(w, EV_START, (uint32_t)(b - w->agents), world_draw(w, 1000, 20000));
}

static void strike_agent(struct world *w, enum fault f)
{
	uint32_t who = some_agent(w);
	struct agent *a = &w->agents[who];

	switch (f) {
	case CRASH_AGENT:
		world_kill(w, who);
		a->live_ms = 0;
		break;
	case STOP_AGENT:
		if (a->c.stall_ms <= w->now_ms)
			agent_stop(w, who);
		break;
	case STALL_AGENT:
		stall(w, who);
		return;
	default:
		cut(w, who);
		return;
	}
	agent_reason(w, a);
	if (!(a->special && world_chance(w, 500)))
		restart_later(w, who);
}

static void strike_redis(struct world *w, enum fault f)
{
	struct redis *r = &w->redis;
	int64_t until;

	switch (f) {
	case REDIS_CRASH:
		r->trouble_ms = w->now_ms;
		redis_crash(w, world_draw(w, 50, world_chance(w, 300) ? 90000 : 5000),
		            (int)rng_below(&w->rng, 3));
		break;
	case REDIS_FLUSH:
		redis_flush(w);
		break;
	case REDIS_FREEZE:
		until = w->now_ms + world_draw(w, 500, 30000);
		r->frozen_ms = until > r->frozen_ms ? until : r->frozen_ms;
		r->trouble_ms = r->frozen_ms;
		break;
	case REDIS_AUTH:
		r->refuses_auth = !r->refuses_auth;
		r->trouble_ms = w->now_ms;
		break;
	default:
		step_clock(w, &r->clock_ms);
		r->step_ms = w->now_ms;
	}
}

static void strike_server(struct world *w, enum fault f)
{
	uint32_t n = (uint32_t)rng_below(&w->rng, w->n_servers);

	switch (f) {
	case SERVER_KILL:
		server_die(w, n);
		restart_later(w, w->n_agents + n);
		break;
	case SERVER_STALL:
		stall(w, w->n_agents + n);
		break;
	case SERVER_CUT:
		cut(w, w->n_agents + n);
		break;
	default:
		w->servers[n].watch_ms = w->now_ms + world_draw(w, 1000, 60000);
		w->servers[n].watch_ip = w->agents[some_agent(w)].ip;
	}
}

static void strike_keys(struct world *w, enum fault f)
{
	struct redis *r = &w->redis;

	switch (f) {
	case SET_INTERVAL:
		r->g.interval = (int)rng_below(&w->rng, 9);
		r->interval_ms = w->now_ms;
		break;
	case SET_RUN:
		r->g.run = (int)rng_below(&w->rng, 4);
		r->run_ms = w->now_ms;
		break;
	default:
		r->keys[w->agents[some_agent(w)].ip].config = false;
	}
	ring_all(w);
}

static void strike(struct world *w, enum fault f)
{
	world_trace(w, "fault: %s", names[f]);
	if (f == SET_INTERVAL || (f >= REDIS_CRASH && f <= REDIS_STEP) ||
	    (f >= SERVER_KILL && f <= SERVER_CUT))
		w->history.reasons++;
	switch (f) {
	case CUT_MANY:
		for (uint32_t i = 0; i < w->n_agents; i++)
			if (world_chance(w, 300))
				cut(w, i);
		break;
	case HOST_STEP:
		step_clock(w, &world_client(w, some_agent(w))->wall_ms);
		break;
	case MOVE_HOST:
		move_host(w);
		break;
	case REINSTALL:
		reinstall(w);
		break;
	case CLONE_ID:
	case CLONE_IP:
		clone(w, f == CLONE_ID);
		break;
	case SERVER_KILL:
	case SERVER_STALL:
	case SERVER_CUT:
	case WATCH_HOST:
		strike_server(w, f);
		break;
	case SET_INTERVAL:
	case SET_RUN:
	case FORGET_CONFIG:
		strike_keys(w, f);
		break;
	case REDIS_CRASH:
	case REDIS_FLUSH:
	case REDIS_FREEZE:
	case REDIS_AUTH:
	case REDIS_STEP:
		strike_redis(w, f);
		break;
	default:
		strike_agent(w, f);
	}
}

/* The faults are over: everything that was broken for a while is mended, clones disappear. */
static void mend(struct world *w)
{
	world_trace(w, "quiet now");
	w->redis.refuses_auth = false;
	w->redis.g.run = 0;
	w->redis.g.interval = 3;
	w->redis.run_ms = w->redis.interval_ms = w->now_ms;
	w->loss = w->twice = w->spikes = 0;
	for (uint32_t i = 0; i < w->n_servers; i++)
		(void)world_event(w, EV_START, w->n_agents + i, 0);
}

void faults_next(struct world *w)
{
	struct redis *r = &w->redis;

	if (w->now_ms >= w->quiet_ms) {
		mend(w);
		return;
	}
	enum fault f = (enum fault)rng_below(&w->rng, N_FAULTS);
	if (w->kinds & 1u << f)
		strike(w, f);
	if (r->refuses_auth && world_chance(w, 500)) {
		r->refuses_auth = false;
		r->trouble_ms = w->now_ms;
	}
	if (world_chance(w, 100)) {
		memcpy(r->backup, r->keys, w->n_ips * sizeof(*r->keys));
		r->backup_g = r->g;
	}
	int64_t in_ms = world_draw(w, 1, 2 * w->fault_gap_ms);
	(void)world_event(w, EV_FAULT, 0,
	                  w->now_ms + in_ms < w->quiet_ms ? in_ms : w->quiet_ms - w->now_ms);
}
