/*
 * test_schedule.c - ticks stay on their grid.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/schedule.h"

static void a_late_tick_leaves_the_grid_where_it_was(void **state)
{
	struct schedule s = { 0 };

	(void)state;
	schedule_start(&s, 1000, 500);
	assert_false(schedule_take(&s, 499));
	assert_true(schedule_take(&s, 500));
	assert_false(schedule_take(&s, 1499));
	assert_true(schedule_take(&s, 1740));
	assert_int_equal(s.due_ms, 2500);
	assert_int_equal(s.missed, 0);
}

static void missed_ticks_are_counted_and_not_made_up_for(void **state)
{
	struct schedule s = { 0 };

	(void)state;
	schedule_start(&s, 1000, 1000);
	assert_true(schedule_take(&s, 1000));
	assert_true(schedule_take(&s, 6000));
	assert_int_equal(s.missed, 4);
	assert_false(schedule_take(&s, 6001));
	assert_int_equal(s.due_ms, 7000);
	assert_int_equal(s.ticks, 2);
}

static void a_shorter_interval_holds_at_once(void **state)
{
	struct schedule s = { 0 };

	(void)state;
	schedule_start(&s, 60000, 1000);
	assert_true(schedule_take(&s, 1000));
	schedule_set_interval(&s, 5000, 3000);
	assert_int_equal(s.due_ms, 6000);
	schedule_set_interval(&s, 1000, 5000);
	assert_int_equal(s.due_ms, 5000);
}

static void a_longer_interval_counts_from_the_last_tick(void **state)
{
	struct schedule s = { 0 };

	(void)state;
	schedule_start(&s, 1000, 1000);
	assert_true(schedule_take(&s, 1000));
	schedule_set_interval(&s, 10000, 1500);
	assert_int_equal(s.due_ms, 11000);
	schedule_set_interval(&s, 10000, 1600);
	assert_int_equal(s.due_ms, 11000);
	assert_int_equal(s.missed, 0);
}

RUN_TESTS(cmocka_unit_test(a_late_tick_leaves_the_grid_where_it_was),
          cmocka_unit_test(missed_ticks_are_counted_and_not_made_up_for),
          cmocka_unit_test(a_shorter_interval_holds_at_once),
          cmocka_unit_test(a_longer_interval_counts_from_the_last_tick))
