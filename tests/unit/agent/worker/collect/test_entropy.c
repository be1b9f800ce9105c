/*
 * test_entropy.c - randomness held ready.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/entropy.c" /* the unit under test, statics and all */

static void bits_are_read_from_two_kernels(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_entropy, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "entropy.available", ""), 3421);
	spy_close(&s);
	spy_open(&s, &collector_entropy, "linux-6.18");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "entropy.available", ""), 256);
	spy_close(&s);
}

static void parse_failure_keeps_the_result(void **state)
{
	struct err err = { 0 };
	uint64_t v = 7;

	(void)state;
	assert_int_equal(entropy_parse(STR("-1\n"), &v, &err), -EPROTO);
	assert_string_equal(err.msg, "bad number '-1'");
	assert_int_equal(v, 7);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_entropy,
	          "read /proc/sys/kernel/random/entropy_avail: No such file or directory");
}

RUN_TESTS(cmocka_unit_test(bits_are_read_from_two_kernels),
          cmocka_unit_test(parse_failure_keeps_the_result),
          cmocka_unit_test(an_empty_tree_is_named))
