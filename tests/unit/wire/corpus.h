/*
 * corpus.h - runs a fuzz target over the inputs it keeps, with whatever compiler is at hand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_WIRE_CORPUS_H
#define TESTS_UNIT_WIRE_CORPUS_H

#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/fd.h"

/* Hands every file of `folder` to `target`; returns how many there were. */
static inline unsigned corpus_run(const char *folder, int (*target)(const uint8_t *, size_t))
{
	static char bytes[65536];
	AUTO_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fdopendir(fcntl(dir, F_DUPFD_CLOEXEC, 0));
	unsigned n = 0;

	assert_non_null(names);
	for (struct dirent *e = readdir(names); e != NULL; e = readdir(names)) {
		if (e->d_name[0] == '.')
			continue;
		AUTO_CLOSE int fd = openat(dir, e->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t len = fd_read_all(fd, bytes, sizeof(bytes));

		assert_true(len >= 0);
		assert_int_equal(target((const uint8_t *)bytes, (size_t)len), 0);
		n++;
	}
	(void)closedir(names);
	return n;
}

#endif
