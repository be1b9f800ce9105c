/*
 * test_command.c - the RESP writer, and that the reader takes what it writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "bus/command.h"
#include "bus/reply.h"

static void a_command_is_an_array_of_bulk_strings(void **state)
{
	const struct str args[] = { STR("SET"), STR("a\0b"), STR(""), { NULL, 0 } };
	static const char want[] = "*4\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n$0\r\n\r\n";
	char out[64];

	(void)state;
	assert_int_equal(command_size(args, 4), sizeof(want) - 1);
	assert_ptr_equal(command_write(out, args, 4), out + sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
}

static void no_arguments_and_too_many_have_no_size(void **state)
{
	(void)state;
	assert_int_equal(command_size(NULL, 0), 0);
	assert_int_equal(command_size(NULL, COMMAND_MAX_ARGS + 1), 0);
}

static void lengths_of_every_number_of_digits_come_back(void **state)
{
	AUTO_FREE char *big = xcalloc(1, 1000001);
	AUTO_FREE char *out = xcalloc(1, 1000100);
	struct err err = { 0 };

	(void)state;
	memset(big, 'x', 1000001);
	for (size_t len = 9; len <= 1000001; len = len % 10 == 9 ? len + 1 : len * 10 - 1) {
		const struct str arg = { big, len };
		struct reply_reader *rr = reply_reader_new(NULL);
		const struct reply *reply = NULL;
		size_t size = command_size(&arg, 1);

		assert_ptr_equal(command_write(out, &arg, 1), out + size);
		reply_reader_feed(rr, out, size);
		assert_int_equal(reply_reader_next(rr, &reply, &err), 1);
		assert_int_equal(reply_item(reply, 0)->text.len, len);
		reply_reader_free(rr);
	}
}

RUN_TESTS(cmocka_unit_test(a_command_is_an_array_of_bulk_strings),
          cmocka_unit_test(no_arguments_and_too_many_have_no_size),
          cmocka_unit_test(lengths_of_every_number_of_digits_come_back))
