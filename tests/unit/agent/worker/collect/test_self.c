/*
 * test_self.c - the agent's own cost.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/self.c" /* the unit under test, statics and all */

static void the_loop_says_what_it_knows(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_self, "linux-3.10");
	s.cx.self = (struct collect_self){ .missed = 3, .offset_us = -1500, .has_offset = true };
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "self.rss", ""), 1024 * sysconf(_SC_PAGESIZE));
	assert_int_equal(spy_value(&s, "self.missed", ""), 3);
	assert_int_equal(spy_value(&s, "self.offset", ""), -1500);
	assert_true(spy_value(&s, "self.cpu", "") > 0);
	assert_true(spy_value(&s, "self.cycle", "") >= 0);
	s.cx.self.has_offset = false;
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "self.offset", "") == SAMPLE_ABSENT);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_self, "read /proc/self/statm: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_self, "parse /proc/self/statm: want at least two numbers");
}

RUN_TESTS(cmocka_unit_test(the_loop_says_what_it_knows), cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
