/*
 * test_worker_record.c - the contract's array, as our agents and as others write it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/checkstate.h"

static void the_contracts_array_is_read(void **state)
{
	struct worker_record r;

	(void)state;
	assert_true(
		worker_record_read(STR("[1732140000,\"10.0.0.7\",\"web\\u002d1.example\",45,91]"),
	                           STR("10.0.0.7"), &r));
	assert_int_equal(r.updatetime_s, 1732140000);
	assert_string_equal(r.ip, "10.0.0.7");
	assert_string_equal(r.hostname, "web-1.example");
	assert_int_equal(r.mem, 45);
	assert_int_equal(r.disk, 91);
}

static void numbers_in_quotes_decimals_and_null_are_understood(void **state)
{
	struct worker_record r;

	(void)state;
	assert_true(worker_record_read(
		STR(" [ \"1732140000.5\", \"10.0.0.7\", \"a\", \"45.9\", null ] "), STR(""), &r));
	assert_int_equal(r.updatetime_s, 1732140000);
	assert_int_equal(r.mem, 45);
	assert_int_equal(r.disk, -1);
	assert_true(worker_record_read(STR("[1,\"::1\",null,250,-3]"), STR("::1"), &r));
	assert_string_equal(r.hostname, "");
	assert_int_equal(r.mem, 100);
	assert_int_equal(r.disk, -1);
}

static void a_list_of_five_fields_is_the_same(void **state)
{
	const struct str list[5] = { STR("1732140000"), STR("10.0.0.7"), STR("a"), STR("1"),
		                     STR("") };
	struct worker_record r;

	(void)state;
	assert_true(worker_record_fields(list, STR("10.0.0.7"), &r));
	assert_int_equal(r.mem, 1);
	assert_int_equal(r.disk, -1);
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"null",
		"[1,\"10.0.0.7\",\"a\",1]",
		"[1,\"10.0.0.7\",\"a\",1,2,3]",
		"[1,\"10.0.0.7\",\"a\",1,2] x",
		"[-1,\"10.0.0.7\",\"a\",1,2]",
		"[null,\"10.0.0.7\",\"a\",1,2]",
		"[1,\"10.0.0.8\",\"a\",1,2]",
		"[1,\"\",\"a\",1,2]",
		"[1,\"10.0.0.7\",\"a\",[1],2]",
		"[1,\"10.0.0.7\",\"a\",true,2]",
		"[1,\"10.0.0.7\",\"a\\u0000b\",1,2]",
		"[1e999,\"10.0.0.7\",\"a\",1,2]",
		"[1,\"10.0.0.7\",\"a\",1,2",
	};
	struct worker_record r = { .mem = 77 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (worker_record_read(str_of(bad[i]), STR("10.0.0.7"), &r))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(r.mem, 77);
}

RUN_TESTS(cmocka_unit_test(the_contracts_array_is_read),
          cmocka_unit_test(numbers_in_quotes_decimals_and_null_are_understood),
          cmocka_unit_test(a_list_of_five_fields_is_the_same),
          cmocka_unit_test(anything_else_is_refused_and_changes_nothing))
