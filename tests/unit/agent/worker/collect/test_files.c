/*
 * test_files.c - open file handles.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/files.c" /* the unit under test, statics and all */

static void handles_and_their_limit(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_files, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "files.open", ""), 3264);
	assert_int_equal(spy_value(&s, "files.limit", ""), 1602348);
	spy_close(&s);
	spy_open(&s, &collector_files, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "files.limit", "") == INT64_MAX);
	spy_close(&s);
}

static void parse_failure_says_why_and_keeps_the_result(void **state)
{
	struct err err = { 0 };
	uint64_t v[N_METRICS] = { 7, 8 };

	(void)state;
	assert_int_equal(files_parse(STR("12\t0\t9x\n"), v, &err), -EPROTO);
	assert_string_equal(err.msg, "bad limit '9x'");
	assert_int_equal(files_parse(STR("12\t0\t9\nmore"), v, &err), -EPROTO);
	assert_int_equal(v[OPEN], 7);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_files, "read /proc/sys/fs/file-nr: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_files, "parse /proc/sys/fs/file-nr: bad handle count '12x'");
}

RUN_TESTS(cmocka_unit_test(handles_and_their_limit),
          cmocka_unit_test(parse_failure_says_why_and_keeps_the_result),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
