/*
 * test_cpu.c - processor time by mode.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/cpu.c" /* the unit under test, statics and all */

static void guests_are_taken_out_of_user_and_nice(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_cpu, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "cpu.user", ""), 10132153 - 175628);
	assert_int_equal(spy_value(&s, "cpu.nice", ""), 290696 - 5000);
	assert_int_equal(spy_value(&s, "cpu.guest", ""), 175628);
	assert_int_equal(spy_value(&s, "cpu.guest_nice", ""), 5000);
	assert_int_equal(spy_value(&s, "cpu.idle", ""), 46828483);
	assert_int_equal(spy_value(&s, "cpu.core_user", "core=0"), 2532153 - 100000);
	spy_close(&s);
}

static void a_core_that_is_offline_is_not_there(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_cpu, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "cpu.count", ""), 3);
	assert_true(spy_has(&s, "cpu.core_idle", "core=3"));
	assert_false(spy_has(&s, "cpu.core_idle", "core=2"));
	assert_int_equal(spy_value(&s, "cpu.ctxt", ""), 38014093);
	assert_int_equal(spy_value(&s, "cpu.interrupts", ""), 199292);
	assert_int_equal(spy_value(&s, "cpu.softirqs", ""), 5057579);
	spy_close(&s);
}

static void the_series_stay_the_same_from_cycle_to_cycle(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_cpu, "linux-6.18");
	assert_int_equal(spy_run(&s), 0);
	struct schema *first = schema_ref(s.sample.schema);
	assert_int_equal(spy_run(&s), 0);
	assert_ptr_equal(s.sample.schema, first);
	assert_int_equal(first->n, 4 + 3 * 10);
	schema_unref(first);
	spy_close(&s);
}

static void a_core_that_comes_gets_its_own_tag(void **state)
{
	struct cpu c = { .hz = 100 };
	struct tags *zero = core_tags(&c, 0, 0), *two = core_tags(&c, 1, 2);

	(void)state;
	assert_string_equal(two->text, "core=2");
	assert_ptr_equal(core_tags(&c, 0, 0), zero);
	assert_string_equal(core_tags(&c, 1, 1)->text, "core=1");
	cpu_close(&c);
}

static void too_few_modes_are_refused(void **state)
{
	struct cpu_reading r = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(cpu_parse(STR("cpu  1 2 3\n"), &r, &err), -EPROTO);
	assert_int_equal(cpu_parse(STR("cpu  1 2 3 4\ncpu0 1 2\n"), &r, &err), -EPROTO);
	assert_string_equal(err.msg, "bad line 'cpu0 1 2'");
	assert_int_equal(cpu_parse(STR("cpu  1 2 3 4\n"), &r, &err), 0);
	assert_int_equal(r.all.n, 4);
	free(r.cores);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_cpu, "read /proc/stat: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_cpu, "parse /proc/stat: bad line 'cpu18446744073709551616 1 2 3 4'");
}

RUN_TESTS(cmocka_unit_test(guests_are_taken_out_of_user_and_nice),
          cmocka_unit_test(a_core_that_is_offline_is_not_there),
          cmocka_unit_test(the_series_stay_the_same_from_cycle_to_cycle),
          cmocka_unit_test(a_core_that_comes_gets_its_own_tag),
          cmocka_unit_test(too_few_modes_are_refused), cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
