/*
 * judge.c - what must never be, seen with full knowledge of the truth.
 *
 * Every rule is worked out here anew from the contract (three intervals, fifteen seconds, a fresh deadline after
 * an outage ...), not taken from the core it judges.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

enum {
	FLOOR_MS = 15000,
	WAITING_MS = 90000,
	RECONNECT_MS = 35000,
	RESYNC_MS =
		130000, /* two rounds of TIME: after a step of Redis' clock stamps are right again */
	LEASE_WAIT_MS = 140000,
	LONG_MS = 130000,
};

static int64_t span(int64_t interval_ms)
{
	return 3 * interval_ms > FLOOR_MS ? 3 * interval_ms : FLOOR_MS;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool steps_disturb(const struct world *w, int64_t for_ms)
{
	return w->now_ms - w->redis.step_ms < RESYNC_MS + for_ms;
}

static bool lives_on(const struct world *w, uint32_t ip)
{
	for (uint32_t i = 0; i < w->n_agents; i++)
		if (w->agents[i].ip == ip && w->agents[i].live_ms != 0)
			return true;
	return false;
}

/* The agent behind an entry of the roll; NULL when it cannot be told. */
static struct agent *agent_of(struct world *w, uint64_t id, const char *ip)
{
	struct agent *only = NULL;
	int n = 0;

	for (uint32_t i = 0; i < w->n_agents; i++) {
		struct agent *a = &w->agents[i];

		if (a->id != id)
			continue;
		if (str_is(str_of(w->ips[a->ip]), ip))
			return a;
		only = a;
		n++;
	}
	return n == 1 ? only : NULL;
}

static bool is_well(const struct world *w, const struct agent *a)
{
	return a->c.running && a->live_ms != 0 && a->c.cut_ms <= w->now_ms &&
	       a->c.stall_ms <= w->now_ms && w->redis.up && w->redis.frozen_ms <= w->now_ms;
}

/* Nothing at all has kept this agent's word from this server for longer than any deadline. */
static bool is_well_for_long(const struct world *w, const struct server *s, const struct agent *a)
{
	int64_t since = later(later(a->live_ms, a->c.trouble_ms), w->redis.trouble_ms);

	since = later(later(since, s->up_ms), s->c.trouble_ms);
	return is_well(w, a) && !a->special && s->up_ms != 0 && w->now_ms - since > LONG_MS &&
	       w->now_ms - w->move_ms > LONG_MS;
}

/* Whether the change is one that an agent's own doings explain. */
static void judge_doings(struct world *w, uint32_t server, const struct roll_effect *e,
                         const struct saved *row)
{
	const struct server *s = &w->servers[server];
	const struct agent *a = agent_of(w, row->id, e->ip);

	if (a == NULL || a->special)
		return;
	if (e->to == ROLL_WAITING && row->enrolled && e->from != ROLL_WAITING &&
	    w->now_ms - a->by[server].waits_ms < WAITING_MS)
		world_fail(w, "server %u: known host %" PRIu64 " is waiting at once", server,
		           row->id);
	if (e->to == ROLL_OFFLINE && e->cause == ROLL_GOODBYE && a->c.running &&
	    a->by[server].heard_sent_ms >= a->started_ms)
		world_fail(w, "server %u: host %" PRIu64 " takes its predecessor's goodbye", server,
		           row->id);
	if (e->to == ROLL_ONLINE && row->state == ROLL_OFFLINE && row->cause == ROLL_GOODBYE &&
	    a->started_ms < a->stopped_ms && s->said_ms > row->since_ms - ROLL_REPLAY_MS + 1000 &&
	    w->step_ms < 0)
		world_fail(w, "server %u: host %" PRIu64 " is back after its goodbye", server,
		           row->id);
}

void judge_change(struct world *w, uint32_t server, const struct roll_effect *e, struct saved *row)
{
	bool up_or_down =
		e->from != ROLL_UNKNOWN && (e->from == ROLL_OFFLINE) != (e->to == ROLL_OFFLINE);

	if (e->from != row->state)
		world_fail(w, "server %u: %" PRIu64 "@%s told as %s -> %s, but was %s", server,
		           row->id, e->ip, roll_state_name(e->from), roll_state_name(e->to),
		           roll_state_name(row->state));
	judge_doings(w, server, e, row);
	if (!up_or_down || e->quiet)
		return;
	int64_t *oldest = &row->loud_ms[(row->n_loud + 1) % ROLL_FLAP_CHANGES];

	row->loud_ms[row->n_loud++ % ROLL_FLAP_CHANGES] = w->now_ms;
	if (row->n_loud >= ROLL_FLAP_CHANGES && w->now_ms - *oldest <= ROLL_FLAP_WINDOW_MS)
		world_fail(w, "server %u: host %" PRIu64 " told %d times in ten minutes", server,
		           row->id, ROLL_FLAP_CHANGES);
}

void judge_death(struct world *w, uint32_t server, const struct roll_effect *e)
{
	const struct server *s = &w->servers[server];
	const struct agent *a = agent_of(w, world_id_back(e->id), e->ip);

	if (a == NULL)
		return;
	if (is_well_for_long(w, s, a))
		world_fail(w, "server %u declared host %" PRIu64 " dead, which is well", server,
		           a->id);
	int64_t heard = a->by[server].heard_ms, announced = a->by[server].announced_ms;
	int64_t allowed = heard + span(a->by[server].interval_ms);

	if (a->by[server].waits)
		allowed = later(allowed, announced + WAITING_MS);
	if (heard < s->up_ms && announced < s->up_ms)
		allowed = later(allowed, s->up_ms + RECONNECT_MS + FLOOR_MS);
	if (w->now_ms < allowed)
		world_fail(w,
		           "server %u declared host %" PRIu64
		           " dead %.3f s too soon: heard at %.3f, bus up since %.3f",
		           server, a->id, (double)(allowed - w->now_ms) / 1000,
		           (double)heard / 1000, (double)s->up_ms / 1000);
	if (s->look_id == a->id && !steps_disturb(w, span(s->look_interval_ms)) &&
	    w->now_ms - s->look_written_ms < span(s->look_interval_ms) - w->trip_ms - 1000)
		world_fail(w, "server %u declared host %" PRIu64 " dead, which wrote at %.3f",
		           server, a->id, (double)s->look_written_ms / 1000);
}

void judge_zero(struct world *w, uint32_t server, const char *ip)
{
	const struct server *s = &w->servers[server];

	for (uint32_t i = 0; i < w->n_agents; i++) {
		const struct agent *a = &w->agents[i];

		if (a->id != 0 && !a->special && str_is(str_of(w->ips[a->ip]), ip) &&
		    is_well(w, a) && s->up_ms != 0 &&
		    a->by[server].heard_ms > later(a->live_ms, s->up_ms) &&
		    w->now_ms - a->by[server].heard_ms < FLOOR_MS - 1000)
			world_fail(w, "server %u writes 0 for %s, where agent %u lives", server, ip,
			           i);
	}
}

/* The key of a host declared dead is 0 soon, unless somebody writes 1 there. */
static void judge_key(struct world *w, uint32_t n, const struct roll_host *h,
                      const struct saved *row)
{
	const struct server *s = &w->servers[n];
	int64_t trouble = later(later(w->redis.trouble_ms, w->redis.damage_ms), s->c.trouble_ms);

	if (row->cause != ROLL_SILENT || w->redis.keys[row->ip].alive != 1 ||
	    lives_on(w, row->ip) || later(trouble, s->up_ms) >= row->changed_ms ||
	    w->now_ms - row->changed_ms < w->trip_ms + 1000)
		return;
	const struct roll_host *last = roll_by_ip(s->roll, str_of(h->ip));
	if ((last != NULL && last->state != ROLL_OFFLINE) || w->now_ms - w->move_ms < LONG_MS)
		return;
	for (uint32_t i = 0; i < w->n_agents; i++)
		if (w->agents[i].ip == row->ip &&
		    (w->agents[i].wrote_ms >= row->changed_ms || w->agents[i].special))
			return;
	world_fail(w, "server %u: %s is dead since %.3f and its key says 1", n, h->ip,
	           (double)row->changed_ms / 1000);
}

/* A host that is online although nothing came from it for longer than it may be silent. */
static void judge_silence(struct world *w, uint32_t n, const struct roll_host *h,
                          const struct saved *row)
{
	const struct server *s = &w->servers[n];
	uint64_t id = world_id_back(h->id);
	int64_t trouble = later(later(s->up_ms, s->c.trouble_ms), w->redis.trouble_ms);
	bool backup = false;
	int64_t longest = span(row->interval_ms), limit = trouble + RECONNECT_MS + longest;

	for (uint32_t i = 0; i < w->n_agents; i++) {
		const struct agent *a = &w->agents[i];

		if (a->id != id)
			continue;
		int64_t d = span(a->by[n].interval_ms);
		longest = later(longest, d);
		limit = later(limit, a->by[n].heard_ms + d);
		limit = later(limit, a->by[n].announced_ms + later(WAITING_MS, d));
		limit = later(limit,
		              trouble + RECONNECT_MS + (a->by[n].waits ? later(WAITING_MS, d) : d));
		longest = later(longest, span(a->wrote_interval_ms));
		limit = later(limit, trouble + RECONNECT_MS + span(a->wrote_interval_ms));
		limit = later(limit, a->wrote_ms + span(a->wrote_interval_ms));
		backup |= a->by[n].heard_ms - a->by[n].heard_sent_ms > ROLL_MAX_BEHIND_MS;
		backup |= a->by[n].found_ms != 0 && a->by[n].found_ms < a->by[n].heard_ms;
		longest = later(longest, span(a->by[n].found_interval_ms));
		limit = later(limit, a->by[n].found_ms + span(a->by[n].found_interval_ms));
		limit = later(limit, trouble + RECONNECT_MS + span(a->by[n].found_interval_ms));
	}
	limit += 1000 + ROLL_LOOK_AGAIN_MS + w->trip_ms + 1000;
	/* What only a stepped clock or an old backup explains gets a host a whole span, once. */
	if (steps_disturb(w, 2 * longest) || backup ||
	    (h->state == ROLL_UNKNOWN && w->redis.step_ms > 0))
		limit += longest;
	if (w->now_ms > limit)
		world_fail(w,
		           "server %u: host %" PRIu64
		           " is %s %.3f s after its deadline; the roll says %.3f",
		           n, id, roll_state_name(h->state), (double)(w->now_ms - limit) / 1000,
		           (double)(roll_deadline_ms(s->roll, h->ref) - s->c.mono0_ms) / 1000);
}

static const struct roll_host *entry_of(const struct world *w, const struct server *s,
                                        const struct agent *a)
{
	for (size_t i = 0; i < roll_slots(s->roll); i++) {
		const struct roll_host *h = roll_at(s->roll, i);

		if (h != NULL && world_id_back(h->id) == a->id &&
		    str_is(str_of(h->ip), w->ips[a->ip]))
			return h;
	}
	return NULL;
}

/* An agent that lives and can speak, and is not online. */
static void judge_return(struct world *w, uint32_t n, const struct agent *a)
{
	const struct server *s = &w->servers[n];
	int64_t interval = beat_interval_ms(&a->beat);
	int64_t since = later(later(a->live_ms, a->c.trouble_ms), w->redis.trouble_ms);

	since = later(later(since, s->up_ms), later(s->c.trouble_ms, w->move_ms));
	since = later(since, later(w->redis.interval_ms, w->redis.run_ms));
	int64_t quick = later(since, a->lost_ms) + 2 * interval + w->trip_ms + 1000;
	int64_t slow = since + 2 * interval + 2 * SWEEP_MS + w->trip_ms + 1000;

	if (a->special) {
		quick = later(later(since, a->lost_ms), w->clone_ms) + 30 * interval + 30000;
		slow = INT64_MAX;
	}
	if (w->now_ms <= quick && (w->now_ms <= slow || steps_disturb(w, 0)))
		return;
	const struct roll_host *h =
		a->special ? entry_of(w, s, a) : roll_by_id(s->roll, world_id(a->id));
	if (h != NULL &&
	    (h->state == ROLL_ONLINE || (w->now_ms <= quick && h->state == ROLL_UNKNOWN)))
		return;
	world_fail(w, "server %u: agent %d (host %" PRIu64 ") lives since %.3f and is %s", n,
	           (int)(a - w->agents), a->id, (double)since / 1000,
	           h != NULL ? roll_state_name(h->state) : "nowhere");
}

static void judge_roll(struct world *w, uint32_t n)
{
	const struct server *s = &w->servers[n];
	size_t hosts = 0, counts[ROLL_N_STATES] = { 0 };
	char key[80];

	for (size_t i = 0; i < roll_slots(s->roll); i++) {
		const struct roll_host *h = roll_at(s->roll, i);

		if (h == NULL)
			continue;
		hosts++;
		counts[h->state]++;
		(void)snprintf(key, sizeof(key), "%" PRIu64 "@%s", world_id_back(h->id), h->ip);
		const struct saved *row = map_get(&s->sql, str_of(key));

		if (row == NULL || (h->state != ROLL_UNKNOWN && h->state != row->state))
			world_fail(w, "server %u: %s is %s in the roll and %s in SQL", n, key,
			           roll_state_name(h->state),
			           row != NULL ? roll_state_name(row->state) : "missing");
		if (row != NULL && h->state != ROLL_OFFLINE)
			judge_silence(w, n, h, row);
		else if (row != NULL)
			judge_key(w, n, h, row);
	}
	if (hosts != s->sql.n)
		world_fail(w, "server %u: %zu hosts in the roll and %zu in SQL", n, hosts,
		           s->sql.n);
	for (enum roll_state i = ROLL_UNKNOWN; i < ROLL_N_STATES; i++)
		if (counts[i] != roll_count(s->roll, i))
			world_fail(w, "server %u: %zu hosts are %s, it counts %zu", n, counts[i],
			           roll_state_name(i), roll_count(s->roll, i));
}

/* The agent does as the control keys say, soon. */
static void judge_obedience(struct world *w, const struct agent *a)
{
	const struct redis *r = &w->redis;
	int64_t since = later(later(a->live_ms, a->c.trouble_ms), r->trouble_ms);
	int64_t interval = beat_interval_ms(&a->beat);

	if (interval < 1000 || interval > 3600000)
		world_fail(w, "agent %d reports every %" PRId64 " ms", (int)(a - w->agents),
		           interval);
	since = later(since, later(r->run_ms, r->interval_ms)) + 1000 + 2 * w->trip_ms + 1000;
	if (w->now_ms <= since)
		return;
	if (interval != interval_values[r->g.interval])
		world_fail(w, "agent %d reports every %" PRId64 " ms, it should every %" PRId64,
		           (int)(a - w->agents), interval, interval_values[r->g.interval]);
	if (r->g.interval >= 7 && a->odd_told == 0)
		world_fail(w, "agent %d clamped its interval in silence", (int)(a - w->agents));
	if (a->beat.running != (r->g.run != 1))
		world_fail(w, "agent %d should %s", (int)(a - w->agents),
		           r->g.run != 1 ? "run" : "be stopped");
}

static void judge_leases(struct world *w)
{
	const struct redis *r = &w->redis;
	uint32_t held = 0;
	int64_t well = later(r->trouble_ms, later(r->damage_ms, r->step_ms));
	int64_t up = INT64_MAX;

	for (uint32_t i = 0; i < w->n_servers; i++) {
		const struct server *s = &w->servers[i];

		if (!s->c.running)
			continue;
		held += lease_is_held(&s->lease, world_moment(w, &s->c));
		if (s->up_ms != 0 && s->c.cut_ms <= w->now_ms && s->c.stall_ms <= w->now_ms &&
		    later(s->up_ms, s->c.trouble_ms) < up)
			up = later(s->up_ms, s->c.trouble_ms);
	}
	if (held > 1 && w->now_ms - later(r->damage_ms, r->step_ms) > LEASE_TTL_MS)
		world_fail(w, "%u servers hold the lease", held);
	if (up == INT64_MAX || !r->up || r->frozen_ms > w->now_ms)
		return;
	up = later(up, well);
	if (w->now_ms - later(up, w->history.written_ms) > LEASE_WAIT_MS)
		world_fail(w, "no pass of checkstate since %.3f",
		           (double)w->history.written_ms / 1000);
}

void judge_second(struct world *w)
{
	for (uint32_t n = 0; n < w->n_servers; n++) {
		const struct server *s = &w->servers[n];

		if (s->c.running && s->bus_up && s->up_ms != 0 && s->c.stall_ms <= w->now_ms)
			judge_roll(w, n);
	}
	for (uint32_t i = 0; i < w->n_agents; i++) {
		const struct agent *a = &w->agents[i];

		if (!is_well(w, a))
			continue;
		judge_obedience(w, a);
		for (uint32_t n = 0; n < w->n_servers; n++) {
			const struct server *s = &w->servers[n];

			if (s->c.running && s->bus_up && s->up_ms != 0 &&
			    s->c.stall_ms <= w->now_ms && s->c.cut_ms <= w->now_ms)
				judge_return(w, n, a);
		}
	}
	judge_leases(w);
}

void judge_report(struct world *w, struct agent *a, enum beat_effect_kind kind, int64_t ts_ms)
{
	int who = (int)(a - w->agents);
	int64_t redis_ms = TRUE_START_MS * (int64_t)1000 + w->now_ms + w->redis.clock_ms;
	int64_t error = ts_ms > redis_ms ? ts_ms - redis_ms : redis_ms - ts_ms;

	if (!steps_disturb(w, 0) && error > w->trip_ms)
		world_fail(w, "agent %d stamps %" PRId64 " ms off", who, ts_ms - redis_ms);
	if (kind == BEAT_WATCH && !a->told_watch)
		world_fail(w, "agent %d sends to a watcher that left", who);
	if (kind != BEAT_ALIVE && a->told_stop)
		world_fail(w, "agent %d collects although it is stopped", who);
	if (kind == BEAT_WATCH)
		return;
	a->reports++;
	/* One at once, one somewhere within the interval, and then one an interval. */
	if (a->reports > 2 && w->now_ms - a->report_ms[0] < a->least_interval_ms)
		world_fail(w, "agent %d reports three times in %" PRId64 " ms", who,
		           w->now_ms - a->report_ms[0]);
	a->report_ms[0] = a->report_ms[1];
	a->report_ms[1] = w->now_ms;
	if (a->reports > (w->now_ms - a->anchor_ms) / a->least_interval_ms + 2)
		world_fail(w, "agent %d made %" PRId64 " reports in %.3f s", who, a->reports,
		           (double)(w->now_ms - a->anchor_ms) / 1000);
}

static void judge_row(struct world *w, const struct worker_run *run, struct worker_run *last)
{
	uint32_t ip = world_ip_back(run->ip);
	uint64_t reasons = w->history.reasons + w->history.ip_reasons[ip] + 2;

	if (run->firsttime_s > run->updatetime_s)
		world_fail(w, "a row of %s ends before it begins", run->ip);
	if (last != NULL && run->firsttime_s <= last->updatetime_s && w->step_ms < 0 &&
	    w->redis.damage_ms < 0)
		world_fail(w, "two rows of %s overlap", run->ip);
	for (uint32_t i = 0; i < w->n_agents; i++)
		if (w->agents[i].ip == ip && w->agents[i].special)
			return;
	if (++w->history.rows[ip] > reasons)
		world_fail(w, "%" PRIu64 " rows of %s for %" PRIu64 " reasons", w->history.rows[ip],
		           run->ip, reasons);
}

static void judge_stale(struct world *w, const struct server *s, const struct worker_run *run)
{
	const struct keys *k = &w->redis.keys[world_ip_back(run->ip)];
	int64_t limit = span(interval_values[s->interval]);

	if (s->up_ms != 0 && s->up_ms < w->redis.interval_ms)
		limit = later(limit, span(k->interval_ms));

	if (k->worker && !steps_disturb(w, limit) && w->now_ms - k->written_ms < limit - 3500)
		world_fail(w, "checkstate calls %s offline, which wrote at %.3f", run->ip,
		           (double)k->written_ms / 1000);
	if (k->worker && w->step_ms < 0 && w->now_ms < s->bus_ms + RECONNECT_MS + FLOOR_MS - 1000 &&
	    k->written_ms < s->bus_ms)
		world_fail(w, "checkstate calls %s offline, the bus is up since %.3f", run->ip,
		           (double)s->bus_ms / 1000);
	for (uint32_t i = 0; i < w->n_agents; i++)
		if (w->agents[i].id != 0 && str_is(str_of(w->ips[w->agents[i].ip]), run->ip) &&
		    is_well_for_long(w, s, &w->agents[i]))
			world_fail(w, "checkstate calls %s offline, which is well", run->ip);
}

void judge_verdict(struct server *s, const struct check_effect *e)
{
	if (e->kind == CHECK_ONLINE || e->kind == CHECK_OFFLINE)
		s->verdicts[world_ip_back(e->run.ip)] = e->kind == CHECK_ONLINE ? 1 : -1;
}

void judge_rows(struct world *w, uint32_t server, const struct check_effect *e, uint64_t fence)
{
	struct worker_run *last = map_get(&w->history.runs, str_of(e->run.ip));

	world_trace(w, "server %u: check %d %s %" PRId64 "..%" PRId64 " %d%%", server, e->kind,
	            e->run.ip, e->run.firsttime_s, e->run.updatetime_s, e->run.mem);
	if (fence < w->history.fence)
		world_fail(w, "a fenced-off server writes");
	if (e->kind == CHECK_OFFLINE)
		judge_stale(w, &w->servers[server], &e->run);
	/* Right after Redis lost the lease two may believe to have it, and learn of each other's rows too late. */
	bool two = w->n_servers > 1 &&
	           w->now_ms - later(w->redis.damage_ms, w->redis.step_ms) < 2 * LEASE_TTL_MS;
	if (!two && e->kind == CHECK_EXTEND &&
	    (last == NULL || last->firsttime_s != e->run.firsttime_s ||
	     last->updatetime_s >= e->run.updatetime_s))
		world_fail(w, "a row of %s is extended that is not the last one", e->run.ip);
	if (e->kind == CHECK_EXTEND && last != NULL &&
	    e->run.updatetime_s - last->updatetime_s > 92)
		world_fail(w, "a row of %s is extended over a gap", e->run.ip);
	if (e->kind == CHECK_ROW)
		judge_row(w, &e->run, last);
	if (e->kind != CHECK_ROW && e->kind != CHECK_EXTEND)
		return;
	if (two && e->kind == CHECK_EXTEND &&
	    (last == NULL || last->firsttime_s != e->run.firsttime_s))
		return;
	if (last == NULL) {
		last = xcalloc(1, sizeof(*last));
		(void)map_put(&w->history.runs, str_of(e->run.ip), last);
	}
	*last = e->run;
}

/* After minutes without a fault everything must agree. */
static void judge_agent_at_end(struct world *w, uint32_t n, const struct agent *a)
{
	const struct server *s = &w->servers[n];
	const struct roll_host *h =
		a->special ? entry_of(w, s, a) : roll_by_id(s->roll, world_id(a->id));
	int8_t alive = w->redis.keys[a->ip].alive;
	int who = (int)(a - w->agents);

	if (a->c.running && a->live_ms == 0)
		world_fail(w, "agent %d ends as %s", who, beat_state_name(a->beat.state));
	if (a->c.running && (h == NULL || h->state != ROLL_ONLINE || alive != 1))
		world_fail(w, "server %u: agent %d lives and ends as %s, alive %d", n, who,
		           h != NULL ? roll_state_name(h->state) : "nothing", alive);
	if (!a->c.running && !a->special && h != NULL && h->state != ROLL_OFFLINE)
		world_fail(w, "server %u: dead agent %d ends as %s", n, who,
		           roll_state_name(h->state));
	if (!lives_on(w, a->ip) && alive == 1)
		world_fail(w, "%s ends as alive", w->ips[a->ip]);
	if (a->special && a->c.running && h != NULL && w->now_ms - a->live_ms > 200000)
		for (uint32_t i = 0; i < w->n_agents; i++) {
			const struct agent *b = &w->agents[i];

			if (b != a && b->c.running && w->now_ms - b->live_ms > 200000 &&
			    ((b->id == a->id && !h->duplicate_id) ||
			     (b->ip == a->ip && !h->duplicate_ip)))
				world_fail(w, "server %u: agents %d and %u are not found to be two",
				           n, who, i);
		}
}

/* What checkstate said last, and wrote, is so. */
static void judge_history_at_end(struct world *w, const struct server *s, const struct agent *a)
{
	const struct worker_run *run = map_get(&w->history.runs, str_of(w->ips[a->ip]));
	int64_t redis_s = TRUE_START_MS + (w->now_ms + w->redis.clock_ms) / 1000;

	if (!lease_is_held(&s->lease, world_moment(w, &s->c)) || s->passed_ms == 0 || a->special ||
	    a->gone || w->now_ms - s->passed_ms > 2 * PASS_MS ||
	    w->now_ms - w->redis.step_ms < LONG_MS)
		return;
	if (a->c.running &&
	    (run == NULL ||
	     run->updatetime_s < redis_s - 30 - interval_values[w->redis.g.interval] / 1000))
		world_fail(w, "the history of %s ends at %" PRId64 ", it is %" PRId64,
		           w->ips[a->ip], run != NULL ? run->updatetime_s : 0, redis_s);
	if (!lives_on(w, a->ip) ? s->verdicts[a->ip] == 1 : s->verdicts[a->ip] != 1)
		world_fail(w, "checkstate ends with %d for %s", s->verdicts[a->ip], w->ips[a->ip]);
}

void judge_end(struct world *w)
{
	for (uint32_t n = 0; n < w->n_servers && w->failure[0] == '\0'; n++) {
		struct server *s = &w->servers[n];

		if (!s->c.running || !s->bus_up) {
			world_fail(w, "server %u ends %s", n, s->c.running ? "offline" : "dead");
			return;
		}
		if (w->clones == 0 && w->move_ms < 0 &&
		    (s->findings[ROLL_DUPLICATE_IP] != 0 || s->findings[ROLL_DUPLICATE_ID] != 0))
			world_fail(w, "server %u found a duplicate where there was none", n);
		for (uint32_t i = 0; i < w->n_agents; i++)
			if (w->agents[i].id != 0) {
				judge_agent_at_end(w, n, &w->agents[i]);
				judge_history_at_end(w, s, &w->agents[i]);
			}
	}
}
