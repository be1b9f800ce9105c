/*
 * test_mem.c - memory of three kernels.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/mem.c" /* the unit under test, statics and all */

static void an_old_kernel_has_no_estimate_of_what_is_available(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_mem, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "mem.total", "") == 16268044LL * 1024);
	assert_true(spy_value(&s, "mem.cached", "") == 12345678LL * 1024);
	assert_false(spy_has(&s, "mem.available", ""));
	assert_int_equal(spy_value(&s, "mem.huge_total", ""), 4);
	assert_int_equal(spy_value(&s, "mem.huge_size", ""), 2048 * 1024);
	spy_close(&s);
	spy_open(&s, &collector_mem, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "mem.available", "") == 6123456LL * 1024);
	spy_close(&s);
}

static void remembering_lines_changes_nothing(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_mem, "linux-6.18");
	assert_int_equal(spy_run(&s), 0);
	struct schema *first = schema_ref(s.sample.schema);
	int64_t shared = spy_value(&s, "mem.shared", "");
	assert_int_equal(spy_run(&s), 0);
	assert_ptr_equal(s.sample.schema, first);
	assert_int_equal(spy_value(&s, "mem.shared", ""), shared);
	schema_unref(first);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_mem, "read /proc/meminfo: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_mem, "parse /proc/meminfo: bad value '-5 kB' of MemFree");
}

RUN_TESTS(cmocka_unit_test(an_old_kernel_has_no_estimate_of_what_is_available),
          cmocka_unit_test(remembering_lines_changes_nothing),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
