/*
 * test_load.c - load averages of three kernels and of none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/load.c" /* the unit under test, statics and all */

static void three_averages_become_hundredths(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_load, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "load.1", ""), 127);
	assert_int_equal(spy_value(&s, "load.5", ""), 98);
	assert_int_equal(spy_value(&s, "load.15", ""), 77);
	spy_close(&s);
	spy_open(&s, &collector_load, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "load.15", ""), 1);
	spy_close(&s);
}

static void parse_failure_keeps_the_result(void **state)
{
	int64_t v[N_METRICS] = { 7, 8, 9 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(load_parse(STR("0.1 0.2"), v, &err), -EPROTO);
	assert_string_equal(err.msg, "want three averages");
	assert_int_equal(v[0], 7);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_load, "read /proc/loadavg: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_load, "parse /proc/loadavg: bad average 'nan'");
}

RUN_TESTS(cmocka_unit_test(three_averages_become_hundredths),
          cmocka_unit_test(parse_failure_keeps_the_result),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
