/*
 * test_str.c - cutting and reading borrowed text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

static void numbers_are_read_whole_or_not_at_all(void **state)
{
	uint64_t u = 7;
	int64_t i = 7;

	(void)state;
	assert_true(str_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_u64(STR("18446744073709551616"), &u));
	assert_false(str_u64(STR("99999999999999999999"), &u));
	assert_false(str_u64(STR("12x"), &u));
	assert_false(str_u64(STR(""), &u));
	assert_false(str_u64(STR("-1"), &u));
	assert_true(str_i64(STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_false(str_i64(STR("9223372036854775808"), &i));
}

static void decimals_become_mantissas(void **state)
{
	int64_t v = 0;

	(void)state;
	assert_true(str_fixed(STR("0.52"), 2, &v));
	assert_int_equal(v, 52);
	assert_true(str_fixed(STR("-3"), 3, &v));
	assert_int_equal(v, -3000);
	assert_true(str_fixed(STR("1.98765"), 2, &v));
	assert_int_equal(v, 198);
	assert_true(str_fixed(STR("1.5"), 0, &v));
	assert_int_equal(v, 1);
	assert_false(str_fixed(STR("1."), 2, &v));
	assert_false(str_fixed(STR(".5"), 2, &v));
	assert_false(str_fixed(STR("1.5x"), 0, &v));
	assert_false(str_fixed(STR("9223372036854775807"), 1, &v));
}

static void doubles_are_plain_decimals(void **state)
{
	double v = 0;

	(void)state;
	assert_true(str_double(STR("-1.5e2"), &v));
	assert_true(v == -150);
	assert_false(str_double(STR("nan"), &v));
	assert_false(str_double(STR("0x10"), &v));
	assert_false(str_double(STR("1e999"), &v));
	assert_false(str_double(STR(""), &v));
}

static void text_is_cut_into_lines_and_words(void **state)
{
	struct str text = STR("a  b\n\nlast"), line, word;

	(void)state;
	assert_true(str_line(&text, &line));
	assert_true(str_word(&line, &word));
	assert_str(word, "a");
	assert_true(str_word(&line, &word));
	assert_str(word, "b");
	assert_false(str_word(&line, &word));
	assert_true(str_line(&text, &line));
	assert_int_equal(line.len, 0);
	assert_true(str_line(&text, &line));
	assert_str(line, "last");
	assert_false(str_line(&text, &line));
}

static void a_missing_separator_changes_nothing(void **state)
{
	struct str text = STR("abc"), field = STR("kept");

	(void)state;
	assert_false(str_cut(&text, ':', &field));
	assert_str(text, "abc");
	assert_str(field, "kept");
}

static void hex_goes_both_ways(void **state)
{
	uint8_t b[3] = { 0 };
	char text[7];

	(void)state;
	assert_true(hex_decode(STR("00fFa1"), b, 3));
	hex_encode(b, 3, text);
	assert_string_equal(text, "00ffa1");
	assert_false(hex_decode(STR("00ffa"), b, 3));
	assert_false(hex_decode(STR("00ffag"), b, 3));
}

static void utf8_refuses_what_is_not(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(STR("主机 \xf0\x9f\x98\x80")));
	assert_false(utf8_is_valid(STR("\xc0\x80")));
	assert_false(utf8_is_valid(STR("\xe0\x80\x80")));
	assert_false(utf8_is_valid(STR("\xed\xa0\x80")));
	assert_false(utf8_is_valid(STR("\xf4\x90\x80\x80")));
	assert_false(utf8_is_valid(STR("\xe4\xb8")));
	assert_false(utf8_is_valid(STR("\xff")));
}

static void a_copy_that_does_not_fit_is_empty(void **state)
{
	char b[4] = "old";

	(void)state;
	assert_true(str_copy(STR("abc"), b, sizeof(b)));
	assert_string_equal(b, "abc");
	assert_false(str_copy(STR("abcd"), b, sizeof(b)));
	assert_string_equal(b, "");
	assert_false(str_copy(STR("a\0b"), b, sizeof(b)));
}

RUN_TESTS(cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
          cmocka_unit_test(decimals_become_mantissas), cmocka_unit_test(doubles_are_plain_decimals),
          cmocka_unit_test(text_is_cut_into_lines_and_words),
          cmocka_unit_test(a_missing_separator_changes_nothing),
          cmocka_unit_test(hex_goes_both_ways), cmocka_unit_test(utf8_refuses_what_is_not),
          cmocka_unit_test(a_copy_that_does_not_fit_is_empty))
