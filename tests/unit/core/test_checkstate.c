/*
 * test_checkstate.c - stale workers and rows that only grow when something changed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "core/checkstate.h"

/* Three minutes after the bus came up, at a round second. */
static const struct moment start = { 1000000, 1700000000000 };

static struct moment after(int64_t ms)
{
	return (struct moment){ start.mono_ms + ms, start.wall_ms + ms };
}

static struct checkstate *fresh(void)
{
	const struct check_options o = { .seed = 1 };
	struct checkstate *c = checkstate_new(&o);

	checkstate_bus_up(c, after(-180000));
	return c;
}

static struct worker_record record(int64_t at_s, int mem)
{
	struct worker_record r = { .updatetime_s = at_s, .mem = mem, .disk = 50 };

	(void)snprintf(r.ip, sizeof(r.ip), "10.0.0.7");
	(void)snprintf(r.hostname, sizeof(r.hostname), "web");
	return r;
}

/* One pass with one record (or none when at_s is 0); `text` gets a letter for each effect. */
static struct check_result pass(struct checkstate *c, struct moment now, int64_t at_s, int mem,
                                char text[16])
{
	static const char letters[] = "RE-+";
	struct worker_record r = record(at_s, mem);
	struct check_effect e;
	size_t n = 0;

	checkstate_begin(c, now);
	if (at_s != 0)
		assert_true(checkstate_record(c, &r));
	struct check_result ret = checkstate_end(c);
	while (checkstate_take(c, &e) && n < 15)
		text[n++] = letters[e.kind];
	text[n] = '\0';
	return ret;
}

static void only_updatetime_moves_while_nothing_changes(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	assert_int_equal(pass(c, after(0), 1700000000, 40, fx).changed, 1);
	assert_string_equal(fx, "R+");
	for (int i = 1; i < 20; i++) {
		pass(c, after(i * 10000), 1700000000 + i * 10, 40, fx);
		assert_string_equal(fx, "E");
	}
	assert_int_equal(pass(c, after(200000), 1700000200, 41, fx).changed, 1);
	assert_string_equal(fx, "R");
	checkstate_free(c);
}

static void the_same_pass_twice_changes_nothing(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	pass(c, after(0), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(3000), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	checkstate_free(c);
}

static void a_restart_goes_on_with_the_row_in_sql(void **state)
{
	struct checkstate *c = fresh();
	struct worker_run run = { 1699999000, 1699999990, "10.0.0.7", "web", 40, 50 };
	char fx[16];

	(void)state;
	checkstate_load(c, &run);
	pass(c, after(0), 1700000000, 40, fx);
	assert_string_equal(fx, "E+");
	checkstate_free(c);
	c = fresh();
	run.updatetime_s = 1700000000;
	checkstate_load(c, &run);
	pass(c, after(0), 1700000000, 40, fx);
	assert_string_equal(fx, "+");
	checkstate_free(c);
}

static void a_gap_begins_a_new_row(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	pass(c, after(31000), 1700000000, 40, fx);
	assert_string_equal(fx, "-");
	pass(c, after(60000), 1700000060, 40, fx);
	assert_string_equal(fx, "R+");
	checkstate_free(c);
}

static void a_worker_is_stale_after_its_deadline_and_not_before(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(2000), 1700000000, 40, fx);
	pass(c, after(30000), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	assert_int_equal(pass(c, after(30001), 1700000000, 40, fx).offline, 1);
	assert_string_equal(fx, "-");
	checkstate_set_interval(c, 60000);
	pass(c, after(40000), 1700000000, 40, fx);
	assert_string_equal(fx, "+");
	checkstate_free(c);
}

static void a_shorter_interval_does_not_judge_records_of_the_longer_one(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	checkstate_set_interval(c, 60000);
	pass(c, after(0), 1700000000, 40, fx);
	checkstate_set_interval(c, 1000);
	pass(c, after(40000), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(160000), 1700000160, 40, fx);
	pass(c, after(219999), 1700000160, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(220000), 1700000160, 40, fx);
	assert_string_equal(fx, "-");
	checkstate_free(c);
}

static void a_clock_that_steps_makes_nobody_offline(void **state)
{
	struct checkstate *c = fresh();
	struct moment now;
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	/* Redis' clock steps a day ahead; the worker goes on by the old one for a while, then follows. */
	now = after(10000);
	now.wall_ms += 86400000;
	assert_int_equal(pass(c, now, 1700000010, 40, fx).offline, 0);
	now = after(20000);
	now.wall_ms += 86400000;
	assert_int_equal(pass(c, now, 1700000020, 40, fx).offline, 0);
	now = after(30000);
	now.wall_ms += 86400000;
	assert_int_equal(pass(c, now, 1700000030 + 86400, 40, fx).offline, 0);
	/* And back: the record is from the future then. */
	assert_int_equal(pass(c, after(40000), 1700000040 + 86400, 40, fx).offline, 0);
	assert_int_equal(pass(c, after(50000), 1700000050, 40, fx).offline, 0);
	checkstate_free(c);
}

static void a_record_from_the_future_does_not_live_for_ever(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1800000000, 40, fx);
	assert_string_equal(fx, "R+");
	pass(c, after(30001), 1800000000, 40, fx);
	assert_string_equal(fx, "-");
	checkstate_free(c);
}

static void after_an_outage_everybody_gets_a_full_deadline(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	checkstate_bus_up(c, after(300000));
	pass(c, after(300100), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(300000 + CHECK_RECONNECT_MS + 30000), 1700000000, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(300001 + CHECK_RECONNECT_MS + 30000), 1700000000, 40, fx);
	assert_string_equal(fx, "-");
	checkstate_free(c);
}

static void a_record_that_vanished_is_judged_by_its_last_sight(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	pass(c, after(10000), 0, 0, fx);
	assert_string_equal(fx, "");
	pass(c, after(31000), 0, 0, fx);
	assert_string_equal(fx, "-");
	pass(c, after(41000), 0, 0, fx);
	assert_string_equal(fx, "");
	pass(c, after(50000), 1700000050, 40, fx);
	assert_string_equal(fx, "R+");
	checkstate_free(c);
}

static void a_clock_set_back_a_little_keeps_rows_in_order(void **state)
{
	struct checkstate *c = fresh();
	struct worker_record r = record(1699999995, 44);
	struct check_effect e;
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	pass(c, after(5000), 1699999998, 40, fx);
	assert_string_equal(fx, "");
	checkstate_begin(c, after(10000));
	assert_true(checkstate_record(c, &r));
	(void)checkstate_end(c);
	assert_true(checkstate_take(c, &e));
	assert_int_equal(e.kind, CHECK_ROW);
	assert_int_equal(e.run.firsttime_s, 1700000001);
	checkstate_free(c);
}

static void a_write_that_was_held_up_begins_no_row_but_a_clock_set_back_does(void **state)
{
	struct checkstate *c = fresh();
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 40, fx);
	pass(c, after(10000), 1699999900, 41, fx);
	assert_string_equal(fx, "");
	pass(c, after(20000), 1700000020, 40, fx);
	assert_string_equal(fx, "E");
	pass(c, after(30000), 1699913630, 40, fx);
	assert_string_equal(fx, "");
	pass(c, after(40000), 1699913640, 40, fx);
	assert_string_equal(fx, "R");
	pass(c, after(50000), 1699913650, 40, fx);
	assert_string_equal(fx, "E");
	checkstate_free(c);
}

static void rows_are_told_anew_after_a_refused_write(void **state)
{
	struct checkstate *c = fresh();
	const struct worker_run run = { 1699999000, 1699999990, "10.0.0.7", "web", 40, 50 };
	char fx[16];

	(void)state;
	pass(c, after(0), 1700000000, 41, fx);
	assert_string_equal(fx, "R+");
	/* SQL did not take it; another server has written meanwhile. */
	checkstate_reload(c);
	checkstate_load(c, &run);
	pass(c, after(10000), 1700000010, 40, fx);
	assert_string_equal(fx, "E");
	checkstate_free(c);
}

static void stamps_out_of_all_range_are_refused(void **state)
{
	struct checkstate *c = fresh();
	struct worker_record r = record(INT64_MAX, 1);

	(void)state;
	checkstate_begin(c, after(0));
	assert_false(checkstate_record(c, &r));
	assert_int_equal(checkstate_end(c).workers, 0);
	checkstate_free(c);
}

RUN_TESTS(cmocka_unit_test(only_updatetime_moves_while_nothing_changes),
          cmocka_unit_test(the_same_pass_twice_changes_nothing),
          cmocka_unit_test(a_restart_goes_on_with_the_row_in_sql),
          cmocka_unit_test(a_gap_begins_a_new_row),
          cmocka_unit_test(a_worker_is_stale_after_its_deadline_and_not_before),
          cmocka_unit_test(a_shorter_interval_does_not_judge_records_of_the_longer_one),
          cmocka_unit_test(a_clock_that_steps_makes_nobody_offline),
          cmocka_unit_test(a_record_from_the_future_does_not_live_for_ever),
          cmocka_unit_test(after_an_outage_everybody_gets_a_full_deadline),
          cmocka_unit_test(a_record_that_vanished_is_judged_by_its_last_sight),
          cmocka_unit_test(a_clock_set_back_a_little_keeps_rows_in_order),
          cmocka_unit_test(a_write_that_was_held_up_begins_no_row_but_a_clock_set_back_does),
          cmocka_unit_test(rows_are_told_anew_after_a_refused_write),
          cmocka_unit_test(stamps_out_of_all_range_are_refused))
