/*
 * test_keep.c - the keeper's policy: restarts, hangs, ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/keep.c"

static struct keep_effects out;

static void step(struct keep *k, enum keep_event ev, int64_t now_ms)
{
	keep_step(k, ev, now_ms, &out);
}

static bool did(enum keep_effect_kind kind)
{
	for (size_t i = 0; i < out.n; i++)
		if (out.list[i].kind == kind)
			return true;
	return false;
}

/* The value of a note that came, or -1. */
static int64_t noted(enum keep_note what)
{
	for (size_t i = 0; i < out.n; i++)
		if (out.list[i].kind == KEEP_NOTE && out.list[i].note == what)
			return out.list[i].value;
	return -1;
}

static struct keep running(int64_t now_ms)
{
	struct keep k;

	keep_init(&k, 1, 0, 0);
	step(&k, KEEP_EV_BEGIN, now_ms);
	assert_true(did(KEEP_START));
	step(&k, KEEP_EV_STARTED, now_ms);
	assert_int_equal(k.state, KEEP_RUNNING);
	return k;
}

static void a_worker_that_crashes_is_started_again_soon(void **state)
{
	struct keep k = running(1000);

	(void)state;
	step(&k, KEEP_EV_EXIT, 2000);
	assert_in_range(noted(KEEP_NOTE_CRASH), 1, KEEP_RETRY_FIRST_MS);
	assert_int_equal(k.state, KEEP_WAITING);
	int64_t due = keep_due_ms(&k);
	assert_int_equal(due, 2000 + noted(KEEP_NOTE_CRASH));
	step(&k, KEEP_EV_TIMER, due - 1);
	assert_int_equal(out.n, 0);
	step(&k, KEEP_EV_TIMER, due);
	assert_true(did(KEEP_START));
}

static void crashes_in_a_row_wait_longer_and_are_called_a_loop_once(void **state)
{
	struct keep k;
	int64_t now = 0, longest = 0;
	unsigned loops = 0;

	(void)state;
	keep_init(&k, 1, 0, 0);
	step(&k, KEEP_EV_BEGIN, now);
	for (unsigned i = 1; i <= 50; i++) {
		assert_true(did(KEEP_START));
		/* Not being able to start counts like a crash. */
		if (i % 2 != 0)
			step(&k, KEEP_EV_STARTED, now);
		step(&k, i % 2 != 0 ? KEEP_EV_EXIT : KEEP_EV_FAILED, now);
		int64_t wait = noted(KEEP_NOTE_CRASH);
		assert_in_range(wait, 1, KEEP_RETRY_CAP_MS);
		longest = wait > longest ? wait : longest;
		if (noted(KEEP_NOTE_LOOP) != -1) {
			assert_int_equal(i, KEEP_LOOP_CRASHES);
			loops++;
		}
		step(&k, KEEP_EV_TIMER, now = keep_due_ms(&k));
	}
	assert_int_equal(loops, 1);
	assert_true(longest > KEEP_RETRY_CAP_MS / 2);
}

static void a_worker_that_ran_a_minute_is_believed_again(void **state)
{
	struct keep k = running(0);
	int64_t now = 0;

	(void)state;
	for (unsigned i = 0; i < KEEP_LOOP_CRASHES; i++) {
		step(&k, KEEP_EV_EXIT, now);
		step(&k, KEEP_EV_TIMER, now = keep_due_ms(&k));
		step(&k, KEEP_EV_STARTED, now);
	}
	assert_true(k.looping);
	int64_t started = now;
	while (k.crashes != 0) {
		now += 1000;
		step(&k, KEEP_EV_ALIVE, now);
		if (now >= keep_due_ms(&k))
			step(&k, KEEP_EV_TIMER, now);
	}
	assert_int_equal(now - started, KEEP_HEALTHY_MS);
	assert_int_not_equal(noted(KEEP_NOTE_HEALED), -1);
	step(&k, KEEP_EV_EXIT, now);
	assert_in_range(noted(KEEP_NOTE_CRASH), 1, KEEP_RETRY_FIRST_MS);
}

static void a_silent_worker_is_killed_and_replaced(void **state)
{
	struct keep k = running(0);

	(void)state;
	step(&k, KEEP_EV_ALIVE, 5000);
	assert_int_equal(keep_due_ms(&k), 5000 + KEEP_HANG_MS);
	step(&k, KEEP_EV_TIMER, 4999 + KEEP_HANG_MS);
	assert_int_equal(out.n, 0);
	step(&k, KEEP_EV_TIMER, 5010 + KEEP_HANG_MS);
	assert_true(did(KEEP_KILL));
	assert_int_equal(noted(KEEP_NOTE_HANG), KEEP_HANG_MS + 10);
	step(&k, KEEP_EV_EXIT, 36000);
	assert_int_not_equal(noted(KEEP_NOTE_CRASH), -1);
	assert_int_equal(k.state, KEEP_WAITING);
}

static void a_keeper_that_slept_itself_gives_one_more_chance(void **state)
{
	struct keep k = running(0);
	int64_t hour = 3600000;

	(void)state;
	step(&k, KEEP_EV_TIMER, hour);
	assert_false(did(KEEP_KILL));
	assert_int_equal(keep_due_ms(&k), hour + KEEP_HANG_MS);
	step(&k, KEEP_EV_TIMER, 2 * hour);
	assert_true(did(KEEP_KILL));
}

static void stop_asks_then_kills_then_ends(void **state)
{
	struct keep k = running(0);

	(void)state;
	step(&k, KEEP_EV_STOP, 100);
	assert_true(did(KEEP_ASK));
	step(&k, KEEP_EV_TIMER, 100 + KEEP_STOP_MS - 1);
	assert_int_equal(out.n, 0);
	step(&k, KEEP_EV_TIMER, 100 + KEEP_STOP_MS);
	assert_true(did(KEEP_KILL));
	assert_int_equal(noted(KEEP_NOTE_SLOW), KEEP_STOP_MS);
	step(&k, KEEP_EV_TIMER, keep_due_ms(&k));
	assert_int_not_equal(noted(KEEP_NOTE_UNKILLABLE), -1);
	assert_true(keep_due_ms(&k) == INT64_MAX);
	step(&k, KEEP_EV_EXIT, 60000);
	assert_true(did(KEEP_END));
	assert_int_equal(k.state, KEEP_ENDED);
}

static void a_clean_stop_ends_at_once(void **state)
{
	struct keep k = running(0);

	(void)state;
	step(&k, KEEP_EV_STOP, 100);
	step(&k, KEEP_EV_EXIT, 200);
	assert_true(did(KEEP_END));
	assert_int_equal(out.n, 1);

	keep_init(&k, 1, 0, 0);
	step(&k, KEEP_EV_STOP, 0);
	assert_true(did(KEEP_END));

	k = running(0);
	step(&k, KEEP_EV_EXIT, 10);
	step(&k, KEEP_EV_STOP, 20);
	assert_true(did(KEEP_END));
}

static void reload_replaces_the_worker_without_a_wait(void **state)
{
	struct keep k = running(0);

	(void)state;
	step(&k, KEEP_EV_RELOAD, 100);
	assert_true(did(KEEP_ASK));
	step(&k, KEEP_EV_EXIT, 200);
	assert_true(did(KEEP_START));
	assert_int_equal(out.n, 1);
	assert_int_equal(k.crashes, 0);
	step(&k, KEEP_EV_STARTED, 200);
	step(&k, KEEP_EV_EXIT, 300);
	step(&k, KEEP_EV_RELOAD, 300);
	assert_true(did(KEEP_START));
}

static void a_stop_during_reload_or_start_wins(void **state)
{
	struct keep k = running(0);

	(void)state;
	step(&k, KEEP_EV_RELOAD, 100);
	step(&k, KEEP_EV_STOP, 150);
	step(&k, KEEP_EV_EXIT, 200);
	assert_true(did(KEEP_END));

	keep_init(&k, 1, 0, 0);
	step(&k, KEEP_EV_BEGIN, 0);
	step(&k, KEEP_EV_STOP, 0);
	step(&k, KEEP_EV_STARTED, 0);
	assert_true(did(KEEP_ASK));
	step(&k, KEEP_EV_EXIT, 0);
	assert_true(did(KEEP_END));
}

/* Any order of events: never two workers, never a start after the end, always a way on. */
static void random_walks_keep_the_promises(void **state)
{
	struct rng rng;
	struct keep k;

	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		int64_t now = 0;
		int workers = 0;

		rng_seed(&rng, seed);
		keep_init(&k, seed, 0, 0);
		for (int i = 0; i < 200; i++) {
			enum keep_event ev = (enum keep_event)rng_below(&rng, KEEP_N_EVENTS);

			bool is_answer = ev == KEEP_EV_STARTED || ev == KEEP_EV_FAILED;
			bool needs_worker = ev == KEEP_EV_EXIT || ev == KEEP_EV_ALIVE;

			/* Of the shell's answers only those that are possible. */
			if (k.state == KEEP_STARTING)
				ev = i % 3 != 0 ? KEEP_EV_STARTED : KEEP_EV_FAILED;
			else if (is_answer || (needs_worker && workers == 0))
				ev = KEEP_EV_TIMER;
			now += (int64_t)rng_below(&rng, 40000);
			bool was_ended = k.state == KEEP_ENDED;
			workers += (ev == KEEP_EV_STARTED) - (ev == KEEP_EV_EXIT);
			step(&k, ev, now);
			assert_true(workers == 0 || workers == 1);
			assert_false(did(KEEP_START) && workers != 0);
			assert_false((did(KEEP_KILL) || did(KEEP_ASK)) && workers != 1);
			assert_false(was_ended && out.n != 0);
			assert_true(k.state == KEEP_NEW || k.state == KEEP_STARTING ||
			            k.state == KEEP_ENDED || k.state == KEEP_KILLED ||
			            keep_due_ms(&k) != INT64_MAX);
		}
	}
}

static void every_cell_is_filled(void **state)
{
	(void)state;
	for (int s = 0; s < KEEP_N_STATES; s++)
		for (int e = 0; e < KEEP_N_EVENTS; e++)
			assert_non_null(table[s][e]);
	assert_string_equal(keep_state_name(KEEP_RUNNING), "running");
}

RUN_TESTS(cmocka_unit_test(a_worker_that_crashes_is_started_again_soon),
          cmocka_unit_test(crashes_in_a_row_wait_longer_and_are_called_a_loop_once),
          cmocka_unit_test(a_worker_that_ran_a_minute_is_believed_again),
          cmocka_unit_test(a_silent_worker_is_killed_and_replaced),
          cmocka_unit_test(a_keeper_that_slept_itself_gives_one_more_chance),
          cmocka_unit_test(stop_asks_then_kills_then_ends),
          cmocka_unit_test(a_clean_stop_ends_at_once),
          cmocka_unit_test(reload_replaces_the_worker_without_a_wait),
          cmocka_unit_test(a_stop_during_reload_or_start_wins),
          cmocka_unit_test(random_walks_keep_the_promises), cmocka_unit_test(every_cell_is_filled))
