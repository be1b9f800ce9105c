/*
 * test_log.c - a reader of our log who stops reading.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

/* With the pipe full: logs twice and says with what it ended. */
static void a_full_pipe_drops_lines_and_counts_them(void **state)
{
	int ends[2], saved = dup(STDERR_FILENO);
	char text[4096] = "";

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_set_nonblock(ends[1], true), 0);
	while (write(ends[1], text, sizeof(text)) > 0)
		;
	assert_int_equal(fd_set_nonblock(ends[1], false), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_warn("one"); /* would never come back */
	log_warn("two");
	assert_int_equal(fd_set_nonblock(ends[0], true), 0);
	while (read(ends[0], text, sizeof(text)) > 0)
		;
	log_warn("three");
	ssize_t n = read(ends[0], text, sizeof(text) - 1);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "(2 lines of the log were dropped)\n"));
	assert_non_null(strstr(text, "warn three\n"));
	assert_null(strstr(text, "one"));
}

RUN_TESTS(cmocka_unit_test(a_full_pipe_drops_lines_and_counts_them))
