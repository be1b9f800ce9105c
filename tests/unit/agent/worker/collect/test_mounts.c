/*
 * test_mounts.c - which file systems are worth a number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "agent/worker/collect/mounts.c" /* the unit under test, statics and all */
#include "base/fd.h"

static struct mounts parse_tree(const char *tree)
{
	static char text[65536];
	struct mounts m = { 0 };
	struct err err = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s/proc/self/mountinfo", FIXTURES, tree);
	ssize_t n = fd_read_file(AT_FDCWD, path, text, sizeof(text));
	assert_true(n > 0);
	assert_int_equal(mounts_parse((struct str){ text, (size_t)n }, &m, &err), 0);
	return m;
}

static const struct mount *find(const struct mounts *m, const char *point)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->p[i].point, point) == 0)
			return &m->p[i];
	return NULL;
}

static void bind_mounts_and_subvolumes_count_once(void **state)
{
	struct mounts m = parse_tree("linux-5.10");

	(void)state;
	assert_non_null(find(&m, "/"));
	assert_null(find(&m, "/home")); /* a subvolume of what is at / */
	assert_non_null(find(&m, "/srv"));
	assert_null(find(&m, "/var/www")); /* a bind mount of /srv/www */
	assert_non_null(find(&m, "/tank"));
	assert_null(find(&m, "/tank/vm")); /* the same pool */
	assert_string_equal(find(&m, "/")->device, "/dev/nvme0n1p2");
	mounts_done(&m);
}

static void what_has_no_storage_is_left_out(void **state)
{
	struct mounts m = parse_tree("linux-5.10");

	(void)state;
	assert_null(find(&m, "/proc"));
	assert_null(find(&m, "/dev/shm"));
	assert_null(find(&m, "/var/lib/docker/overlay2/abc/merged"));
	assert_null(find(&m, "/snap/core/1"));
	assert_null(find(&m, "/run/user/1000/gvfs"));
	assert_null(find(&m, "/mnt/auto"));
	assert_int_equal(m.n, 6);
	mounts_done(&m);
}

static void only_the_upper_of_two_mounts_is_seen(void **state)
{
	struct mounts m = parse_tree("linux-5.10");

	(void)state;
	assert_string_equal(find(&m, "/old")->device, "/dev/sdy1");
	mounts_done(&m);
}

static void remote_ones_and_what_lies_behind_them_may_block(void **state)
{
	struct mounts m = parse_tree("linux-3.10");

	(void)state;
	assert_false(find(&m, "/")->may_block);
	assert_false(find(&m, "/boot")->remote);
	assert_true(find(&m, "/mnt/nfs")->remote);
	assert_true(find(&m, "/mnt/nfs")->may_block);
	assert_false(find(&m, "/mnt/nfs/scratch")->remote);
	assert_true(find(&m, "/mnt/nfs/scratch")->may_block);
	mounts_done(&m);
	m = parse_tree("linux-5.10");
	assert_true(find(&m, "/mnt/ssh")->remote);
	mounts_done(&m);
}

static void what_is_not_known_to_be_local_may_block(void **state)
{
	struct mounts m = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mounts_parse(STR("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	                                  "2 1 0:51 / /a rw - fuse /dev/fuse rw\n"
	                                  "3 1 8:2 / /b rw - tomorrowfs /dev/sda2 rw\n"),
	                              &m, &err),
	                 0);
	assert_false(find(&m, "/")->may_block);
	assert_true(find(&m, "/a")->remote && find(&m, "/a")->may_block);
	assert_true(!find(&m, "/b")->remote && find(&m, "/b")->may_block);
	mounts_done(&m);
}

static void the_mount_that_shows_all_is_kept_with_its_blanks(void **state)
{
	struct mounts m = parse_tree("linux-3.10");

	(void)state;
	assert_non_null(find(&m, "/srv/data one"));
	assert_null(find(&m, "/exports"));
	assert_null(find(&m, "/media/cd"));
	mounts_done(&m);
}

static void a_container_has_only_its_overlay(void **state)
{
	struct mounts m = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		mounts_parse(
			STR("1 0 0:50 / / rw - overlay overlay rw,lowerdir=/l\n"
	                    "2 1 0:51 / /proc rw - proc proc rw\n"
	                    "3 1 8:1 /var/lib/docker/c/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
	                    "4 1 8:1 /var/lib/docker/c/name /etc/hostname rw - ext4 /dev/sda1 "
	                    "rw\n"),
			&m, &err),
		0);
	assert_int_equal(m.n, 2);
	assert_string_equal(m.p[0].point, "/");
	assert_string_equal(m.p[1].point, "/etc/hosts");
	mounts_done(&m);
}

static void bad_lines_are_refused_as_a_whole(void **state)
{
	static const char *const texts[] = {
		"1 2 3\n",
		"x 2 8:1 / / rw - ext4 /dev/sda rw\n",
		"1 2 8:1 / / rw ext4 /dev/sda rw\n",
		"1 2 8:1 / / rw -\n",
		"\n",
	};
	struct mounts m = { 0 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_int_equal(mounts_parse(str_of(texts[i]), &m, &err), -EPROTO);
		assert_null(m.p);
	}
	assert_int_equal(mounts_parse(STR("1 2 8:1 / / rw - ext4\n"), &m, &err), 0);
	mounts_done(&m);
}

static void octal_escapes_are_resolved(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\\040b", "a b" }, { "\\134", "\\" },    { "\\04", "\\04" },
		{ "\\999", "\\999" }, { "\\000", "\\000" }, { "x\\012y\\011", "x\ny\t" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *got = unescape(str_of(rows[i].in));

		assert_string_equal(got, rows[i].out);
	}
}

RUN_TESTS(cmocka_unit_test(bind_mounts_and_subvolumes_count_once),
          cmocka_unit_test(what_has_no_storage_is_left_out),
          cmocka_unit_test(only_the_upper_of_two_mounts_is_seen),
          cmocka_unit_test(remote_ones_and_what_lies_behind_them_may_block),
          cmocka_unit_test(what_is_not_known_to_be_local_may_block),
          cmocka_unit_test(the_mount_that_shows_all_is_kept_with_its_blanks),
          cmocka_unit_test(a_container_has_only_its_overlay),
          cmocka_unit_test(bad_lines_are_refused_as_a_whole),
          cmocka_unit_test(octal_escapes_are_resolved))
