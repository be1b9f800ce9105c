/*
 * servers.c - the shell around core/roll, core/checkstate and core/lease.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

static struct moment true_moment(const struct world *w, const struct server *s)
{
	struct moment now = world_moment(w, &s->c);

	now.wall_ms = offset_true_ms(&s->offset, now);
	return now;
}

void server_init(struct world *w, uint32_t n)
{
	struct server *s = &w->servers[n];

	rng_seed(&s->rng, rng_u64(&w->rng));
	map_init(&s->sql, 17);
	s->backoff = BACKOFF(500, 30000);
	s->verdicts = xcalloc(w->n_ips, 1);
}

void server_done(struct world *w, uint32_t n)
{
	struct server *s = &w->servers[n];

	for (size_t i = 0; i < s->sql.n; i++)
		free(s->sql.entries[i].value);
	map_done(&s->sql);
	roll_free(s->roll);
	checkstate_free(s->check);
	free(s->verdicts);
}

static uint32_t who_of(const struct world *w, const struct server *s)
{
	return w->n_agents + (uint32_t)(s - w->servers);
}

static struct str sql_key(char dst[80], uint64_t id, const char *ip)
{
	(void)snprintf(dst, 80, "%" PRIu64 "@%s", id, ip);
	return str_of(dst);
}

static void insert(struct server *s, const struct roll_effect *e)
{
	struct saved *row = xcalloc(1, sizeof(*row));
	char key[80];

	row->id = world_id_back(e->id);
	row->ip = world_ip_back(e->ip);
	row->state = ROLL_UNKNOWN;
	free(map_put(&s->sql, sql_key(key, row->id, e->ip), row));
}

static struct saved *row_of(struct server *s, const struct roll_effect *e, const char *ip)
{
	char key[80];

	return map_get(&s->sql, sql_key(key, world_id_back(e->id), ip));
}

static void move_row(struct world *w, struct server *s, const struct roll_effect *e)
{
	char key[80];
	struct saved *row = map_remove(&s->sql, sql_key(key, world_id_back(e->id), e->other_ip));

	if (row == NULL) {
		world_fail(w, "host %" PRIu64 " moved from %s, where it was not",
		           world_id_back(e->id), e->other_ip);
		return;
	}
	row->ip = world_ip_back(e->ip);
	free(map_put(&s->sql, sql_key(key, row->id, e->ip), row));
	w->move_ms = w->now_ms;
}

static void enrol(struct world *w, struct server *s, const struct roll_effect *e)
{
	if (s->bus_up)
		world_send(w, who_of(w, s), OP_ENROL)->v[0] = world_ip_back(e->ip);
}

static void changed(struct world *w, struct server *s, const struct roll_effect *e)
{
	struct saved *row = row_of(s, e, e->ip);
	const struct roll_host *h = roll_get(s->roll, e->host);

	world_trace(w, "server %u: %" PRIu64 "@%s %s -> %s cause %d%s", (unsigned)(s - w->servers),
	            world_id_back(e->id), e->ip, roll_state_name(e->from), roll_state_name(e->to),
	            e->cause, e->quiet ? " quiet" : "");
	if (row == NULL) {
		world_fail(w, "a change of host %" PRIu64 " on %s that was never new",
		           world_id_back(e->id), e->ip);
		return;
	}
	judge_change(w, (uint32_t)(s - w->servers), e, row);
	row->state = e->to;
	row->cause = e->cause;
	row->changed_ms = w->now_ms;
	row->since_ms = e->since_ms;
	row->enrolled = h != NULL && h->enrolled;
	row->interval_ms = h != NULL ? h->interval_ms : 0;
	if (e->to == ROLL_OFFLINE && e->cause == ROLL_SILENT)
		judge_death(w, (uint32_t)(s - w->servers), e);
}

static void finding(struct world *w, struct server *s, const struct roll_effect *e)
{
	struct saved *row = e->host != 0 ? row_of(s, e, e->ip) : NULL;

	world_trace(w, "server %u: finding %d %" PRIu64 "@%s %s", (unsigned)(s - w->servers),
	            e->finding, world_id_back(e->id), e->ip, e->other_ip);
	s->findings[e->finding]++;
	if (e->finding == ROLL_MOVED)
		move_row(w, s, e);
	if (row != NULL && (e->finding == ROLL_FLAPPING || e->finding == ROLL_STEADY))
		row->flapping = e->finding == ROLL_FLAPPING;
}

static void apply(struct world *w, struct server *s, const struct roll_effect *e)
{
	char key[80];
	struct event *ev;

	switch (e->kind) {
	case ROLL_CHANGE:
		changed(w, s, e);
		break;
	case ROLL_NEW:
		insert(s, e);
		break;
	case ROLL_GONE:
		world_trace(w, "server %u: %" PRIu64 "@%s gone", (unsigned)(s - w->servers),
		            world_id_back(e->id), e->ip);
		free(map_remove(&s->sql, sql_key(key, world_id_back(e->id), e->ip)));
		break;
	case ROLL_LOOK:
		if (!s->bus_up)
			break;
		world_trace(w, "server %u: look %" PRIu64 "@%s", (unsigned)(s - w->servers),
		            world_id_back(e->id), e->ip);
		ev = world_send(w, who_of(w, s), OP_INFO);
		ev->v[0] = world_ip_back(e->ip);
		ev->v[1] = (int64_t)e->host;
		break;
	case ROLL_ZERO:
		world_trace(w, "server %u: zero %s", (unsigned)(s - w->servers), e->ip);
		judge_zero(w, (uint32_t)(s - w->servers), e->ip);
		if (s->bus_up)
			world_send(w, who_of(w, s), OP_ZERO)->v[0] = world_ip_back(e->ip);
		break;
	case ROLL_ENROL:
		enrol(w, s, e);
		break;
	case ROLL_FINDING:
		finding(w, s, e);
		break;
	}
}

static void drain(struct world *w, struct server *s)
{
	struct roll_effect e;

	while (roll_take(s->roll, &e))
		apply(w, s, &e);
}

static void ask_lease(struct world *w, struct server *s, enum lease_effect fx)
{
	struct event *ev;

	switch (fx) {
	case LEASE_NOTHING:
		break;
	case LEASE_TAKE:
	case LEASE_SEIZE:
		ev = world_send(w, who_of(w, s), OP_TAKE);
		ev->v[0] = (int64_t)s->lease.floor;
		ev->v[1] = fx == LEASE_SEIZE ? (int64_t)s->lease.token : 0;
		break;
	case LEASE_RENEW:
		world_send(w, who_of(w, s), OP_RENEW)->v[0] = (int64_t)s->lease.fence;
		break;
	case LEASE_DROP:
		world_send(w, who_of(w, s), OP_DROP)->v[0] = (int64_t)s->lease.fence;
		break;
	}
}

static void load_runs(struct world *w, struct server *s)
{
	checkstate_reload(s->check);
	for (size_t i = 0; i < w->history.runs.n; i++)
		checkstate_load(s->check, w->history.runs.entries[i].value);
}

static void lease_event_is(struct world *w, struct server *s, enum lease_event ev, uint64_t number)
{
	bool held = lease_is_held(&s->lease, world_moment(w, &s->c));

	ask_lease(w, s, lease_step(&s->lease, ev, number, world_moment(w, &s->c)));
	if (lease_is_held(&s->lease, world_moment(w, &s->c)) == held)
		return;
	if (!held)
		load_runs(w, s);
	world_trace(w, "server %u: lease %s, fence %" PRIu64, (unsigned)(s - w->servers),
	            held ? "lost" : "held", s->lease.fence);
}

static void bus_down(struct world *w, struct server *s)
{
	s->c.conn++;
	s->c.subscribed = false;
	s->retry_ms = w->now_ms + backoff_next_ms(&s->backoff, &s->rng);
	s->ping_ms = 0;
	if (!s->bus_up)
		return;
	world_trace(w, "server %u: bus down", (unsigned)(s - w->servers));
	s->bus_up = s->waits_for_pass = false;
	s->up_ms = 0;
	roll_bus(s->roll, false, true_moment(w, s));
	drain(w, s);
	lease_event_is(w, s, LEASE_EV_DOWN, 0);
}

static void bus_up(struct world *w, struct server *s)
{
	world_trace(w, "server %u: bus up", (unsigned)(s - w->servers));
	s->bus_up = true;
	s->up_ms = s->bus_ms = w->now_ms;
	backoff_reset(&s->backoff);
	roll_bus(s->roll, true, true_moment(w, s));
	checkstate_bus_up(s->check, true_moment(w, s));
	s->sweep_ms = w->now_ms + world_draw(w, 1000, SWEEP_MS);
	s->pass_ms = w->now_ms + world_draw(w, 100, PASS_MS);
	s->round_ms = w->now_ms + OFFSET_ROUND_MS;
	drain(w, s);
	lease_event_is(w, s, LEASE_EV_UP, 0);
}

static void ask_time(struct world *w, struct server *s)
{
	world_send(w, who_of(w, s), OP_TIME)->v[0] = world_moment(w, &s->c).mono_ms * 1000;
}

/* What the server does each second while the bus is up. */
static void chores(struct world *w, struct server *s)
{
	uint32_t who = who_of(w, s);

	s->interval = w->redis.g.interval;
	checkstate_set_interval(s->check, interval_values[s->interval]);
	if (w->now_ms >= s->sweep_ms) {
		s->sweep_ms = w->now_ms + SWEEP_MS;
		(void)world_send(w, who, OP_SWEEP);
	}
	if (w->now_ms >= s->round_ms) {
		s->round_ms = w->now_ms + OFFSET_ROUND_MS;
		offset_begin(&s->offset);
		ask_time(w, s);
	}
	if (w->now_ms < s->watch_ms && w->now_ms / 1000 % 10 == 0)
		world_send(w, who, OP_SET_WATCH)->v[0] = s->watch_ip;
	if (world_moment(w, &s->c).mono_ms >= lease_due_ms(&s->lease))
		lease_event_is(w, s, LEASE_EV_TIMER, 0);
	if (w->now_ms >= s->pass_ms && !s->waits_for_pass &&
	    lease_is_held(&s->lease, world_moment(w, &s->c))) {
		s->pass_ms = w->now_ms + PASS_MS;
		s->waits_for_pass = true;
		(void)world_send(w, who, OP_WORKERS);
	}
}

static void tick(struct world *w, struct server *s)
{
	uint32_t who = who_of(w, s);

	/* Frozen ourselves: the answers may be waiting. */
	if (s->ping_ms != 0 && w->now_ms - s->tick_ms > 1000)
		s->ping_ms += w->now_ms - s->tick_ms - 1000;
	s->tick_ms = w->now_ms;
	if (s->ping_ms != 0 && w->now_ms - s->ping_ms >= PING_TIMEOUT_MS)
		bus_down(w, s);
	if (s->ping_ms == 0 && (s->bus_up || w->now_ms >= s->retry_ms)) {
		s->ping_ms = w->now_ms;
		if (s->bus_up) {
			(void)world_send(w, who, OP_PING);
		} else {
			s->c.conn++;
			(void)world_send(w, who, OP_CONNECT);
		}
	}
	roll_tick(s->roll, true_moment(w, s));
	drain(w, s);
	if (s->bus_up)
		chores(w, s);
	world_event(w, EV_TIMER, who, 1000)->conn = s->c.life;
}

static void start(struct world *w, struct server *s)
{
	const struct roll_options ro = { .seed = 11 };
	const struct check_options co = { .seed = 12, .interval_ms = 0 };

	if (s->c.running)
		return;
	world_trace(w, "server %u starts", (unsigned)(s - w->servers));
	s->c.running = true;
	s->roll = roll_new(&ro);
	s->check = checkstate_new(&co);
	s->interval = 0;
	memset(s->verdicts, 0, w->n_ips);
	s->offset = (struct offset){ 0 };
	backoff_reset(&s->backoff);
	for (size_t i = 0; i < s->sql.n; i++) {
		const struct saved *row = s->sql.entries[i].value;
		const struct roll_saved saved = {
			.id = world_id(row->id),
			.ip = str_of(w->ips[row->ip]),
			.state = row->state,
			.since_ms = row->since_ms,
			.interval_ms = row->interval_ms,
			.enrolled = row->enrolled,
		};

		((struct saved *)s->sql.entries[i].value)->flapping = false;
		((struct saved *)s->sql.entries[i].value)->n_loud = 0;
		if (roll_load(s->roll, &saved, true_moment(w, s)) == 0)
			world_fail(w, "a host of SQL was not loaded");
	}
	lease_init(&s->lease, w->history.fence);
	s->retry_ms = w->now_ms;
	s->ping_ms = 0;
	s->tick_ms = w->now_ms;
	world_event(w, EV_TIMER, who_of(w, s), 0)->conn = s->c.life;
}

void server_die(struct world *w, uint32_t n)
{
	struct server *s = &w->servers[n];

	if (!s->c.running)
		return;
	world_trace(w, "server %u dies", n);
	world_kill(w, who_of(w, s));
	roll_free(s->roll);
	checkstate_free(s->check);
	s->roll = NULL;
	s->check = NULL;
	s->bus_up = s->waits_for_pass = false;
	s->up_ms = 0;
	for (uint32_t i = 0; i < w->n_agents; i++)
		w->agents[i].by[n].heard_ms = w->agents[i].by[n].announced_ms = -3600000;
}

static void announced(struct world *w, struct agent *a, uint32_t n)
{
	a->by[n].announced_ms = w->now_ms;
	if (!a->by[n].waits)
		a->by[n].waits_ms = w->now_ms;
	a->by[n].waits = true;
}

static void take_message(struct world *w, struct server *s, const struct event *ev)
{
	uint32_t n = (uint32_t)(s - w->servers);
	struct agent *a = &w->agents[ev->v[6]];
	struct moment now = true_moment(w, s);
	const struct roll_report m = {
		.id = world_id((uint64_t)ev->v[0]),
		.ip = str_of(w->ips[ev->v[1]]),
		.ts_ms = ev->v[2],
		.seq = (uint64_t)ev->v[3],
		.interval_ms = ev->v[4],
	};

	s->said_ms = m.ts_ms;
	if (ev->op == OP_ANNOUNCE) {
		announced(w, a, n);
		(void)roll_waiting(s->roll, m.id, m.ip, now);
	} else if (ev->op == OP_GOODBYE) {
		roll_goodbye(s->roll, &m, now);
	} else {
		struct roll_verdict v = roll_report(s->roll, &m, now);

		if (v.host != 0 && !v.is_echo) {
			a->by[n].heard_ms = w->now_ms;
			a->by[n].heard_sent_ms = ev->sent_ms;
			a->by[n].waits = false;
			a->by[n].interval_ms = m.interval_ms;
		}
	}
	drain(w, s);
}

static void take_info(struct world *w, struct server *s, const struct event *ev)
{
	const char *ip = w->ips[ev->v[VALUES - 1]];
	struct moment now = true_moment(w, s);
	const struct roll_report m = {
		.id = world_id((uint64_t)ev->v[2]),
		.ip = str_of(ip),
		.ts_ms = ev->v[3],
		.seq = (uint64_t)ev->v[4],
		.interval_ms = ev->v[5],
	};
	const struct roll_report *found = ev->v[1] ? &m : NULL;

	for (uint32_t i = 0; i < w->n_agents; i++)
		if (ev->v[1] && w->agents[i].id == (uint64_t)ev->v[2]) {
			w->agents[i].by[s - w->servers].found_ms = ev->v[6];
			w->agents[i].by[s - w->servers].found_interval_ms = ev->v[5];
		}
	s->look_id = ev->v[1] ? (uint64_t)ev->v[2] : 0;
	s->look_written_ms = ev->v[6];
	s->look_interval_ms = ev->v[5];
	world_trace(w,
	            "server %u: found %" PRIu64 "@%s seen %" PRId64
	            " ago, written %.3f, each %" PRId64,
	            (unsigned)(s - w->servers), (uint64_t)ev->v[2], ip, now.wall_ms - m.ts_ms,
	            (double)ev->v[6] / 1000, m.interval_ms);
	if (ev->v[0] != 0)
		roll_looked(s->roll, (roll_ref)ev->v[0], found, now);
	else
		roll_looked_ip(s->roll, str_of(ip), found, now);
	drain(w, s);
}

static void sweep(struct world *w, struct server *s)
{
	for (uint32_t i = 0; i < w->n_ips; i++)
		if (w->redis.keys[i].alive == 1)
			roll_hint(s->roll, str_of(w->ips[i]), true_moment(w, s));
	drain(w, s);
}

static void pass(struct world *w, struct server *s)
{
	struct check_effect e;
	uint64_t fence = s->lease.fence;

	s->waits_for_pass = false;
	if (!lease_is_held(&s->lease, world_moment(w, &s->c)))
		return;
	checkstate_begin(s->check, true_moment(w, s));
	for (uint32_t i = 0; i < w->n_ips; i++) {
		const struct keys *k = &w->redis.keys[i];
		struct worker_record rec = {
			.updatetime_s = k->worker_s, .mem = k->mem, .disk = 50, .hostname = "h"
		};

		memcpy(rec.ip, w->ips[i], sizeof(rec.ip));
		if (k->worker && !checkstate_record(s->check, &rec))
			world_fail(w, "a record of %s was refused", rec.ip);
	}
	(void)checkstate_end(s->check);
	if (fence < w->history.fence ||
	    (fence == w->history.fence && w->history.holder != (uint32_t)(s - w->servers))) {
		/* What was worked out must not be lost for the next pass: begin anew from SQL. */
		world_trace(w, "server %u: fenced off, %" PRIu64 " < %" PRIu64,
		            (unsigned)(s - w->servers), fence, w->history.fence);
		lease_event_is(w, s, LEASE_EV_FENCED, w->history.fence);
		while (checkstate_take(s->check, &e))
			judge_verdict(s, &e);
		return;
	}
	s->passed_ms = w->now_ms;
	w->history.written_ms = w->now_ms;
	while (checkstate_take(s->check, &e)) {
		judge_verdict(s, &e);
		judge_rows(w, (uint32_t)(s - w->servers), &e, fence);
	}
	w->history.fence = fence;
	w->history.holder = (uint32_t)(s - w->servers);
}

static void take_time(struct world *w, struct server *s, const struct event *ev)
{
	int64_t step;

	switch (offset_probe(&s->offset, ev->v[0], ev->v[1], world_moment(w, &s->c).mono_ms * 1000,
	                     &step)) {
	case OFFSET_MORE:
		ask_time(w, s);
		break;
	case OFFSET_DONE:
		if (!s->bus_up)
			bus_up(w, s);
		break;
	case OFFSET_BAD:
		bus_down(w, s);
		break;
	}
}

static void take_answer(struct world *w, struct server *s, const struct event *ev)
{
	s->ping_ms = 0;
	switch ((enum op)ev->op) {
	case OP_CONNECT:
		(void)world_send(w, who_of(w, s), OP_SUBSCRIBE);
		offset_begin(&s->offset);
		ask_time(w, s);
		break;
	case OP_TIME:
		take_time(w, s, ev);
		break;
	case OP_INFO:
		take_info(w, s, ev);
		break;
	case OP_SWEEP:
		sweep(w, s);
		break;
	case OP_WORKERS:
		pass(w, s);
		break;
	case OP_TAKE:
		lease_event_is(w, s, ev->v[0] ? LEASE_EV_TAKEN : LEASE_EV_REFUSED,
		               (uint64_t)ev->v[1]);
		break;
	case OP_RENEW:
		lease_event_is(w, s, ev->v[0] ? LEASE_EV_RENEWED : LEASE_EV_LOST, 0);
		break;
	default:
		break;
	}
}

void server_event(struct world *w, const struct event *ev)
{
	struct server *s = &w->servers[ev->who - w->n_agents];

	switch ((enum event_kind)ev->kind) {
	case EV_START:
		start(w, s);
		break;
	case EV_TIMER:
		tick(w, s);
		break;
	case EV_LOST:
		bus_down(w, s);
		break;
	case EV_PUBLISH:
		take_message(w, s, ev);
		break;
	default:
		take_answer(w, s, ev);
	}
}
