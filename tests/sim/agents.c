/*
 * agents.c - the shell around core/beat: does what the core says over the simulated links.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "tests/sim/sim.h"

void agent_reason(struct world *w, const struct agent *a)
{
	w->history.ip_reasons[a->ip]++;
}

struct agent *agent_add(struct world *w, uint64_t id, uint32_t ip)
{
	for (uint32_t i = 0; i < w->n_agents; i++) {
		struct agent *a = &w->agents[i];

		if (a->id != 0)
			continue;
		a->id = id;
		a->ip = ip;
		a->mem = (int)world_draw(w, 5, 95);
		a->timer_ms = INT64_MAX;
		a->lost_ms = a->c.trouble_ms = a->wrote_ms = -3600000;
		for (int s = 0; s < MAX_SERVERS; s++)
			a->by[s].heard_ms = a->by[s].announced_ms = -3600000;
		return a;
	}
	return NULL;
}

static void anchor(struct world *w, struct agent *a)
{
	a->anchor_ms = w->now_ms;
	a->reports = 0;
	a->least_interval_ms = beat_interval_ms(&a->beat);
}

/* A message with what the core wants to be said. */
static void say(struct world *w, uint32_t who, enum op op, int64_t seq, int64_t ts_ms)
{
	struct agent *a = &w->agents[who];
	struct event *ev = world_send(w, who, op);

	ev->v[0] = (int64_t)a->id;
	ev->v[1] = a->ip;
	ev->v[2] = ts_ms;
	ev->v[3] = seq;
	ev->v[4] = beat_interval_ms(&a->beat);
	ev->v[5] = op == OP_REPORT ? a->mem : -1;
	ev->v[6] = who;
}

static void report(struct world *w, uint32_t who, const struct beat_effect *fx)
{
	struct agent *a = &w->agents[who];
	int64_t ts = offset_true_ms(&a->beat.offset, world_moment(w, &a->c));

	if (world_chance(w, 30)) {
		a->mem = (int)world_draw(w, 5, 95);
		agent_reason(w, a);
	}
	judge_report(w, a, fx->kind, ts);
	say(w, who,
	    fx->kind == BEAT_REPORT  ? OP_REPORT
	    : fx->kind == BEAT_WATCH ? OP_WATCH
	                             : OP_ALIVE,
	    fx->value, ts);
}

static void take_note(struct world *w, struct agent *a, const struct beat_effect *fx)
{
	world_trace(w, "agent %d note %d %" PRId64, (int)(a - w->agents), fx->note, fx->value);
	if (fx->note == BEAT_NOTE_INTERVAL_BAD || fx->note == BEAT_NOTE_INTERVAL_CLAMPED)
		a->odd_told++;
	if (fx->note == BEAT_NOTE_STOPPED || fx->note == BEAT_NOTE_RUNNING)
		agent_reason(w, a);
}

static void act(struct world *w, uint32_t who, const struct beat_effect *fx)
{
	struct agent *a = &w->agents[who];
	struct moment now = world_moment(w, &a->c);

	switch (fx->kind) {
	case BEAT_CONNECT:
		a->c.conn++;
		a->c.subscribed = false;
		(void)world_send(w, who, OP_CONNECT);
		break;
	case BEAT_DISCONNECT:
		a->c.conn++;
		a->c.subscribed = false;
		break;
	case BEAT_ASK_TIME:
		world_send(w, who, OP_TIME)->v[0] = now.mono_ms * 1000;
		break;
	case BEAT_LOOK:
		(void)world_send(w, who, OP_LOOK);
		break;
	case BEAT_SUBSCRIBE:
		(void)world_send(w, who, OP_SUBSCRIBE);
		break;
	case BEAT_POLL:
		(void)world_send(w, who, OP_POLL);
		break;
	case BEAT_ANNOUNCE:
		world_trace(w, "agent %u announces", who);
		say(w, who, OP_ANNOUNCE, 0, offset_true_ms(&a->beat.offset, now));
		break;
	case BEAT_REPORT:
	case BEAT_WATCH:
	case BEAT_ALIVE:
		report(w, who, fx);
		break;
	case BEAT_GOODBYE:
		world_trace(w, "agent %u goodbye", who);
		say(w, who, OP_GOODBYE, fx->value, offset_true_ms(&a->beat.offset, now));
		break;
	case BEAT_NOTE:
		take_note(w, a, fx);
		break;
	}
}

static void arm(struct world *w, uint32_t who)
{
	struct agent *a = &w->agents[who];
	int64_t due = beat_due_ms(&a->beat);

	if (due == INT64_MAX)
		return;
	due -= a->c.mono0_ms;
	if (due < w->now_ms)
		due = w->now_ms;
	if (a->timer_ms <= due)
		return;
	a->timer_ms = due;
	world_event(w, EV_TIMER, who, due - w->now_ms)->conn = a->c.life;
}

static void step(struct world *w, uint32_t who, struct beat_event ev)
{
	struct agent *a = &w->agents[who];
	struct beat_effects fx;
	enum beat_state was = a->beat.state;
	int64_t interval = beat_interval_ms(&a->beat);
	bool ran = a->beat.running;

	beat_step(&a->beat, &ev, world_moment(w, &a->c), &fx);
	if (a->beat.state != was) {
		world_trace(w, "agent %u %s -> %s", who, beat_state_name(was),
		            beat_state_name(a->beat.state));
		a->live_ms = a->beat.state == BEAT_LIVE ? w->now_ms : 0;
		agent_reason(w, a);
	}
	if (a->beat.state != was || beat_interval_ms(&a->beat) != interval ||
	    a->beat.running != ran)
		anchor(w, a);
	for (size_t i = 0; i < fx.n; i++)
		act(w, who, &fx.list[i]);
	arm(w, who);
}

static void take_answer(struct world *w, const struct event *ev)
{
	struct agent *a = &w->agents[ev->who];
	struct beat_event be = { 0 };

	switch ((enum op)ev->op) {
	case OP_CONNECT:
		be.kind = BEAT_EV_UP;
		break;
	case OP_TIME:
		be.kind = BEAT_EV_TIME;
		be.sent_us = ev->v[0];
		be.server_us = ev->v[1];
		be.got_us = world_moment(w, &a->c).mono_ms * 1000;
		if (a->beat.offset.probes == OFFSET_PROBES - 1)
			a->synced_ms = w->now_ms;
		break;
	case OP_LOOK:
	case OP_POLL:
		be.kind = ev->op == OP_LOOK ? BEAT_EV_CONFIG : BEAT_EV_CONTROL;
		be.found = ev->v[0] != 0;
		be.other_is_alive = ev->v[1] != 0;
		if (run_texts[ev->v[2]] != NULL)
			be.run = str_of(run_texts[ev->v[2]]);
		if (interval_texts[ev->v[3]] != NULL)
			be.loop_interval = str_of(interval_texts[ev->v[3]]);
		be.watched = ev->v[4] != 0;
		a->told_stop = ev->v[2] == 1;
		a->told_watch = be.watched;
		break;
	default:
		return;
	}
	step(w, ev->who, be);
}

static void start(struct world *w, uint32_t who)
{
	struct agent *a = &w->agents[who];

	if (a->c.running || a->gone)
		return;
	a->c.running = true;
	a->timer_ms = INT64_MAX;
	a->started_ms = w->now_ms;
	a->live_ms = 0;
	a->told_stop = a->told_watch = false;
	agent_reason(w, a);
	beat_init(&a->beat, rng_u64(&w->rng), 0);
	world_trace(w, "agent %u starts, id %" PRIu64 " ip %s", who, a->id, w->ips[a->ip]);
	step(w, who, (struct beat_event){ .kind = BEAT_EV_START });
}

void agent_event(struct world *w, const struct event *ev)
{
	struct agent *a = &w->agents[ev->who];

	switch ((enum event_kind)ev->kind) {
	case EV_START:
		start(w, ev->who);
		break;
	case EV_TIMER:
		a->timer_ms = INT64_MAX;
		if (beat_due_ms(&a->beat) <= w->now_ms + a->c.mono0_ms)
			step(w, ev->who, (struct beat_event){ .kind = BEAT_EV_TIMER });
		else
			arm(w, ev->who);
		break;
	case EV_LOST:
		a->c.conn++;
		a->c.subscribed = false;
		step(w, ev->who, (struct beat_event){ .kind = BEAT_EV_LOST });
		break;
	case EV_PUBLISH:
		step(w, ev->who, (struct beat_event){ .kind = BEAT_EV_BELL });
		break;
	default:
		take_answer(w, ev);
	}
}

void agent_stop(struct world *w, uint32_t who)
{
	if (!w->agents[who].c.running)
		return;
	w->agents[who].stopped_ms = w->now_ms;
	step(w, who, (struct beat_event){ .kind = BEAT_EV_STOP });
	world_kill(w, who);
	w->agents[who].live_ms = 0;
}
