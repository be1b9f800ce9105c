/*
 * test_fs.c - how full file systems are, with a stand-in for statvfs().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include <pthread.h>
#include <sched.h>

#include "agent/worker/collect/fs.c" /* the unit under test, statics and all */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static bool ends_with(const char *s, const char *end)
{
	return str_ends(str_of(s), str_of(end));
}

static int fake_ask(const char *path, struct statvfs *ret)
{
	if (ends_with(path, "/mnt/nfs")) {
		(void)pthread_mutex_lock(&gate);
		(void)pthread_mutex_unlock(&gate);
	}
	*ret = (struct statvfs){ .f_frsize = 4096,
		                 .f_blocks = 1000,
		                 .f_bfree = 400,
		                 .f_bavail = 300,
		                 .f_files = 50,
		                 .f_ffree = 20 };
	if (ends_with(path, "/boot"))
		ret->f_flag = ST_RDONLY;
	if (ends_with(path, "/srv/data one"))
		ret->f_blocks = 0;
	return 0;
}

static void open_with_fake(struct spy *s, const char *tree)
{
	spy_open(s, &collector_fs, tree);
	struct fs *f = s->state;
	fspool_free(f->pool);
	f->ask = fake_ask;
	f->pool = fspool_new(fake_ask);
}

static void blocks_become_bytes(void **state)
{
	static const char tags[] = "device=/dev/mapper/centos-root,mount=/,type=xfs";
	struct spy s;

	(void)state;
	open_with_fake(&s, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "fs.total", tags), 4096000);
	assert_int_equal(spy_value(&s, "fs.used", tags), 600 * 4096);
	assert_int_equal(spy_value(&s, "fs.free", tags), 400 * 4096);
	assert_int_equal(spy_value(&s, "fs.avail", tags), 300 * 4096);
	assert_int_equal(spy_value(&s, "fs.inodes_free", tags), 20);
	assert_int_equal(spy_value(&s, "fs.read_only", tags), 0);
	assert_int_equal(spy_value(&s, "fs.read_only", "device=/dev/sda1,mount=/boot,type=xfs"), 1);
	/* No blocks at all: nothing is stored there. */
	assert_false(spy_has(&s, "fs.total", "device=/dev/sdb,mount=/srv/data one,type=ext4"));
	spy_close(&s);
}

/*
 * Turns the wheel until the remote file system has been asked, with the clock as the test wants it.
 */
static void a_dead_server_is_a_finding_and_delays_nobody(void **state)
{
	static const char nfs[] = "device=filer:/vol/home,mount=/mnt/nfs,remote=1,type=nfs4";
	static const char behind[] = "device=/dev/sdc1,mount=/mnt/nfs/scratch,type=ext4";
	struct spy s;

	(void)state;
	(void)pthread_mutex_lock(&gate);
	open_with_fake(&s, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(s.findings.n, 0);
	assert_true(spy_value(&s, "fs.total", nfs) == SAMPLE_ABSENT);
	assert_int_equal(spy_value(&s, "fs.state", nfs), STATE_OK);
	struct schema *first = schema_ref(s.sample.schema);
	/* As if it had been asked long ago. */
	struct fs *f = s.state;
	for (size_t i = 0; i < f->mounts.n; i++) {
		struct statvfs a;
		int64_t since;
		int code;

		if (strcmp(f->mounts.p[i].point, "/mnt/nfs") != 0)
			continue;
		while (fsjob_look(f->each[i].job, &a, &code, &since) == FSJOB_QUEUED)
			(void)sched_yield();
		assert_int_equal(fsjob_look(f->each[i].job, &a, &code, &since), FSJOB_WAITING);
		assert_true(ask_by_thread(f, i, since + DEADLINE_NS + 1));
		assert_false(ask_by_thread(f, i, since + DEADLINE_NS));
	}
	/* The others answered meanwhile, the one behind it as soon as its thread has. */
	do {
		(void)sched_yield();
		assert_int_equal(spy_run(&s), 0);
	} while (spy_value(&s, "fs.total", behind) == SAMPLE_ABSENT);
	assert_ptr_equal(s.sample.schema, first);
	schema_unref(first);
	(void)pthread_mutex_unlock(&gate);
	do {
		(void)sched_yield();
		assert_int_equal(spy_run(&s), 0);
	} while (spy_value(&s, "fs.total", nfs) == SAMPLE_ABSENT);
	assert_int_equal(spy_value(&s, "fs.total", nfs), 4096000);
	spy_close(&s);
}

static void what_is_stuck_is_named(void **state)
{
	struct findings found = { 0 };
	struct collect_cx cx = { .findings = &found };
	struct mount m = { .point = (char[]){ "/mnt/nfs" },
		           .device = (char[]){ "filer:/v" },
		           .type = (char[]){ "nfs4" } };

	(void)state;
	report_stuck(&cx, &m);
	assert_int_equal(found.n, 1);
	assert_string_equal(found.p[0].kind, "fs.stuck");
	assert_string_equal(found.p[0].subject, "/mnt/nfs");
	assert_string_equal(found.p[0].text,
	                    "file system /mnt/nfs (nfs4 from filer:/v) has not answered for 3 s");
	free(found.p);
}

static void a_change_of_mounts_keeps_what_is_known(void **state)
{
	struct spy s;

	(void)state;
	open_with_fake(&s, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	struct fs *f = s.state;
	struct tags *before = f->each[0].tags;
	f->has_mounts = false;
	assert_int_equal(spy_run(&s), 0);
	assert_ptr_equal(f->each[0].tags, before);
	spy_close(&s);
}

static void the_real_root_is_asked(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_fs, "linux-6.18");
	struct fs *f = s.state;
	f->root_is_slash = true;
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "fs.total", "device=/dev/vda,mount=/,type=ext4") > 0);
	spy_close(&s);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_fs, "read /proc/self/mountinfo: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_fs, "parse /proc/self/mountinfo: bad line '1 2 3'");
}

RUN_TESTS(cmocka_unit_test(blocks_become_bytes),
          cmocka_unit_test(a_dead_server_is_a_finding_and_delays_nobody),
          cmocka_unit_test(what_is_stuck_is_named),
          cmocka_unit_test(a_change_of_mounts_keeps_what_is_known),
          cmocka_unit_test(the_real_root_is_asked), cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
