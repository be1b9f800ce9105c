/*
 * test_vmstat.c - paging and reclaim of three kernels.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/vmstat.c" /* the unit under test, statics and all */

static void zones_of_old_kernels_are_added_up(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_vmstat, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "vmstat.stolen_kswapd", ""), 2100);
	assert_int_equal(spy_value(&s, "vmstat.stolen_direct", ""), 210);
	assert_int_equal(spy_value(&s, "vmstat.scanned_kswapd", ""), 321);
	assert_int_equal(spy_value(&s, "vmstat.scanned_direct", ""), 54);
	assert_int_equal(spy_value(&s, "vmstat.stalls", ""), 77);
	assert_false(spy_has(&s, "vmstat.oom_kills", ""));
	assert_true(spy_value(&s, "vmstat.paged_in", "") == 18234567LL * 1024);
	spy_close(&s);
}

static void newer_kernels_split_other_things(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_vmstat, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "vmstat.stalls", ""), 6);
	assert_int_equal(spy_value(&s, "vmstat.refaults", ""), 7);
	assert_int_equal(spy_value(&s, "vmstat.oom_kills", ""), 2);
	assert_int_equal(spy_value(&s, "vmstat.scanned_direct", ""), 60);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_vmstat, "read /proc/vmstat: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_vmstat,
	            "parse /proc/vmstat: bad value '18446744073709551616' of pgpgin");
}

RUN_TESTS(cmocka_unit_test(zones_of_old_kernels_are_added_up),
          cmocka_unit_test(newer_kernels_split_other_things),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
