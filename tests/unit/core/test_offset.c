/*
 * test_offset.c - the true time, whatever this machine's clock says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/offset.h"

/* A round in which the server's clock is `base_us` ahead of our monotonic one. */
static int64_t round_of(struct offset *o, int64_t at_us, int64_t base_us)
{
	int64_t step = 7;

	offset_begin(o);
	for (int i = 0; i < OFFSET_PROBES; i++) {
		int64_t sent = at_us + i * 10000;

		assert_int_equal(offset_probe(o, sent, sent + 500 + base_us, sent + 1000, &step),
		                 i == OFFSET_PROBES - 1 ? OFFSET_DONE : OFFSET_MORE);
	}
	return step;
}

static void the_shortest_round_trip_counts(void **state)
{
	const int64_t base = 1000000000000;
	struct offset o = { 0 };
	int64_t step;

	(void)state;
	/* Three slow answers, late on the way back, and a quick one between them. */
	assert_int_equal(offset_probe(&o, 1000, 1100 + base, 801000, &step), OFFSET_MORE);
	assert_int_equal(offset_probe(&o, 2000000, 2000500 + base, 2001000, &step), OFFSET_MORE);
	assert_int_equal(offset_probe(&o, 3000000, 3000100 + base, 3900000, &step), OFFSET_MORE);
	assert_false(o.known);
	assert_int_equal(offset_probe(&o, 4000000, 4000100 + base, 4900000, &step), OFFSET_DONE);
	assert_true(o.known);
	assert_int_equal(o.base_us, base);
	assert_int_equal(o.rtt_us, 1000);
	assert_int_equal(step, 0);
}

static void impossible_answers_are_left_out(void **state)
{
	struct offset o = { 0 };
	int64_t step = 7;

	(void)state;
	assert_int_equal(offset_probe(&o, 2000, 5, 1000, &step), OFFSET_BAD);
	assert_int_equal(step, 0);
	assert_int_equal(offset_probe(&o, 0, 5, OFFSET_MAX_RTT_US + 1, &step), OFFSET_BAD);
	assert_int_equal(offset_probe(&o, 0, -5, 10, &step), OFFSET_BAD);
	assert_int_equal(offset_probe(&o, 0, INT64_MAX, 10, &step), OFFSET_BAD);
	assert_int_equal(o.probes, 0);
}

static void a_wall_clock_step_shows_in_the_offset_and_not_in_stamps(void **state)
{
	struct offset o = { 0 };
	struct moment before = { 10000, 5000000 }, after = { 11000, 5001000 - 86400000 };

	(void)state;
	assert_int_equal(offset_true_ms(&o, before), 5000000);
	assert_int_equal(offset_ms(&o, before), 0);
	(void)round_of(&o, 9000000, 5000000000);
	assert_int_equal(offset_true_ms(&o, before), 5010000);
	assert_int_equal(offset_true_ms(&o, after), 5011000);
	assert_int_equal(offset_ms(&o, before), 10000);
	assert_int_equal(offset_ms(&o, after), 10000 + 86400000);
}

static void a_step_of_our_own_clock_is_told_once(void **state)
{
	struct offset o = { 0 };

	(void)state;
	assert_int_equal(offset_wall_step_ms(&o, (struct moment){ 1000, 900000 }), 0);
	assert_int_equal(offset_wall_step_ms(&o, (struct moment){ 2000, 901900 }), 0);
	assert_int_equal(offset_wall_step_ms(&o, (struct moment){ 3000, 900900 + 3600000 }),
	                 3600000 - 2000);
	assert_int_equal(offset_wall_step_ms(&o, (struct moment){ 4000, 901900 + 3600000 }), 0);
}

static void a_step_of_the_servers_clock_is_told(void **state)
{
	struct offset o = { 0 };

	(void)state;
	assert_int_equal(round_of(&o, 1000000, 1600000000000000), 0);
	assert_int_equal(round_of(&o, 61000000, 1600000000900000), 0);
	assert_int_equal(round_of(&o, 121000000, 1600000000900000 - 86400000000), -86400000);
	assert_int_equal(o.base_us, 1600000000900000 - 86400000000);
}

RUN_TESTS(cmocka_unit_test(the_shortest_round_trip_counts),
          cmocka_unit_test(impossible_answers_are_left_out),
          cmocka_unit_test(a_wall_clock_step_shows_in_the_offset_and_not_in_stamps),
          cmocka_unit_test(a_step_of_our_own_clock_is_told_once),
          cmocka_unit_test(a_step_of_the_servers_clock_is_told))
