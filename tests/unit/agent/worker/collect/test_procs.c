/*
 * test_procs.c - how many processes and threads.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/procs.c" /* the unit under test, statics and all */

static void threads_and_forks_are_counted(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_procs, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "procs.forks", ""), 26442);
	assert_int_equal(spy_value(&s, "procs.running", ""), 1);
	assert_int_equal(spy_value(&s, "procs.blocked", ""), 2);
	assert_int_equal(spy_value(&s, "procs.runnable", ""), 3);
	assert_int_equal(spy_value(&s, "procs.threads", ""), 412);
	/* The link count of a folder that is no /proc says nothing. */
	assert_false(spy_has(&s, "procs.count", ""));
	spy_close(&s);
}

static void the_real_proc_knows_its_processes(void **state)
{
	struct procs p = { 0 };
	struct procs_reading r = { 0 };
	uint64_t walked = 0;
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct collect_cx cx = { .root = root, .cycle = 1 };

	(void)state;
	if (!walk_count(root, &walked))
		return; /* no /proc here */
	count_processes(&cx, &p, &r);
	assert_true(r.has[COUNT]);
	/* Others come and go meanwhile. */
	assert_in_range(r.v[COUNT], walked > 200 ? walked - 200 : 1, walked + 200);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_procs, "read /proc/loadavg: No such file or directory");
}

static void a_missing_field_is_refused(void **state)
{
	struct procs_reading r = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(procs_parse_loadavg(STR("0.1 0.2 0.3 5 6\n"), &r, &err), -EPROTO);
	assert_string_equal(err.msg, "want running/all in field 4");
	assert_int_equal(procs_parse_loadavg(STR("0.1"), &r, &err), -EPROTO);
}

RUN_TESTS(cmocka_unit_test(threads_and_forks_are_counted),
          cmocka_unit_test(the_real_proc_knows_its_processes),
          cmocka_unit_test(an_empty_tree_is_named), cmocka_unit_test(a_missing_field_is_refused))
