/*
 * test_identity.c - the host's id over restarts, repairs and copies.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "agent/worker/identity.c"
#include "tests/unit/agent/tree.h"

static struct identity load(const struct tree *t, const char *installation, const char *machine)
{
	struct identity_marks marks = { 0 };
	struct identity id = { 0 };
	struct err err = { 0 };

	(void)str_copy(str_of(installation), marks.installation, sizeof(marks.installation));
	(void)str_copy(str_of(machine), marks.machine, sizeof(marks.machine));
	assert_int_equal(identity_load(t->fd, &marks, 1732140000123, &id, &err), 0);
	assert_true(host_id_is_set(id.id));
	return id;
}

static void an_id_is_made_once_and_kept(void **state)
{
	struct tree *t = *state;
	struct stat st;
	struct identity first = load(t, "inst1", "mach1");

	assert_int_equal(first.news, IDENTITY_NEW);
	assert_true(first.created_ms == 1732140000123);
	assert_int_equal(fstatat(t->fd, "identity", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (int i = 0; i < 3; i++) {
		struct identity again = load(t, "inst1", "mach1");

		assert_int_equal(again.news, IDENTITY_KNOWN);
		assert_true(host_id_eq(again.id, first.id));
		assert_true(again.created_ms == first.created_ms);
	}
}

static void two_hosts_never_get_one_id(void **state)
{
	struct tree *t = *state;
	struct identity a = load(t, "", "");

	assert_int_equal(unlinkat(t->fd, "identity", 0), 0);
	struct identity b = load(t, "", "");
	assert_false(host_id_eq(a.id, b.id));
}

static void one_changed_mark_is_the_same_host(void **state)
{
	struct tree *t = *state;
	struct identity first = load(t, "inst1", "mach1");
	struct identity board = load(t, "inst1", "mach2");

	assert_int_equal(board.news, IDENTITY_MOVED);
	assert_true(host_id_eq(board.id, first.id));
	assert_int_equal(load(t, "inst1", "mach2").news, IDENTITY_KNOWN);
	assert_int_equal(load(t, "inst2", "mach2").news, IDENTITY_MOVED);
	assert_int_equal(load(t, "inst2", "mach2").news, IDENTITY_KNOWN);
}

static void both_changed_is_a_copy_with_an_id_of_its_own(void **state)
{
	struct tree *t = *state;
	struct identity first = load(t, "inst1", "mach1");
	struct identity copy = load(t, "inst2", "mach2");

	assert_int_equal(copy.news, IDENTITY_COPY);
	assert_false(host_id_eq(copy.id, first.id));
	assert_true(host_id_eq(copy.was, first.id));
	struct identity again = load(t, "inst2", "mach2");
	assert_int_equal(again.news, IDENTITY_KNOWN);
	assert_true(host_id_eq(again.id, copy.id));
	assert_true(host_id_eq(again.was, first.id));
}

static void what_cannot_be_read_now_is_not_forgotten(void **state)
{
	struct tree *t = *state;
	struct identity first = load(t, "inst1", "mach1");

	/* As another user: the firmware's uuid is out of reach. */
	assert_int_equal(load(t, "inst1", "").news, IDENTITY_KNOWN);
	assert_int_equal(load(t, "inst2", "").news, IDENTITY_MOVED);
	assert_true(host_id_eq(load(t, "inst2", "mach1").id, first.id));
	assert_int_equal(load(t, "inst3", "mach3").news, IDENTITY_COPY);
}

static void a_mark_learned_later_is_kept(void **state)
{
	struct tree *t = *state;

	(void)load(t, "", "");
	assert_int_equal(load(t, "inst1", "mach1").news, IDENTITY_KNOWN);
	assert_int_equal(load(t, "inst2", "mach2").news, IDENTITY_COPY);
}

static void a_file_that_is_no_identity_is_put_aside(void **state)
{
	static const char *const bad[] = { "", "id = 12\n",
		                           "id = 00000000000000000000000000000000\n", "x",
		                           "id = 0123456789abcdef0123456789abcdef\nwas = 7\n" };
	struct tree *t = *state;
	struct stat st;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		tree_file(t, "identity", bad[i]);
		assert_int_equal(load(t, "inst1", "mach1").news, IDENTITY_LOST);
		assert_int_equal(fstatat(t->fd, "identity.bad", &st, 0), 0);
		assert_int_equal(load(t, "inst1", "mach1").news, IDENTITY_KNOWN);
	}
}

static void a_folder_that_keeps_nothing_is_an_error(void **state)
{
	struct identity_marks marks = { 0 };
	struct identity id = { 0 };
	struct err err = { 0 };

	(void)state;
	AUTO_CLOSE int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(identity_load(dir, &marks, 1, &id, &err) < 0);
	assert_false(host_id_is_set(id.id));
	assert_true(err.msg[0] != '\0');
}

static void marks_come_from_the_tree(void **state)
{
	struct tree *t = *state;
	struct identity_marks m;

	identity_marks_read(t->fd, "", &m);
	assert_string_equal(m.installation, "");
	tree_file(t, "etc/machine-id", "uninitialized\n");
	identity_marks_read(t->fd, "uuid", &m);
	assert_string_equal(m.installation, "");
	assert_string_equal(m.machine, "uuid");
	tree_file(t, "etc/machine-id", "0123abc\n");
	identity_marks_read(t->fd, "two words", &m);
	assert_string_equal(m.installation, "0123abc");
	assert_string_equal(m.machine, "");
}

static void there_is_a_sentence_for_all_but_the_known(void **state)
{
	(void)state;
	assert_null(identity_news_text(IDENTITY_KNOWN));
	for (int n = IDENTITY_NEW; n <= IDENTITY_LOST; n++)
		assert_non_null(identity_news_text((enum identity_news)n));
}

#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

RUN_TESTS(T(an_id_is_made_once_and_kept), T(two_hosts_never_get_one_id),
          T(one_changed_mark_is_the_same_host), T(both_changed_is_a_copy_with_an_id_of_its_own),
          T(what_cannot_be_read_now_is_not_forgotten), T(a_mark_learned_later_is_kept),
          T(a_file_that_is_no_identity_is_put_aside), T(a_folder_that_keeps_nothing_is_an_error),
          T(marks_come_from_the_tree), T(there_is_a_sentence_for_all_but_the_known))
