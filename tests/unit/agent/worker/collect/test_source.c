/*
 * test_source.c - files read once a cycle, in pieces, gone and back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/collect/source.h"
#include "base/fd.h"

struct dir {
	char path[64];
	int fd;
};

static int make_dir(void **state)
{
	struct dir *d = calloc(1, sizeof(*d));

	(void)snprintf(d->path, sizeof(d->path), "/tmp/muster-source-XXXXXX");
	assert_non_null(mkdtemp(d->path));
	d->fd = open(d->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = d;
	return 0;
}

static int drop_dir(void **state)
{
	struct dir *d = *state;

	(void)unlinkat(d->fd, "f", 0);
	fd_close(&d->fd);
	(void)rmdir(d->path);
	free(d);
	return 0;
}

static void put(const struct dir *d, const char *bytes, size_t len)
{
	AUTO_CLOSE int fd = openat(d->fd, "f", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, len), 0);
}

static void a_text_is_read_once_a_cycle(void **state)
{
	struct dir *d = *state;
	struct sources *all = sources_new(d->fd);
	struct source *f = source_get(all, "f", SOURCE_WHOLE);
	struct err err = { 0 };
	struct str text;

	put(d, "one", 3);
	assert_ptr_equal(source_get(all, "f", SOURCE_WHOLE), f);
	sources_next(all, 1);
	assert_int_equal(source_text(f, &text, &err), 0);
	assert_str(text, "one");
	put(d, "two", 3);
	assert_int_equal(source_text(f, &text, &err), 0);
	assert_str(text, "one");
	sources_next(all, 2);
	assert_int_equal(source_text(f, &text, &err), 0);
	assert_str(text, "two");
	sources_free(all);
}

static void long_texts_come_whole_in_every_shape(void **state)
{
	static const enum source_shape shapes[] = { SOURCE_WHOLE, SOURCE_PIECES, SOURCE_RECORDS };
	static const size_t lengths[] = { 0, 1, 2047, 2048, 4095, 4096, 4097, 8192, 100000 };
	struct dir *d = *state;
	struct err err = { 0 };
	char *bytes = malloc(100000);

	memset(bytes, 'x', 100000);
	for (size_t i = 0; i < COUNT_OF(shapes) * COUNT_OF(lengths); i++) {
		struct sources *all = sources_new(d->fd);
		size_t len = lengths[i % COUNT_OF(lengths)];
		struct str text;

		put(d, bytes, len);
		sources_next(all, 1);
		struct source *f = source_get(all, "f", shapes[i / COUNT_OF(lengths)]);
		assert_int_equal(source_text(f, &text, &err), 0);
		assert_int_equal(text.len, len);
		sources_free(all);
	}
	free(bytes);
}

static void a_missing_file_is_looked_for_again_after_a_while(void **state)
{
	struct dir *d = *state;
	struct sources *all = sources_new(d->fd);
	struct source *f = source_get(all, "f", SOURCE_WHOLE);
	struct err err = { 0 };
	struct str text;

	sources_next(all, 1);
	assert_int_equal(source_text(f, &text, &err), -ENOENT);
	assert_string_equal(err.msg, "read /f: No such file or directory");
	put(d, "here", 4);
	sources_next(all, 2);
	assert_int_equal(source_text(f, &text, &err), -ENOENT);
	sources_next(all, 1 + SOURCE_RETRY);
	assert_int_equal(source_text(f, &text, &err), 0);
	assert_str(text, "here");
	sources_free(all);
}

static void a_file_without_end_is_refused(void **state)
{
	struct dir *d = *state;
	struct sources *all = sources_new(d->fd);
	struct err err = { 0 };
	struct str text;

	assert_int_equal(symlinkat("/dev/zero", d->fd, "f"), 0);
	sources_next(all, 1);
	assert_int_equal(source_text(source_get(all, "f", SOURCE_RECORDS), &text, &err), -EFBIG);
	sources_free(all);
}

static void mountinfo_tells_when_it_changed(void **state)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sources *all = sources_new(root);
	struct source *f = source_get(all, "proc/self/mountinfo", SOURCE_RECORDS);
	struct err err = { 0 };
	struct str text;

	(void)state;
	sources_next(all, 1);
	assert_true(source_changed(f));
	if (source_text(f, &text, &err) == 0)
		(void)source_changed(f); /* others may mount meanwhile: no more can be said here */
	sources_free(all);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

RUN_TESTS(WITH_DIR(a_text_is_read_once_a_cycle), WITH_DIR(long_texts_come_whole_in_every_shape),
          WITH_DIR(a_missing_file_is_looked_for_again_after_a_while),
          WITH_DIR(a_file_without_end_is_refused), WITH_DIR(mountinfo_tells_when_it_changed))
