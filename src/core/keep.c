/*
 * keep.c - keeping one worker alive, as a table of states and events.
 *
 * A silence is measured from the last sign of life, but a machine that slept (suspend, a stopped keeper)
 * silences both of us: a timer that comes much too late gives the worker one fresh deadline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/keep.h"

#include <assert.h>

typedef void handler(struct keep *k, int64_t now_ms, struct keep_effects *ret);

static void emit(struct keep_effects *ret, enum keep_effect_kind kind)
{
	assert(ret->n < KEEP_MAX_EFFECTS);
	ret->list[ret->n++] = (struct keep_effect){ .kind = kind };
}

static void note(struct keep_effects *ret, enum keep_note what, int64_t value)
{
	emit(ret, KEEP_NOTE);
	ret->list[ret->n - 1].note = what;
	ret->list[ret->n - 1].value = value;
}

void keep_init(struct keep *k, uint64_t seed, int64_t hang_ms, int64_t stop_ms)
{
	*k = (struct keep){
		.state = KEEP_NEW,
		.retry = BACKOFF(KEEP_RETRY_FIRST_MS, KEEP_RETRY_CAP_MS),
		.hang_ms = hang_ms != 0 ? hang_ms : KEEP_HANG_MS,
		.stop_ms = stop_ms != 0 ? stop_ms : KEEP_STOP_MS,
	};
	rng_seed(&k->rng, seed);
}

static void ignore(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)k;
	(void)now_ms;
	(void)ret;
}

static void start(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)now_ms;
	k->state = KEEP_STARTING;
	k->goal = KEEP_GOAL_RUN;
	emit(ret, KEEP_START);
}

static void end(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)now_ms;
	k->state = KEEP_ENDED;
	emit(ret, KEEP_END);
}

static void crash(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	int64_t wait = backoff_next_ms(&k->retry, &k->rng);

	k->crashes++;
	k->state = KEEP_WAITING;
	k->due_ms = now_ms + wait;
	note(ret, KEEP_NOTE_CRASH, wait);
	if (k->crashes >= KEEP_LOOP_CRASHES && !k->looping) {
		k->looping = true;
		note(ret, KEEP_NOTE_LOOP, k->crashes);
	}
}

static void run(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)ret;
	k->state = KEEP_RUNNING;
	k->started_ms = k->alive_ms = now_ms;
	k->forgiven = false;
}

static void retry(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	if (now_ms >= k->due_ms)
		start(k, now_ms, ret);
}

/* New settings may be what it lacked: no waiting. */
static void renew_now(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	backoff_reset(&k->retry);
	start(k, now_ms, ret);
}

static void alive(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)ret;
	k->alive_ms = now_ms;
	k->forgiven = false;
}

static void kill_it(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	k->state = KEEP_KILLED;
	k->due_ms = now_ms + KEEP_DEATH_MS;
	emit(ret, KEEP_KILL);
}

static void ask(struct keep *k, enum keep_goal goal, int64_t now_ms, struct keep_effects *ret)
{
	k->state = KEEP_ASKED;
	k->goal = goal;
	k->due_ms = now_ms + k->stop_ms;
	emit(ret, KEEP_ASK);
}

static void ask_renew(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	ask(k, KEEP_GOAL_RENEW, now_ms, ret);
}

static void ask_end(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	ask(k, KEEP_GOAL_END, now_ms, ret);
}

static bool is_proving(const struct keep *k)
{
	return k->crashes != 0;
}

static void look(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	int64_t late = now_ms - (k->alive_ms + k->hang_ms);

	if (late >= 0 && (late < KEEP_LATE_MS || k->forgiven)) {
		note(ret, KEEP_NOTE_HANG, now_ms - k->alive_ms);
		kill_it(k, now_ms, ret);
		return;
	}
	if (late >= 0) {
		k->alive_ms = now_ms;
		k->forgiven = true;
	}
	if (is_proving(k) && now_ms - k->started_ms >= KEEP_HEALTHY_MS) {
		k->crashes = 0;
		backoff_reset(&k->retry);
		if (k->looping)
			note(ret, KEEP_NOTE_HEALED, 0);
		k->looping = false;
	}
}

static void too_slow(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	if (now_ms < k->due_ms)
		return;
	note(ret, KEEP_NOTE_SLOW, k->stop_ms);
	kill_it(k, now_ms, ret);
}

static void not_gone(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	if (now_ms < k->due_ms)
		return;
	note(ret, KEEP_NOTE_UNKILLABLE, KEEP_DEATH_MS);
	k->due_ms = INT64_MAX;
}

static void gone(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	switch (k->goal) {
	case KEEP_GOAL_RENEW:
		renew_now(k, now_ms, ret);
		break;
	case KEEP_GOAL_END:
		end(k, now_ms, ret);
		break;
	case KEEP_GOAL_RUN:
	default:
		crash(k, now_ms, ret);
	}
}

static void want_end(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	(void)now_ms;
	(void)ret;
	k->goal = KEEP_GOAL_END;
}

/* Asked to end between the order to start and its answer. */
static void run_or_end(struct keep *k, int64_t now_ms, struct keep_effects *ret)
{
	enum keep_goal goal = k->goal;

	run(k, now_ms, ret);
	if (goal == KEEP_GOAL_END)
		ask_end(k, now_ms, ret);
}

/* clang-format off */
static handler *const table[KEEP_N_STATES][KEEP_N_EVENTS] = {
	/*                  BEGIN   TIMER     STARTED     FAILED  ALIVE   EXIT    RELOAD     STOP */
	[KEEP_NEW]      = { start,  ignore,   ignore,     ignore, ignore, ignore, ignore,    end },
	[KEEP_STARTING] = { ignore, ignore,   run_or_end, gone,   ignore, ignore, ignore,    want_end },
	[KEEP_RUNNING]  = { ignore, look,     ignore,     ignore, alive,  gone,   ask_renew, ask_end },
	[KEEP_ASKED]    = { ignore, too_slow, ignore,     ignore, ignore, gone,   ignore,    want_end },
	[KEEP_KILLED]   = { ignore, not_gone, ignore,     ignore, ignore, gone,   ignore,    want_end },
	[KEEP_WAITING]  = { ignore, retry,    ignore,     ignore, ignore, ignore, renew_now, end },
	[KEEP_ENDED]    = { ignore, ignore,   ignore,     ignore, ignore, ignore, ignore,    ignore },
};
/* clang-format on */

void keep_step(struct keep *k, enum keep_event ev, int64_t now_ms, struct keep_effects *ret)
{
	assert(k->state < KEEP_N_STATES && ev < KEEP_N_EVENTS);
	ret->n = 0;
	table[k->state][ev](k, now_ms, ret);
}

int64_t keep_due_ms(const struct keep *k)
{
	int64_t hang = k->alive_ms + k->hang_ms;

	switch (k->state) {
	case KEEP_RUNNING:
		if (is_proving(k) && k->started_ms + KEEP_HEALTHY_MS < hang)
			return k->started_ms + KEEP_HEALTHY_MS;
		return hang;
	case KEEP_ASKED:
	case KEEP_KILLED:
	case KEEP_WAITING:
		return k->due_ms;
	case KEEP_NEW:
	case KEEP_STARTING:
	case KEEP_ENDED:
	case KEEP_N_STATES:
	default:
		return INT64_MAX;
	}
}

const char *keep_state_name(enum keep_state state)
{
	static const char *const names[KEEP_N_STATES] = { "new",    "starting", "running", "asked",
		                                          "killed", "waiting",  "ended" };

	return state < KEEP_N_STATES ? names[state] : "?";
}
