/*
 * test_corpus.c - every input the fuzzer keeps, with whatever compiler is at hand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/fd.h"
#include "fuzz/fuzz_http.c"

static void every_input_of_the_corpus_is_survived(void **state)
{
	(void)state;
	static char bytes[65536];
	AUTO_CLOSE int dir = open(CORPUS "/http", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fdopendir(fcntl(dir, F_DUPFD_CLOEXEC, 0));
	unsigned n = 0;

	assert_non_null(names);
	for (struct dirent *e = readdir(names); e != NULL; e = readdir(names)) {
		if (e->d_name[0] == '.')
			continue;
		AUTO_CLOSE int fd = openat(dir, e->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t len = fd_read_all(fd, bytes, sizeof(bytes));

		assert_true(len > 0);
		assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)bytes, (size_t)len), 0);
		n++;
	}
	(void)closedir(names);
	assert_true(n > 40);
}

RUN_TESTS(cmocka_unit_test(every_input_of_the_corpus_is_survived))
