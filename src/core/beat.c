/*
 * beat.c - the agent's session as a table of states and events.
 *
 * Reports keep a random phase: at a change of interval each host reports once at once, so that the server
 * learns the new deadline before the old one passes, and then anywhere within the interval. Otherwise one
 * change of a key would march the whole fleet in step for ever. Polls, reports and the watcher's messages of one
 * host, however, share a grid: each wake-up of a sleeping processor costs as much as a good part of a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/beat.h"

#include <assert.h>

typedef void handler(struct beat *b, const struct beat_event *ev, struct moment now,
                     struct beat_effects *ret);

static void emit(struct beat_effects *ret, enum beat_effect_kind kind, int64_t value)
{
	assert(ret->n < BEAT_MAX_EFFECTS);
	ret->list[ret->n++] = (struct beat_effect){ .kind = kind, .value = value };
}

static void note(struct beat_effects *ret, enum beat_note what, int64_t value)
{
	emit(ret, BEAT_NOTE, value);
	ret->list[ret->n - 1].note = what;
}

static int64_t soonest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void beat_init(struct beat *b, uint64_t seed, int64_t default_interval_ms)
{
	*b = (struct beat){
		.state = BEAT_NEW,
		.reach = BACKOFF(BEAT_RETRY_FIRST_MS, BEAT_RETRY_CAP_MS),
		.wait = BACKOFF(BEAT_RETRY_FIRST_MS, BEAT_RETRY_CAP_MS),
		.default_interval_ms =
			default_interval_ms != 0 ? default_interval_ms : BEAT_INTERVAL_DEFAULT_MS,
		.running = true,
	};
	b->report.interval_ms = b->default_interval_ms;
	rng_seed(&b->rng, seed);
}

bool beat_interval_read(struct str text, int64_t *ret_ms, bool *ret_clamped)
{
	int64_t ms;

	text = str_trim(text);
	if (!str_fixed(text, 3, &ms)) {
		/* More digits than fit are a number all the same, and out of range. */
		for (size_t i = 0; i < text.len; i++)
			if (text.p[i] < '0' || text.p[i] > '9')
				return false;
		if (text.len == 0)
			return false;
		ms = INT64_MAX;
	}
	*ret_clamped = ms < BEAT_INTERVAL_MIN_MS || ms > BEAT_INTERVAL_MAX_MS;
	if (ms < BEAT_INTERVAL_MIN_MS)
		ms = BEAT_INTERVAL_MIN_MS;
	else if (ms > BEAT_INTERVAL_MAX_MS)
		ms = BEAT_INTERVAL_MAX_MS;
	*ret_ms = ms;
	return true;
}

/* The next tick of the polls' grid, whose phase is random; never at once. */
static int64_t next_grid_ms(const struct beat *b, int64_t now_ms)
{
	int64_t due = b->poll.due_ms;

	return due > now_ms ? due : due + ((now_ms - due) / BEAT_POLL_MS + 1) * BEAT_POLL_MS;
}

/* Reports begin some time within the interval, on the polls' grid: what goes out together wakes us once. */
static void start_reports(struct beat *b, int64_t now_ms)
{
	uint64_t seconds = (uint64_t)(b->report.interval_ms / BEAT_POLL_MS);
	int64_t later = (int64_t)rng_below(&b->rng, seconds) * BEAT_POLL_MS;

	schedule_start(&b->report, b->report.interval_ms, next_grid_ms(b, now_ms) + later);
}

static void report(struct beat *b, struct beat_effects *ret)
{
	emit(ret, b->running ? BEAT_REPORT : BEAT_ALIVE, (int64_t)++b->seq);
}

/* Obeys rdv_client_loop_interval. True when another interval is in force now. */
static bool obey_interval(struct beat *b, struct str text, struct beat_effects *ret)
{
	int64_t ms = b->default_interval_ms;
	enum beat_note odd = BEAT_NOTE_NONE;
	bool clamped = false;

	if (text.p != NULL && !beat_interval_read(text, &ms, &clamped))
		odd = BEAT_NOTE_INTERVAL_BAD;
	else if (clamped)
		odd = BEAT_NOTE_INTERVAL_CLAMPED;
	bool changed = ms != b->report.interval_ms;
	if (odd != BEAT_NOTE_NONE && (changed || !b->interval_odd))
		note(ret, odd, ms);
	b->interval_odd = odd != BEAT_NOTE_NONE;
	b->report.interval_ms = ms;
	return changed;
}

/* Obeys rdv_client_run. True when it changed. */
static bool obey_run(struct beat *b, struct str text, struct beat_effects *ret)
{
	struct str value = str_trim(text);
	bool odd = text.p != NULL && !str_is(value, "0") && !str_is(value, "1");
	bool run = !(text.p != NULL && str_is(value, "0"));

	if (odd && !b->run_odd)
		note(ret, BEAT_NOTE_RUN_BAD, 0);
	b->run_odd = odd;
	if (run == b->running)
		return false;
	b->running = run;
	note(ret, run ? BEAT_NOTE_RUNNING : BEAT_NOTE_STOPPED, 0);
	return true;
}

static void obey_watch(struct beat *b, bool watched, int64_t now_ms)
{
	if (watched) {
		b->watch_seen_ms = now_ms;
		/* The first one at once, the others on the grid. */
		if (!b->watched)
			schedule_start(&b->watch, BEAT_WATCH_MS,
			               next_grid_ms(b, now_ms) - BEAT_WATCH_MS);
	}
	b->watched = watched;
}

/* Obeys the control keys of a CONFIG or CONTROL event; the server is told of a change at once. */
static void obey(struct beat *b, const struct beat_event *ev, int64_t now_ms,
                 struct beat_effects *ret)
{
	bool changed = obey_interval(b, ev->loop_interval, ret);

	changed |= obey_run(b, ev->run, ret);
	obey_watch(b, ev->watched, now_ms);
	if (!changed)
		return;
	report(b, ret);
	start_reports(b, now_ms);
}

static void fall(struct beat *b, struct moment now)
{
	b->state = BEAT_DOWN;
	b->retry_ms = now.mono_ms + backoff_next_ms(&b->reach, &b->rng);
}

static void hang_up(struct beat *b, int64_t silent_ms, struct moment now, struct beat_effects *ret)
{
	note(ret, BEAT_NOTE_NO_ANSWER, silent_ms);
	emit(ret, BEAT_DISCONNECT, 0);
	fall(b, now);
}

static void wait_for_config(struct beat *b, struct moment now, struct beat_effects *ret)
{
	emit(ret, BEAT_ANNOUNCE, 0);
	emit(ret, BEAT_DISCONNECT, 0);
	backoff_reset(&b->reach);
	b->state = BEAT_WAITING;
	b->retry_ms = now.mono_ms + backoff_next_ms(&b->wait, &b->rng);
}

/* Both hosts write the same key, so a look finds now the one, now the other: one that does not see it proves little. */
static void note_duplicate(struct beat *b, bool other_is_alive, struct moment now,
                           struct beat_effects *ret)
{
	if (other_is_alive && !b->duplicate)
		note(ret, BEAT_NOTE_DUPLICATE, 0);
	if (other_is_alive)
		b->duplicate_ms = now.mono_ms;
	else if (now.mono_ms - b->duplicate_ms < BEAT_DUPLICATE_MS)
		return;
	b->duplicate = other_is_alive;
}

static void ignore(struct beat *b, const struct beat_event *ev, struct moment now,
                   struct beat_effects *ret)
{
	(void)b;
	(void)ev;
	(void)now;
	(void)ret;
}

static void connect_now(struct beat *b, const struct beat_event *ev, struct moment now,
                        struct beat_effects *ret)
{
	(void)ev;
	b->state = BEAT_CONNECTING;
	b->answer_ms = now.mono_ms + BEAT_ANSWER_MS;
	emit(ret, BEAT_CONNECT, 0);
}

static void retry(struct beat *b, const struct beat_event *ev, struct moment now,
                  struct beat_effects *ret)
{
	if (now.mono_ms >= b->retry_ms)
		connect_now(b, ev, now, ret);
}

static void lost(struct beat *b, const struct beat_event *ev, struct moment now,
                 struct beat_effects *ret)
{
	(void)ev;
	(void)ret;
	fall(b, now);
}

static void late_answer(struct beat *b, const struct beat_event *ev, struct moment now,
                        struct beat_effects *ret)
{
	(void)ev;
	if (now.mono_ms >= b->answer_ms)
		hang_up(b, BEAT_ANSWER_MS, now, ret);
}

static void sync(struct beat *b, const struct beat_event *ev, struct moment now,
                 struct beat_effects *ret)
{
	(void)ev;
	b->state = BEAT_SYNCING;
	b->answer_ms = now.mono_ms + BEAT_ANSWER_MS;
	offset_begin(&b->offset);
	emit(ret, BEAT_ASK_TIME, 0);
}

/* Takes an answer to TIME and asks again while the round is not complete. */
static enum offset_answer take_probe(struct beat *b, const struct beat_event *ev,
                                     struct beat_effects *ret)
{
	int64_t step;
	enum offset_answer a =
		offset_probe(&b->offset, ev->sent_us, ev->server_us, ev->got_us, &step);

	if (a == OFFSET_MORE)
		emit(ret, BEAT_ASK_TIME, 0);
	if (step != 0)
		note(ret, BEAT_NOTE_TRUE_TIME_STEP, step);
	return a;
}

static void sync_answer(struct beat *b, const struct beat_event *ev, struct moment now,
                        struct beat_effects *ret)
{
	switch (take_probe(b, ev, ret)) {
	case OFFSET_MORE:
		break;
	case OFFSET_DONE:
		b->state = BEAT_LOOKING;
		b->answer_ms = now.mono_ms + BEAT_ANSWER_MS;
		emit(ret, BEAT_LOOK, 0);
		break;
	case OFFSET_BAD:
	default:
		note(ret, BEAT_NOTE_BAD_TIME, ev->server_us);
		emit(ret, BEAT_DISCONNECT, 0);
		fall(b, now);
	}
}

static void go_live(struct beat *b, const struct beat_event *ev, struct moment now,
                    struct beat_effects *ret)
{
	if (!ev->found) {
		wait_for_config(b, now, ret);
		return;
	}
	backoff_reset(&b->reach);
	backoff_reset(&b->wait);
	b->state = BEAT_LIVE;
	note_duplicate(b, ev->other_is_alive, now, ret);
	(void)obey_interval(b, ev->loop_interval, ret);
	(void)obey_run(b, ev->run, ret);
	schedule_start(&b->poll, BEAT_POLL_MS,
	               now.mono_ms + 1 + (int64_t)rng_below(&b->rng, BEAT_POLL_MS));
	b->watched = false;
	obey_watch(b, ev->watched, now.mono_ms);
	emit(ret, BEAT_SUBSCRIBE, 0);
	report(b, ret);
	start_reports(b, now.mono_ms);
	b->look_ms = now.mono_ms + BEAT_LOOK_MS;
	b->round_ms = now.mono_ms + OFFSET_ROUND_MS;
	b->bell_ms = now.mono_ms;
	b->probe_sent_ms = b->poll_sent_ms = b->look_sent_ms = 0;
}

/* The oldest question of the live state that has no answer yet; 0 = none. */
static int64_t oldest_question_ms(const struct beat *b)
{
	int64_t oldest = INT64_MAX;

	if (b->probe_sent_ms != 0)
		oldest = soonest(oldest, b->probe_sent_ms);
	if (b->poll_sent_ms != 0)
		oldest = soonest(oldest, b->poll_sent_ms);
	if (b->look_sent_ms != 0)
		oldest = soonest(oldest, b->look_sent_ms);
	return oldest;
}

/* The process slept for `late_ms`: the answers may lie in the socket, so their time does not count. */
static void forgive(struct beat *b, int64_t late_ms)
{
	if (b->probe_sent_ms != 0)
		b->probe_sent_ms += late_ms;
	if (b->poll_sent_ms != 0)
		b->poll_sent_ms += late_ms;
	if (b->look_sent_ms != 0)
		b->look_sent_ms += late_ms;
}

static void ask_what_is_due(struct beat *b, int64_t now_ms, struct beat_effects *ret)
{
	if (schedule_take(&b->poll, now_ms) && b->poll_sent_ms == 0) {
		b->poll_sent_ms = now_ms;
		emit(ret, BEAT_POLL, 0);
	}
	if (now_ms >= b->look_ms && b->look_sent_ms == 0) {
		b->look_sent_ms = b->bell_ms = now_ms;
		b->look_ms = now_ms + BEAT_LOOK_MS;
		emit(ret, BEAT_LOOK, 0);
	}
	if (now_ms >= b->round_ms && b->probe_sent_ms == 0) {
		b->probe_sent_ms = now_ms;
		b->round_ms = now_ms + OFFSET_ROUND_MS;
		offset_begin(&b->offset);
		emit(ret, BEAT_ASK_TIME, 0);
	}
}

static void report_what_is_due(struct beat *b, int64_t now_ms, struct beat_effects *ret)
{
	if (b->watched && now_ms - b->watch_seen_ms >= BEAT_WATCH_STALE_MS)
		b->watched = false;
	bool second = b->watched && schedule_take(&b->watch, now_ms);
	if (schedule_take(&b->report, now_ms))
		report(b, ret); /* a watcher sees this one too */
	else if (second && b->running && b->report.interval_ms > BEAT_WATCH_MS)
		emit(ret, BEAT_WATCH, (int64_t)++b->seq);
}

static void live_timer(struct beat *b, const struct beat_event *ev, struct moment now,
                       struct beat_effects *ret)
{
	int64_t late = now.mono_ms - beat_due_ms(b);
	int64_t step = offset_wall_step_ms(&b->offset, now);

	(void)ev;
	if (late > 0)
		forgive(b, late);
	if (step != 0)
		note(ret, BEAT_NOTE_CLOCK_STEP, step);
	int64_t oldest = oldest_question_ms(b);
	if (oldest != INT64_MAX && now.mono_ms - oldest >= BEAT_ANSWER_MS) {
		hang_up(b, now.mono_ms - oldest, now, ret);
		return;
	}
	ask_what_is_due(b, now.mono_ms, ret);
	report_what_is_due(b, now.mono_ms, ret);
}

static void live_time(struct beat *b, const struct beat_event *ev, struct moment now,
                      struct beat_effects *ret)
{
	if (b->probe_sent_ms == 0)
		return;
	/* A bad answer ends the round; what is known stays in force. */
	b->probe_sent_ms = take_probe(b, ev, ret) == OFFSET_MORE ? now.mono_ms : 0;
}

static void live_config(struct beat *b, const struct beat_event *ev, struct moment now,
                        struct beat_effects *ret)
{
	b->look_sent_ms = 0;
	if (!ev->found) {
		wait_for_config(b, now, ret);
		return;
	}
	note_duplicate(b, ev->other_is_alive, now, ret);
	obey(b, ev, now.mono_ms, ret);
}

static void live_control(struct beat *b, const struct beat_event *ev, struct moment now,
                         struct beat_effects *ret)
{
	b->poll_sent_ms = 0;
	obey(b, ev, now.mono_ms, ret);
}

static void live_bell(struct beat *b, const struct beat_event *ev, struct moment now,
                      struct beat_effects *ret)
{
	int64_t at = b->bell_ms + BEAT_BELL_GAP_MS;

	(void)ev;
	b->look_ms = soonest(b->look_ms, at > now.mono_ms ? at : now.mono_ms);
	ask_what_is_due(b, now.mono_ms, ret);
}

static void stop(struct beat *b, const struct beat_event *ev, struct moment now,
                 struct beat_effects *ret)
{
	(void)ev;
	(void)now;
	(void)ret;
	b->state = BEAT_STOPPED;
}

static void stop_connection(struct beat *b, const struct beat_event *ev, struct moment now,
                            struct beat_effects *ret)
{
	emit(ret, BEAT_DISCONNECT, 0);
	stop(b, ev, now, ret);
}

static void stop_live(struct beat *b, const struct beat_event *ev, struct moment now,
                      struct beat_effects *ret)
{
	emit(ret, BEAT_GOODBYE, (int64_t)++b->seq);
	stop_connection(b, ev, now, ret);
}

/* clang-format off */
static handler *const table[BEAT_N_STATES][BEAT_N_EVENTS] = {
	/*                    START        TIMER        UP      LOST    TIME         CONFIG       CONTROL       BELL       STOP */
	[BEAT_NEW]        = { connect_now, ignore,      ignore, ignore, ignore,      ignore,      ignore,       ignore,    stop },
	[BEAT_DOWN]       = { ignore,      retry,       ignore, ignore, ignore,      ignore,      ignore,       ignore,    stop },
	[BEAT_CONNECTING] = { ignore,      late_answer, sync,   lost,   ignore,      ignore,      ignore,       ignore,    stop_connection },
	[BEAT_SYNCING]    = { ignore,      late_answer, ignore, lost,   sync_answer, ignore,      ignore,       ignore,    stop_connection },
	[BEAT_LOOKING]    = { ignore,      late_answer, ignore, lost,   ignore,      go_live,     ignore,       ignore,    stop_connection },
	[BEAT_WAITING]    = { ignore,      retry,       ignore, ignore, ignore,      ignore,      ignore,       ignore,    stop },
	[BEAT_LIVE]       = { ignore,      live_timer,  ignore, lost,   live_time,   live_config, live_control, live_bell, stop_live },
	[BEAT_STOPPED]    = { ignore,      ignore,      ignore, ignore, ignore,      ignore,      ignore,       ignore,    ignore },
};
/* clang-format on */

void beat_step(struct beat *b, const struct beat_event *ev, struct moment now,
               struct beat_effects *ret)
{
	assert(b->state < BEAT_N_STATES && ev->kind < BEAT_N_EVENTS);
	ret->n = 0;
	table[b->state][ev->kind](b, ev, now, ret);
}

static int64_t live_due_ms(const struct beat *b)
{
	int64_t due = soonest(b->report.due_ms, b->poll.due_ms);
	int64_t oldest = oldest_question_ms(b);

	if (b->watched)
		due = soonest(due, b->watch.due_ms);
	if (b->look_sent_ms == 0)
		due = soonest(due, b->look_ms);
	if (b->probe_sent_ms == 0)
		due = soonest(due, b->round_ms);
	if (oldest != INT64_MAX)
		due = soonest(due, oldest + BEAT_ANSWER_MS);
	return due;
}

int64_t beat_due_ms(const struct beat *b)
{
	switch (b->state) {
	case BEAT_DOWN:
	case BEAT_WAITING:
		return b->retry_ms;
	case BEAT_CONNECTING:
	case BEAT_SYNCING:
	case BEAT_LOOKING:
		return b->answer_ms;
	case BEAT_LIVE:
		return live_due_ms(b);
	case BEAT_NEW:
	case BEAT_STOPPED:
	case BEAT_N_STATES:
	default:
		return INT64_MAX;
	}
}

int64_t beat_interval_ms(const struct beat *b)
{
	return b->report.interval_ms;
}

uint64_t beat_missed(const struct beat *b)
{
	return b->report.missed + b->watch.missed;
}

const char *beat_state_name(enum beat_state state)
{
	static const char *const names[BEAT_N_STATES] = { "new",     "down",    "connecting",
		                                          "syncing", "looking", "waiting",
		                                          "live",    "stopped" };

	return state < BEAT_N_STATES ? names[state] : "?";
}
