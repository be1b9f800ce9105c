/*
 * test_beat.c - the agent's session, step by step and cell by cell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/beat.h"

struct fixture {
	struct beat b;
	struct moment now;
	struct beat_effects fx;
};

static struct fixture *begin(void)
{
	static const struct fixture empty = { .now = { 1000000, 1700000000000 } };
	struct fixture *f = test_calloc(1, sizeof(*f));

	*f = empty;
	beat_init(&f->b, 42, 0);
	return f;
}

static void step(struct fixture *f, struct beat_event ev)
{
	beat_step(&f->b, &ev, f->now, &f->fx);
}

static void tell(struct fixture *f, enum beat_event_kind kind)
{
	step(f, (struct beat_event){ .kind = kind });
}

static void pass(struct fixture *f, int64_t ms)
{
	f->now.mono_ms += ms;
	f->now.wall_ms += ms;
}

/* Lets time run to the next timer and tells it. */
static void run_to_timer(struct fixture *f)
{
	int64_t due = beat_due_ms(&f->b);

	assert_true(due != INT64_MAX);
	if (due > f->now.mono_ms)
		pass(f, due - f->now.mono_ms);
	tell(f, BEAT_EV_TIMER);
}

static const struct beat_effect *find(const struct fixture *f, enum beat_effect_kind kind)
{
	for (size_t i = 0; i < f->fx.n; i++)
		if (f->fx.list[i].kind == kind)
			return &f->fx.list[i];
	return NULL;
}

static bool noted(const struct fixture *f, enum beat_note note, int64_t value)
{
	for (size_t i = 0; i < f->fx.n; i++)
		if (f->fx.list[i].kind == BEAT_NOTE && f->fx.list[i].note == note &&
		    f->fx.list[i].value == value)
			return true;
	return false;
}

static void answer_time(struct fixture *f)
{
	int64_t us = f->now.mono_ms * 1000;

	step(f, (struct beat_event){ .kind = BEAT_EV_TIME,
	                             .sent_us = us - 400,
	                             .server_us = us + 1600000000000000,
	                             .got_us = us });
}

/* Brings a session to the given state on the straight way. */
static struct fixture *at(enum beat_state state)
{
	struct fixture *f = begin();

	if (state == BEAT_NEW)
		return f;
	tell(f, BEAT_EV_START);
	if (state == BEAT_DOWN) {
		tell(f, BEAT_EV_LOST);
		return f;
	}
	if (state == BEAT_CONNECTING)
		return f;
	tell(f, BEAT_EV_UP);
	if (state == BEAT_SYNCING)
		return f;
	for (int i = 0; i < OFFSET_PROBES; i++)
		answer_time(f);
	if (state == BEAT_LOOKING)
		return f;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = state != BEAT_WAITING });
	if (state == BEAT_STOPPED)
		tell(f, BEAT_EV_STOP);
	return f;
}

static void the_straight_way_leads_to_a_report(void **state)
{
	struct fixture *f = begin();

	(void)state;
	tell(f, BEAT_EV_START);
	assert_non_null(find(f, BEAT_CONNECT));
	tell(f, BEAT_EV_UP);
	for (int i = 0; i < OFFSET_PROBES; i++) {
		assert_non_null(find(f, BEAT_ASK_TIME));
		answer_time(f);
	}
	assert_int_equal(f->b.state, BEAT_LOOKING);
	assert_non_null(find(f, BEAT_LOOK));
	step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = true });
	assert_int_equal(f->b.state, BEAT_LIVE);
	assert_non_null(find(f, BEAT_SUBSCRIBE));
	assert_int_equal(find(f, BEAT_REPORT)->value, 1);
	assert_int_equal(beat_interval_ms(&f->b), BEAT_INTERVAL_DEFAULT_MS);
	test_free(f);
}

static void without_configuration_it_announces_hangs_up_and_comes_again(void **state)
{
	struct fixture *f = at(BEAT_LOOKING);
	int64_t longest = 0;

	(void)state;
	for (int i = 0; i < 12; i++) {
		step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG });
		assert_int_equal(f->b.state, BEAT_WAITING);
		assert_int_equal(f->fx.list[0].kind, BEAT_ANNOUNCE);
		assert_int_equal(f->fx.list[1].kind, BEAT_DISCONNECT);
		int64_t wait = beat_due_ms(&f->b) - f->now.mono_ms;
		assert_in_range(wait, 1, BEAT_RETRY_CAP_MS);
		longest = wait > longest ? wait : longest;
		run_to_timer(f);
		assert_non_null(find(f, BEAT_CONNECT));
		tell(f, BEAT_EV_UP);
		for (int k = 0; k < OFFSET_PROBES; k++)
			answer_time(f);
	}
	assert_true(longest > 4000);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = true });
	assert_int_equal(f->b.wait.tries, 0);
	test_free(f);
}

static void a_lost_connection_is_tried_again_with_growing_waits(void **state)
{
	struct fixture *f = at(BEAT_LIVE);

	(void)state;
	tell(f, BEAT_EV_LOST);
	assert_int_equal(f->b.state, BEAT_DOWN);
	assert_true(beat_due_ms(&f->b) - f->now.mono_ms <= BEAT_RETRY_FIRST_MS);
	for (int i = 0; i < 10; i++) {
		run_to_timer(f);
		assert_int_equal(f->b.state, BEAT_CONNECTING);
		tell(f, BEAT_EV_LOST);
	}
	assert_int_equal(backoff_ceiling_ms(&f->b.reach), BEAT_RETRY_CAP_MS);
	test_free(f);
}

static void it_reports_every_interval_and_polls_every_second(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	int reports = 0, polls = 0, looks = 0, times = 0;
	int64_t until = f->now.mono_ms + 600000;

	(void)state;
	while (beat_due_ms(&f->b) <= until) {
		run_to_timer(f);
		reports += find(f, BEAT_REPORT) != NULL;
		looks += find(f, BEAT_LOOK) != NULL;
		bool looked = find(f, BEAT_LOOK) != NULL, timed = find(f, BEAT_ASK_TIME) != NULL;
		times += timed;
		if (find(f, BEAT_POLL) != NULL) {
			polls++;
			tell(f, BEAT_EV_CONTROL);
		}
		if (looked)
			step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = true });
		for (int i = 0; timed && i < OFFSET_PROBES; i++)
			answer_time(f);
	}
	assert_in_range(reports, 59, 60);
	assert_in_range(polls, 599, 600);
	assert_in_range(looks, 9, 10);
	assert_in_range(times, 9, 10);
	assert_int_equal(beat_missed(&f->b), 0);
	test_free(f);
}

static void what_goes_out_in_one_second_goes_out_together(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	int wakes = 0, together = 0;

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .watched = true });
	assert_true(beat_due_ms(&f->b) <= f->now.mono_ms); /* the first for the watcher at once */
	run_to_timer(f);
	assert_non_null(find(f, BEAT_WATCH));
	for (int64_t until = f->now.mono_ms + 30000; beat_due_ms(&f->b) <= until; wakes++) {
		run_to_timer(f);
		together += find(f, BEAT_POLL) != NULL &&
		            (find(f, BEAT_WATCH) != NULL) != (find(f, BEAT_REPORT) != NULL);
		if (find(f, BEAT_POLL) != NULL)
			step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .watched = true });
	}
	assert_int_equal(wakes, 30);
	assert_int_equal(together, 30);
	assert_int_equal(beat_missed(&f->b), 0);
	test_free(f);
}

static void a_changed_interval_is_told_at_once_and_clamped_with_a_note(void **state)
{
	struct fixture *f = at(BEAT_LIVE);

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("2.5") });
	assert_int_equal(beat_interval_ms(&f->b), 2500);
	assert_non_null(find(f, BEAT_REPORT));
	assert_true(f->b.report.due_ms <= f->now.mono_ms + 2500);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("2.5") });
	assert_int_equal(f->fx.n, 0);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("0.01") });
	assert_true(noted(f, BEAT_NOTE_INTERVAL_CLAMPED, BEAT_INTERVAL_MIN_MS));
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("0.01") });
	assert_int_equal(f->fx.n, 0);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("99999") });
	assert_true(noted(f, BEAT_NOTE_INTERVAL_CLAMPED, BEAT_INTERVAL_MAX_MS));
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .loop_interval = STR("soon") });
	assert_true(noted(f, BEAT_NOTE_INTERVAL_BAD, BEAT_INTERVAL_DEFAULT_MS));
	assert_int_equal(beat_interval_ms(&f->b), BEAT_INTERVAL_DEFAULT_MS);
	test_free(f);
}

static void run_0_stops_collecting_but_not_living(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	int lives = 0;

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .run = STR("0"), .watched = true });
	assert_true(noted(f, BEAT_NOTE_STOPPED, 0));
	assert_non_null(find(f, BEAT_ALIVE));
	for (int64_t until = f->now.mono_ms + 60000; beat_due_ms(&f->b) <= until;) {
		run_to_timer(f);
		assert_null(find(f, BEAT_REPORT));
		assert_null(find(f, BEAT_WATCH));
		lives += find(f, BEAT_ALIVE) != NULL;
		if (find(f, BEAT_POLL) != NULL)
			step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL,
			                             .run = STR("0"),
			                             .watched = true });
		if (find(f, BEAT_LOOK) != NULL || f->b.look_sent_ms != 0)
			step(f, (struct beat_event){
					.kind = BEAT_EV_CONFIG, .found = true, .run = STR("0") });
		while (f->b.probe_sent_ms != 0)
			answer_time(f);
	}
	assert_in_range(lives, 5, 6);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .run = STR("1") });
	assert_true(noted(f, BEAT_NOTE_RUNNING, 0));
	assert_non_null(find(f, BEAT_REPORT));
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .run = STR("maybe") });
	assert_true(noted(f, BEAT_NOTE_RUN_BAD, 0));
	assert_true(f->b.running);
	test_free(f);
}

/* Runs `ms` with polls answered (`watched` or not); counts the watcher's messages. */
static int watch_for(struct fixture *f, int64_t ms, bool answer, bool watched)
{
	int n = 0;

	for (int64_t until = f->now.mono_ms + ms; beat_due_ms(&f->b) <= until;) {
		run_to_timer(f);
		n += find(f, BEAT_WATCH) != NULL || find(f, BEAT_REPORT) != NULL;
		if (answer && find(f, BEAT_POLL) != NULL)
			step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .watched = watched });
	}
	return n;
}

static void while_watched_there_is_a_message_each_second_and_not_longer(void **state)
{
	struct fixture *f = at(BEAT_LIVE);

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONTROL, .watched = true });
	assert_in_range(watch_for(f, 30000, true, true), 29, 34);
	(void)watch_for(f, 1500, true, false);
	assert_false(f->b.watched);
	assert_in_range(watch_for(f, 20000, true, false), 1, 3);
	test_free(f);
}

static void a_bell_makes_it_look_and_many_bells_look_once(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	int looks = 0;

	(void)state;
	pass(f, 500);
	for (int i = 0; i < 50; i++) {
		tell(f, BEAT_EV_BELL);
		looks += find(f, BEAT_LOOK) != NULL;
	}
	assert_int_equal(looks, 1);
	step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = true });
	assert_true(beat_due_ms(&f->b) <= f->now.mono_ms + BEAT_BELL_GAP_MS);
	pass(f, BEAT_BELL_GAP_MS);
	tell(f, BEAT_EV_TIMER);
	assert_non_null(find(f, BEAT_LOOK));
	test_free(f);
}

static void a_configuration_taken_away_ends_the_session(void **state)
{
	struct fixture *f = at(BEAT_LIVE);

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_CONFIG, .found = false });
	assert_int_equal(f->b.state, BEAT_WAITING);
	assert_non_null(find(f, BEAT_ANNOUNCE));
	assert_null(find(f, BEAT_GOODBYE));
	test_free(f);
}

static void silence_of_the_peer_ends_the_connection_but_our_own_sleep_does_not(void **state)
{
	struct fixture *f = at(BEAT_LIVE);

	(void)state;
	while (f->b.poll_sent_ms == 0)
		run_to_timer(f);
	pass(f, 3600000);
	tell(f, BEAT_EV_TIMER);
	assert_int_equal(f->b.state, BEAT_LIVE);
	int64_t from = f->now.mono_ms;
	while (f->b.state == BEAT_LIVE)
		run_to_timer(f);
	assert_true(f->now.mono_ms - from <= BEAT_ANSWER_MS);
	assert_non_null(find(f, BEAT_DISCONNECT));
	assert_true(beat_missed(&f->b) > 300);
	test_free(f);
}

static void a_step_of_the_wall_clock_is_a_note_and_nothing_else(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	int64_t due;

	(void)state;
	run_to_timer(f);
	f->now.wall_ms -= 86400000;
	due = beat_due_ms(&f->b);
	run_to_timer(f);
	assert_true(noted(f, BEAT_NOTE_CLOCK_STEP, -86400000));
	assert_int_equal(f->now.mono_ms, due);
	assert_int_equal(f->b.state, BEAT_LIVE);
	test_free(f);
}

static void a_server_that_lies_about_the_time_is_left(void **state)
{
	struct fixture *f = at(BEAT_SYNCING);

	(void)state;
	step(f, (struct beat_event){ .kind = BEAT_EV_TIME, .server_us = -1 });
	assert_int_equal(f->b.state, BEAT_DOWN);
	assert_true(noted(f, BEAT_NOTE_BAD_TIME, -1));
	test_free(f);
}

static void a_duplicate_is_noted_once_and_again_after_it_was_gone(void **state)
{
	struct fixture *f = at(BEAT_LIVE);
	struct beat_event ev = { .kind = BEAT_EV_CONFIG, .found = true, .other_is_alive = true };

	(void)state;
	step(f, ev);
	assert_true(noted(f, BEAT_NOTE_DUPLICATE, 0));
	step(f, ev);
	assert_int_equal(f->fx.n, 0);
	/* A look between its writes and ours does not see it. */
	ev.other_is_alive = false;
	step(f, ev);
	ev.other_is_alive = true;
	step(f, ev);
	assert_int_equal(f->fx.n, 0);
	ev.other_is_alive = false;
	f->now.mono_ms += BEAT_DUPLICATE_MS;
	f->now.wall_ms += BEAT_DUPLICATE_MS;
	step(f, ev);
	ev.other_is_alive = true;
	step(f, ev);
	assert_true(noted(f, BEAT_NOTE_DUPLICATE, 0));
	test_free(f);
}

static void a_clean_stop_says_goodbye_only_where_it_was_live(void **state)
{
	(void)state;
	for (enum beat_state s = BEAT_NEW; s < BEAT_STOPPED; s++) {
		struct fixture *f = at(s);

		assert_int_equal(f->b.state, s);
		tell(f, BEAT_EV_STOP);
		assert_int_equal(f->b.state, BEAT_STOPPED);
		assert_int_equal(find(f, BEAT_GOODBYE) != NULL, s == BEAT_LIVE);
		assert_true(beat_due_ms(&f->b) == INT64_MAX);
		test_free(f);
	}
}

static void intervals_are_seconds_with_or_without_decimals(void **state)
{
	int64_t ms = 0;
	bool clamped = true;

	(void)state;
	assert_true(beat_interval_read(STR(" 5 "), &ms, &clamped));
	assert_int_equal(ms, 5000);
	assert_false(clamped);
	assert_true(beat_interval_read(STR("-3"), &ms, &clamped));
	assert_true(clamped);
	assert_int_equal(ms, BEAT_INTERVAL_MIN_MS);
	assert_false(beat_interval_read(STR(""), &ms, &clamped));
	assert_false(beat_interval_read(STR("5s"), &ms, &clamped));
	assert_false(beat_interval_read(STR(" "), &ms, &clamped));
	assert_false(beat_interval_read(STR("9999999999999999999x"), &ms, &clamped));
	clamped = false;
	assert_true(beat_interval_read(STR("99999999999999999999"), &ms, &clamped));
	assert_true(clamped);
	assert_int_equal(ms, BEAT_INTERVAL_MAX_MS);
}

/* Every cell: where it leads, and that a timer is armed wherever something is waited for. */
static void walk_of_all_cells(void **state)
{
	enum {
		NW = BEAT_NEW,
		DN = BEAT_DOWN,
		CN = BEAT_CONNECTING,
		SY = BEAT_SYNCING,
		LK = BEAT_LOOKING,
		WT = BEAT_WAITING,
		LV = BEAT_LIVE,
		ST = BEAT_STOPPED
	};
	/* START TIMER UP LOST TIME CONFIG CONTROL BELL STOP; CONFIG says "found", TIMER comes at once. */
	static const int want[BEAT_N_STATES][BEAT_N_EVENTS] = {
		[NW] = { CN, NW, NW, NW, NW, NW, NW, NW, ST },
		[DN] = { DN, DN, DN, DN, DN, DN, DN, DN, ST },
		[CN] = { CN, CN, SY, DN, CN, CN, CN, CN, ST },
		[SY] = { SY, SY, SY, DN, SY, SY, SY, SY, ST },
		[LK] = { LK, LK, LK, DN, LK, LV, LK, LK, ST },
		[WT] = { WT, WT, WT, WT, WT, WT, WT, WT, ST },
		[LV] = { LV, LV, LV, DN, LV, LV, LV, LV, ST },
		[ST] = { ST, ST, ST, ST, ST, ST, ST, ST, ST },
	};

	(void)state;
	for (enum beat_state s = BEAT_NEW; s < BEAT_N_STATES; s++)
		for (enum beat_event_kind e = BEAT_EV_START; e < BEAT_N_EVENTS; e++) {
			struct fixture *f = at(s);
			int64_t us = f->now.mono_ms * 1000;

			assert_int_equal(f->b.state, s);
			step(f, (struct beat_event){ .kind = e,
			                             .found = true,
			                             .sent_us = us,
			                             .server_us = us,
			                             .got_us = us });
			if ((int)f->b.state != want[s][e])
				fail_msg("%s and event %d lead to %s", beat_state_name(s), (int)e,
				         beat_state_name(f->b.state));
			assert_int_equal(beat_due_ms(&f->b) == INT64_MAX,
			                 f->b.state == BEAT_NEW || f->b.state == BEAT_STOPPED);
			test_free(f);
		}
}

static void answers_that_do_not_come_end_each_state_that_waits(void **state)
{
	(void)state;
	for (enum beat_state s = BEAT_CONNECTING; s <= BEAT_LOOKING; s++) {
		struct fixture *f = at(s);

		run_to_timer(f);
		assert_int_equal(f->b.state, BEAT_DOWN);
		assert_non_null(find(f, BEAT_DISCONNECT));
		assert_true(noted(f, BEAT_NOTE_NO_ANSWER, BEAT_ANSWER_MS));
		test_free(f);
	}
}

RUN_TESTS(cmocka_unit_test(the_straight_way_leads_to_a_report),
          cmocka_unit_test(without_configuration_it_announces_hangs_up_and_comes_again),
          cmocka_unit_test(a_lost_connection_is_tried_again_with_growing_waits),
          cmocka_unit_test(it_reports_every_interval_and_polls_every_second),
          cmocka_unit_test(what_goes_out_in_one_second_goes_out_together),
          cmocka_unit_test(a_changed_interval_is_told_at_once_and_clamped_with_a_note),
          cmocka_unit_test(run_0_stops_collecting_but_not_living),
          cmocka_unit_test(while_watched_there_is_a_message_each_second_and_not_longer),
          cmocka_unit_test(a_bell_makes_it_look_and_many_bells_look_once),
          cmocka_unit_test(a_configuration_taken_away_ends_the_session),
          cmocka_unit_test(silence_of_the_peer_ends_the_connection_but_our_own_sleep_does_not),
          cmocka_unit_test(a_step_of_the_wall_clock_is_a_note_and_nothing_else),
          cmocka_unit_test(a_server_that_lies_about_the_time_is_left),
          cmocka_unit_test(a_duplicate_is_noted_once_and_again_after_it_was_gone),
          cmocka_unit_test(a_clean_stop_says_goodbye_only_where_it_was_live),
          cmocka_unit_test(intervals_are_seconds_with_or_without_decimals),
          cmocka_unit_test(walk_of_all_cells),
          cmocka_unit_test(answers_that_do_not_come_end_each_state_that_waits))
