/*
 * test_uptime.c - how long the kernel runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/uptime.c" /* the unit under test, statics and all */

static void seconds_become_hundredths(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_uptime, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "uptime.seconds", ""), 864012345);
	spy_close(&s);
	spy_open(&s, &collector_uptime, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "uptime.seconds", ""), 3502);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_uptime, "read /proc/uptime: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_uptime,
	            "parse /proc/uptime: bad uptime '99999999999999999999999999.9'");
}

RUN_TESTS(cmocka_unit_test(seconds_become_hundredths), cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
