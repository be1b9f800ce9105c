/*
 * roll.c - what is heard and not heard becomes who is there and who is not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/roll.h"

#include "base/mem.h"
#include "core/roll_int.h"

enum {
	DEFAULT_HOSTS = 200000,
	DEFAULT_INTERVAL_MS = 10000,
	INTERVAL_MIN_MS = 1000,
	INTERVAL_MAX_MS = 3600000,
	CLOCK_ERROR_MS = 2000, /* two corrected clocks agree so well */
};

/* Stamps of peers are kept where sums of them cannot overflow (the year 33658). */
#define LATEST_MS 1000000000000000

static int64_t clip(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

struct roll *roll_new(const struct roll_options *options)
{
	struct roll *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	if (r->options.max_hosts == 0)
		r->options.max_hosts = DEFAULT_HOSTS;
	if (r->options.default_interval_ms == 0)
		r->options.default_interval_ms = DEFAULT_INTERVAL_MS;
	map_init(&r->ids, options->seed);
	map_init(&r->ips, options->seed + 1);
	return r;
}

void roll_free(struct roll *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_slots; i++)
		if (r->slots[i] != NULL)
			roll_drop(r, r->slots[i]);
	map_done(&r->ids);
	map_done(&r->ips);
	free(r->slots);
	free(r->generations);
	free(r->free_slots);
	free(r->heap);
	free(r->effects);
	free(r);
}

static int64_t span_of(int64_t interval_ms)
{
	int64_t span = ROLL_INTERVALS * clip(interval_ms, INTERVAL_MIN_MS, INTERVAL_MAX_MS);

	return span > ROLL_FLOOR_MS ? span : ROLL_FLOOR_MS;
}

void roll_learn_interval(struct host *h, int64_t interval_ms)
{
	if (interval_ms <= 0)
		return;
	h->pub.interval_ms = clip(interval_ms, INTERVAL_MIN_MS, INTERVAL_MAX_MS);
	h->span_ms = span_of(interval_ms);
}

/* How long the host may be silent. */
static int64_t allowance(const struct host *h)
{
	bool announces = h->pub.state == ROLL_WAITING || h->announcing_ms != 0;

	return announces && h->span_ms < ROLL_WAITING_MS ? ROLL_WAITING_MS : h->span_ms;
}

static int64_t deadline(const struct roll *r, const struct host *h)
{
	if (h->pub.state == ROLL_OFFLINE)
		return INT64_MAX;
	/* Before the epoch we may have missed anything, and the agents must find their way back. */
	bool heard = h->pub.heard_ms != 0 && h->pub.heard_ms >= r->epoch_ms;
	int64_t from = heard ? h->pub.heard_ms : r->epoch_ms + ROLL_RECONNECT_MS;
	int64_t at = from + allowance(h);

	return at > h->granted_ms ? at : h->granted_ms;
}

static bool is_looked_for(const struct roll *r, const struct host *h)
{
	return h->look_ms > r->epoch_ms;
}

static int64_t last_change_ms(const struct host *h)
{
	return h->changes_ms[(h->n_changes - 1) % ROLL_FLAP_CHANGES];
}

void roll_rearm(struct roll *r, struct host *h)
{
	int64_t at = deadline(r, h);

	if (at != INT64_MAX && is_looked_for(r, h) && at < h->look_ms + ROLL_LOOK_AGAIN_MS)
		at = h->look_ms + ROLL_LOOK_AGAIN_MS;
	if (h->pub.flapping && at > last_change_ms(h) + ROLL_FLAP_WINDOW_MS)
		at = last_change_ms(h) + ROLL_FLAP_WINDOW_MS;
	if (h->old_ip[0] != '\0' && at > h->moved_ms + h->span_ms)
		at = h->moved_ms + h->span_ms;
	roll_arm(r, h, at);
}

/* Notes an up or down; true when the host has begun to flap by it. */
static bool note_change(struct host *h, int64_t now_ms)
{
	h->changes_ms[h->n_changes++ % ROLL_FLAP_CHANGES] = now_ms;
	if (h->pub.flapping || h->n_changes < ROLL_FLAP_CHANGES)
		return false;
	h->pub.flapping =
		now_ms - h->changes_ms[h->n_changes % ROLL_FLAP_CHANGES] <= ROLL_FLAP_WINDOW_MS;
	return h->pub.flapping;
}

static void change(struct roll *r, struct host *h, enum roll_state to, enum roll_cause cause,
                   struct moment now)
{
	enum roll_state from = h->pub.told;
	bool up_or_down = from != ROLL_UNKNOWN && (from == ROLL_OFFLINE) != (to == ROLL_OFFLINE);
	bool began = up_or_down && note_change(h, now.mono_ms);

	roll_set_state(r, h, to);
	h->pub.told = to;
	h->pub.cause = cause;
	if (from != to)
		h->pub.since_ms = now.wall_ms;
	struct roll_effect *e = roll_emit(r, ROLL_CHANGE, h);
	e->from = from;
	e->to = to;
	e->cause = cause;
	e->quiet = h->pub.flapping;
	e->since_ms = h->pub.since_ms;
	if (began)
		roll_find(r, ROLL_FLAPPING, h);
}

/* The host is no longer there. It may be freed by this. */
static void go_offline(struct roll *r, struct host *h, enum roll_cause cause, struct moment now)
{
	if ((h->pub.told == ROLL_WAITING && !h->pub.enrolled) || roll_has_living_clone(r, h)) {
		roll_remove(r, h);
		return;
	}
	h->announcing_ms = 0;
	h->look_ms = 0;
	change(r, h, ROLL_OFFLINE, cause, now);
	if (cause == ROLL_SILENT) /* one that said goodbye wrote the 0 itself */
		roll_zero(r, h->pub.ip);
	roll_settle_ip(r, h->pub.ip);
	roll_rearm(r, h);
}

roll_ref roll_load(struct roll *r, const struct roll_saved *saved, struct moment now)
{
	if (!host_id_is_set(saved->id) || saved->ip.len == 0 || saved->ip.len >= HOST_IP_SIZE)
		return 0;
	for (struct host *h = roll_first_of_id(r, saved->id); h != NULL; h = h->next_id)
		if (str_is(saved->ip, h->pub.ip))
			return 0;
	struct host *h = roll_add(r, saved->id, saved->ip);
	if (h == NULL)
		return 0;
	struct host *first = roll_first_of_id(r, saved->id);
	for (struct host *o = first; o != NULL && first->next_id != NULL; o = o->next_id)
		o->pub.duplicate_id = true; /* found before our start */
	h->pub.told = saved->state;
	h->pub.since_ms = saved->since_ms;
	h->pub.seen_ms = saved->seen_ms;
	h->pub.enrolled = saved->enrolled;
	roll_learn_interval(h, r->options.default_interval_ms);
	roll_learn_interval(h, saved->interval_ms);
	(void)now;
	roll_rearm(r, h);
	return h->pub.ref;
}

/* From now on we hear everything. */
static void begin_epoch(struct roll *r, struct moment now)
{
	r->epoch_ms = now.mono_ms;
	r->ticked_ms = now.mono_ms;
}

void roll_bus(struct roll *r, bool up, struct moment now)
{
	r->bus_up = up;
	if (!up)
		return;
	begin_epoch(r, now);
	/* Redis may have lost the zeros, or gone back to a time before them. */
	for (size_t i = 0; i < r->n_slots; i++) {
		const struct host *h = r->slots[i];

		if (h != NULL && h->prev_ip == NULL && h->pub.state == ROLL_OFFLINE)
			roll_zero(r, h->pub.ip);
	}
}

static void look(struct roll *r, struct host *h, int64_t now_ms)
{
	h->look_ms = now_ms;
	roll_emit(r, ROLL_LOOK, h);
}

static void timer(struct roll *r, struct host *h, struct moment now)
{
	if (h->old_ip[0] != '\0' && now.mono_ms >= h->moved_ms + h->span_ms) {
		roll_zero(r, h->old_ip);
		h->old_ip[0] = '\0';
	}
	if (h->pub.flapping && now.mono_ms >= last_change_ms(h) + ROLL_FLAP_WINDOW_MS) {
		h->pub.flapping = false;
		h->n_changes = 0;
		roll_find(r, ROLL_STEADY, h);
	}
	bool asked = is_looked_for(r, h) && now.mono_ms < h->look_ms + ROLL_LOOK_AGAIN_MS;
	if (now.mono_ms >= deadline(r, h) && !asked)
		look(r, h, now.mono_ms);
	roll_rearm(r, h);
}

void roll_tick(struct roll *r, struct moment now)
{
	struct host *h;

	if (!r->bus_up)
		return;
	if (now.mono_ms - r->ticked_ms > ROLL_STALL_MS)
		begin_epoch(r, now);
	r->ticked_ms = now.mono_ms;
	while ((h = roll_next_due(r, now.mono_ms)) != NULL)
		timer(r, h, now);
}

bool roll_is_echo(const struct host *h, const struct roll_report *m)
{
	return h->marked && m->seq <= h->mark_seq && m->ts_ms <= h->mark_ts_ms &&
	       m->ts_ms >= h->mark_ts_ms - ROLL_REPLAY_MS;
}

static void mark(struct host *h, const struct roll_report *m)
{
	h->marked = true;
	h->mark_ts_ms = m->ts_ms;
	h->mark_seq = m->seq;
}

static void heard(struct roll *r, struct host *h, struct moment now)
{
	uint64_t before_no = h->heard_no;

	h->heard_no = ++r->reports;
	h->pub.heard_ms = now.mono_ms;
	h->pub.seen_ms = now.wall_ms;
	h->look_ms = 0;
	if (h->at->n > 1) {
		roll_check_rivals(r, h, before_no);
		roll_to_front(h);
	}
}

static void judge_clock(struct roll *r, struct host *h, bool is_off, int64_t now_ms)
{
	if (!is_off) {
		h->clock_off_ms = 0;
		if (h->pub.clock_off)
			roll_find(r, ROLL_CLOCK_OK, h);
		h->pub.clock_off = false;
	} else if (h->clock_off_ms == 0) {
		h->clock_off_ms = now_ms;
	} else if (!h->pub.clock_off && now_ms - h->clock_off_ms >= ROLL_CLOCK_MS) {
		/* Not at once: when the hub's own clock steps, agents learn it a minute later. */
		h->pub.clock_off = true;
		roll_find(r, ROLL_CLOCK_OFF, h);
	}
}

static bool is_usable(struct host_id id, struct str ip)
{
	return host_id_is_set(id) && ip.len != 0 && ip.len < HOST_IP_SIZE &&
	       str_find(ip, '\0') == ip.len;
}

static void come_alive(struct roll *r, struct host *h, const struct roll_report *m,
                       struct moment now)
{
	mark(h, m);
	h->mark_ms = now.mono_ms;
	h->lag_ms = clip(now.wall_ms - m->ts_ms, 0, LATEST_MS);
	if (h->lag_ms > ROLL_MAX_BEHIND_MS)
		h->lag_ms = 0; /* nothing is so long on its way: a clock is off */
	roll_learn_interval(h, m->interval_ms);
	h->announcing_ms = 0;
	h->pub.enrolled = true;
	heard(r, h, now);
	if (h->pub.state != ROLL_ONLINE)
		change(r, h, ROLL_ONLINE, ROLL_HEARD, now);
	roll_rearm(r, h);
}

struct roll_verdict roll_report(struct roll *r, const struct roll_report *report, struct moment now)
{
	struct roll_report m = *report;
	struct roll_verdict v = { 0 };

	if (!is_usable(m.id, m.ip))
		return v;
	m.ts_ms = clip(m.ts_ms, 0, LATEST_MS);
	struct host *h = roll_entry_of(r, m.id, m.ip, &m, now);
	if (h == NULL)
		return v;
	v.host = h->pub.ref;
	v.is_clamped = m.ts_ms > now.wall_ms + ROLL_MAX_AHEAD_MS ||
	               m.ts_ms < now.wall_ms - ROLL_MAX_BEHIND_MS;
	v.ts_ms = v.is_clamped ? now.wall_ms : m.ts_ms;
	v.is_echo = roll_is_echo(h, &m);
	if (v.is_echo)
		return v;
	come_alive(r, h, &m, now);
	judge_clock(r, h, v.is_clamped, now.mono_ms);
	return v;
}

roll_ref roll_waiting(struct roll *r, struct host_id id, struct str ip, struct moment now)
{
	if (!is_usable(id, ip))
		return 0;
	struct host *h = roll_entry_of(r, id, ip, NULL, now);
	if (h == NULL)
		return 0;
	heard(r, h, now);
	if (!h->pub.enrolled) {
		if (h->pub.state != ROLL_WAITING)
			change(r, h, ROLL_WAITING, ROLL_ANNOUNCED, now);
	} else {
		if (h->announcing_ms == 0)
			h->announcing_ms = now.mono_ms;
		else if (h->pub.state != ROLL_WAITING &&
		         now.mono_ms - h->announcing_ms >= ROLL_WAITING_MS)
			change(r, h, ROLL_WAITING, ROLL_ANNOUNCED, now);
	}
	roll_emit(r, ROLL_ENROL, h);
	roll_rearm(r, h);
	return h->pub.ref;
}

/* The entry of exactly (id, ip), or NULL. */
static struct host *find_entry(const struct roll *r, struct host_id id, struct str ip)
{
	struct host *h = roll_first_of_id(r, id);

	while (h != NULL && !str_is(ip, h->pub.ip))
		h = h->next_id;
	return h;
}

void roll_goodbye(struct roll *r, const struct roll_report *report, struct moment now)
{
	struct roll_report m = *report;
	struct host *h = is_usable(m.id, m.ip) ? find_entry(r, m.id, m.ip) : NULL;

	m.ts_ms = clip(m.ts_ms, 0, LATEST_MS);
	/* Older than what was heard last: the agent has been started again since. */
	if (h == NULL || h->pub.state == ROLL_OFFLINE ||
	    (h->marked && (m.ts_ms < h->mark_ts_ms || roll_is_echo(h, &m))))
		return;
	mark(h, &m);
	go_offline(r, h, ROLL_GOODBYE, now);
}

void roll_hint(struct roll *r, struct str ip, struct moment now)
{
	struct ip_entry *there = roll_ip_entry(r, ip);

	if (!r->bus_up || ip.len == 0 || ip.len >= HOST_IP_SIZE)
		return;
	if (there == NULL)
		(void)str_copy(ip, roll_emit(r, ROLL_LOOK, NULL)->ip, HOST_IP_SIZE);
	else if (there->n == there->n_offline && !is_looked_for(r, there->first))
		look(r, there->first, now.mono_ms);
}

/* Whether what Redis holds was written by this host after what we know of it. */
static bool is_news(const struct host *h, const struct roll_report *m)
{
	return host_id_eq(m->id, h->pub.id) && str_is(m->ip, h->pub.ip) &&
	       !(h->marked && m->seq <= h->mark_seq && m->ts_ms <= h->mark_ts_ms);
}

/*
 * How long the host may still be silent after a message stamped `ts_ms` that we did not hear. The stamp is believed
 * where it is possible: not in the future, and not before the last message heard (which may have been long on its
 * way). Where it is not, clocks have stepped, and the host gets a whole span, but once only.
 */
static int64_t rest_ms(const struct host *h, int64_t ts_ms, struct moment now)
{
	int64_t age = now.wall_ms - ts_ms;
	int64_t oldest = now.mono_ms - h->mark_ms + h->lag_ms;

	if (age < -CLOCK_ERROR_MS || (h->mark_ms != 0 && age > oldest + CLOCK_ERROR_MS))
		return allowance(h);
	return allowance(h) - clip(age, 0, LATEST_MS);
}

static bool is_fresh(const struct roll_report *m, int64_t span_ms, struct moment now)
{
	int64_t age = now.wall_ms - m->ts_ms;

	return age >= -CLOCK_ERROR_MS && age < span_ms;
}

/* The host is there, as a message in Redis proves; it counts from when that was written. */
static void come_back(struct roll *r, struct host *h, const struct roll_report *m,
                      struct moment now)
{
	int64_t written = now.mono_ms - clip(now.wall_ms - m->ts_ms, 0, LATEST_MS);

	come_alive(r, h, m, now);
	h->pub.heard_ms = written > 0 ? written : 1;
	roll_rearm(r, h);
}

void roll_looked_ip(struct roll *r, struct str ip, const struct roll_report *found,
                    struct moment now)
{
	char text[HOST_IP_SIZE];
	struct host *h = NULL;

	if (!r->bus_up || !str_copy(ip, text, sizeof(text)) || roll_ip_entry(r, ip) != NULL)
		return;
	/* A host that was never heard, but wrote a moment ago, is there; not one heard elsewhere since. */
	if (found != NULL && is_usable(found->id, found->ip) && str_eq(found->ip, ip) &&
	    is_fresh(found, span_of(found->interval_ms), now)) {
		h = roll_first_of_id(r, found->id);
		if (h == NULL || h->pub.heard_ms < now.mono_ms - (now.wall_ms - found->ts_ms))
			h = roll_entry_of(r, found->id, ip, found, now);
		else
			h = NULL;
	}
	if (h != NULL && str_is(ip, h->pub.ip))
		come_back(r, h, found, now);
	else
		roll_zero(r, text);
}

void roll_looked(struct roll *r, roll_ref host, const struct roll_report *found, struct moment now)
{
	struct roll_report m = { 0 };
	struct host *h = roll_host_of(r, host);

	/* After a sleep of ours the next tick begins an epoch, and this proves nothing any more. */
	if (h == NULL || !r->bus_up || !is_looked_for(r, h) ||
	    now.mono_ms - r->ticked_ms > ROLL_STALL_MS)
		return;
	h->look_ms = 0;
	if (found != NULL) {
		m = *found;
		m.ts_ms = clip(m.ts_ms, 0, LATEST_MS);
	}
	bool news = found != NULL && is_news(h, &m);
	if (h->pub.state == ROLL_OFFLINE) {
		/* Of a host thought dead only a plausible stamp is proof: Redis may hold an old state. */
		if (news && is_fresh(&m, h->span_ms, now))
			come_back(r, h, &m, now);
		else
			roll_zero(r, h->pub.ip);
		return;
	}
	if (now.mono_ms >= deadline(r, h)) {
		if (news) {
			/* It reported after it had announced itself, if it had. */
			mark(h, &m);
			roll_learn_interval(h, m.interval_ms);
			h->announcing_ms = 0;
			h->granted_ms = now.mono_ms + rest_ms(h, m.ts_ms, now);
		}
		if (now.mono_ms >= deadline(r, h)) {
			go_offline(r, h, ROLL_SILENT, now);
			return;
		}
	}
	roll_rearm(r, h);
}

bool roll_forget(struct roll *r, roll_ref host)
{
	struct host *h = roll_host_of(r, host);

	if (h == NULL || h->pub.state == ROLL_ONLINE)
		return false;
	roll_remove(r, h);
	return true;
}

int64_t roll_deadline_ms(const struct roll *r, roll_ref host)
{
	const struct host *h = roll_host_of(r, host);

	return h != NULL ? deadline(r, h) : INT64_MAX;
}

const char *roll_state_name(enum roll_state state)
{
	static const char *const names[ROLL_N_STATES] = { "unknown", "waiting", "online",
		                                          "offline" };

	return state < ROLL_N_STATES ? names[state] : "?";
}
