/*
 * test_pressure.c - pressure stall information, where there is any.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/pressure.c" /* the unit under test, statics and all */

static void kinds_a_kernel_lacks_are_not_there(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_pressure, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "pressure.cpu_some_avg10", ""), 125);
	assert_int_equal(spy_value(&s, "pressure.cpu_some_total", ""), 123456789);
	assert_false(spy_has(&s, "pressure.cpu_full_avg10", ""));
	assert_int_equal(spy_value(&s, "pressure.io_full_avg300", ""), 300);
	assert_false(spy_has(&s, "pressure.irq_full_total", ""));
	spy_close(&s);
	spy_open(&s, &collector_pressure, "linux-6.18");
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_has(&s, "pressure.cpu_full_avg10", ""));
	spy_close(&s);
}

static void a_kernel_without_it_is_normal(void **state)
{
	struct spy s;

	(void)state;
	assert_true(collector_pressure.optional);
	spy_open(&s, &collector_pressure, "linux-3.10");
	assert_int_equal(spy_run(&s), -ENOENT);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_pressure, "this kernel has no /proc/pressure");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_pressure,
	            "parse /proc/pressure/cpu: bad line 'some avg10=1e9 avg60=0 avg300=0 total=0'");
}

RUN_TESTS(cmocka_unit_test(kinds_a_kernel_lacks_are_not_there),
          cmocka_unit_test(a_kernel_without_it_is_normal), cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
