/*
 * test_table.c - rows for terminals and spreadsheets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/table.c" /* the unit under test, statics and all */

static const struct column columns[] = {
	{ "name", "NAME", LOOK_TEXT },
	{ "cpu", "CPU", LOOK_PERCENT },
	{ "seen", "SEEN", LOOK_AGE },
};

/* What table_print() writes; the caller frees. */
static char *printed(enum output how, const char *rows_text)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	AUTO_JSON json_t *rows = json_parse(str_of(rows_text), &err);

	assert_non_null(rows);
	table_print(out, how, columns, COUNT_OF(columns), rows, 1000000);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void columns_line_up_even_with_chinese_names(void **state)
{
	(void)state;
	AUTO_FREE char *text =
		printed(OUTPUT_TABLE, "[{\"name\":\"主机一\",\"cpu\":12.34,\"seen\":997000},"
	                              "{\"name\":\"a\",\"cpu\":null}]");

	assert_string_equal(text, "NAME       CPU  SEEN\n"
	                          "主机一  12.3 %   3 s\n"
	                          "a            -     -\n");
}

static void a_host_name_cannot_drive_the_terminal(void **state)
{
	(void)state;
	AUTO_FREE char *text = printed(OUTPUT_TABLE, "[{\"name\":\"a\\u001b[2Jb\"}]");
	AUTO_FREE char *c1 = printed(OUTPUT_CSV, "[{\"name\":\"a\\u009b2J\"}]");

	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "a?[2Jb"));
	assert_non_null(strstr(c1, "a??2J"));
}

static void csv_quotes_and_disarms_formulas(void **state)
{
	(void)state;
	AUTO_FREE char *text =
		printed(OUTPUT_CSV, "[{\"name\":\"=1+1\",\"cpu\":-1.5},{\"name\":\"a,\\\"b\"}]");

	assert_string_equal(text, "name,cpu,seen\r\n"
	                          "\"'=1+1\",-1.5,\r\n"
	                          "\"a,\"\"b\",,\r\n");
}

static void ages_grow_coarser(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} cases[] = { { -5, "0 s" },          { 1999, "1 s" },    { 119000, "119 s" },
		      { 120000, "2 min" },    { 7200000, "2 h" }, { 86400000, "24 h" },
		      { 3 * 86400000, "3 d" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf b = BUF(64);

		add_age(&b, cases[i].ms);
		assert_string_equal(buf_cstr(&b), cases[i].want);
	}
}

RUN_TESTS(cmocka_unit_test(columns_line_up_even_with_chinese_names),
          cmocka_unit_test(a_host_name_cannot_drive_the_terminal),
          cmocka_unit_test(csv_quotes_and_disarms_formulas), cmocka_unit_test(ages_grow_coarser))
