/*
 * test_collect.c - running all collectors, whatever happens to any of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/worker/collect/collect.h"
#include "base/fd.h"

static struct collect *open_tree(const char *tree)
{
	struct collect *c = NULL;
	struct err err = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", FIXTURES, tree);
	AUTO_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(collect_open(root, NULL, 0, &c, &err), 0);
	return c;
}

static const struct finding *find(const struct collect *c, const char *subject)
{
	size_t n;
	const struct finding *f = collect_findings(c, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].subject, subject) == 0)
			return &f[i];
	return NULL;
}

static void every_collector_runs_on_every_kernel(void **state)
{
	static const char *const trees[] = { "linux-3.10", "linux-5.10", "linux-6.18" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		struct collect *c = open_tree(trees[i]);
		struct sample s = { 0 };
		size_t n;

		for (unsigned k = 0; k < 3; k++)
			collect_run(c, 0, k, NULL, &s);
		(void)collect_findings(c, &n);
		assert_int_equal(n, 0);
		assert_true(s.schema->n > 150);
		collect_close(c);
		sample_done(&s);
	}
}

static void missing_files_are_findings_and_nothing_else(void **state)
{
	struct collect *c = open_tree("empty");
	struct sample s = { 0 };

	(void)state;
	collect_run(c, 0, 1, NULL, &s);
	assert_int_equal(s.schema->n, 0);
	assert_string_equal(find(c, "load")->kind, "collect.failed");
	assert_string_equal(find(c, "load")->text, "read /proc/loadavg: No such file or directory");
	assert_non_null(find(c, "fs"));
	/* Normal where the kernel has none. */
	assert_null(find(c, "pressure"));
	collect_close(c);
	sample_done(&s);
}

static void hostile_files_are_survived(void **state)
{
	struct collect *c = open_tree("hostile");
	struct sample s = { 0 };

	(void)state;
	for (unsigned k = 0; k < 3; k++)
		collect_run(c, 0, k, NULL, &s);
	assert_non_null(find(c, "cpu"));
	assert_null(find(c, "net"));
	assert_true(s.schema->n > 0);
	collect_close(c);
	sample_done(&s);
}

static void an_unknown_name_is_told_the_known_ones(void **state)
{
	static const char *const names[] = { "load", "lod" };
	struct collect *c = NULL;
	struct err err = { 0 };
	AUTO_CLOSE int root = open(FIXTURES "/empty", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(collect_open(root, names, 2, &c, &err), -EINVAL);
	assert_null(c);
	assert_true(str_starts(str_of(err.msg), STR("no collector 'lod' (there are: load, cpu, ")));
}

static void a_name_given_twice_is_refused(void **state)
{
	static const char *const names[] = { "load", "cpu", "load" };
	struct collect *c = NULL;
	struct err err = { 0 };
	AUTO_CLOSE int root = open(FIXTURES "/empty", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(collect_open(root, names, 3, &c, &err), -EINVAL);
	assert_null(c);
	assert_string_equal(err.msg, "collector 'load' is named twice");
}

static void names_are_unique_and_metrics_carry_them(void **state)
{
	size_t n;
	const struct collector *const *all = collector_all(&n);

	(void)state;
	assert_true(n >= 13);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[i]->name, all[k]->name);
		assert_true(all[i]->n_metrics != 0);
		for (size_t m = 0; m < all[i]->n_metrics; m++) {
			const struct metric *one = &all[i]->metrics[m];

			assert_true(str_starts(str_of(one->name), str_of(all[i]->name)));
			assert_int_equal(one->name[strlen(all[i]->name)], '.');
			assert_non_null(one->unit);
			assert_non_null(one->source);
			assert_true(str_ends(str_of(one->help), STR(".")));
			assert_true(one->decimals <= 9);
			for (size_t k = 0; k < m; k++)
				assert_string_not_equal(one->name, all[i]->metrics[k].name);
		}
	}
}

/* One collector fails for a cycle: its series stay in place, without values, and come back. */
static void a_failure_makes_holes_not_another_schema(void **state)
{
	static const char *const names[] = { "load", "uptime" };
	char path[] = "/tmp/muster-collect-XXXXXX";
	struct collect *c = NULL;
	struct sample s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	AUTO_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "proc", 0700), 0);
	AUTO_CLOSE int load = openat(root, "proc/loadavg", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	AUTO_CLOSE int up = openat(root, "proc/uptime", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(load, "0.01 0.02 0.03 1/2 3\n", 21, 0), 21);
	assert_int_equal(pwrite(up, "5.00 6.00\n", 10, 0), 10);
	assert_int_equal(collect_open(root, names, 2, &c, &err), 0);
	collect_run(c, 1000, 1, NULL, &s);
	struct schema *first = schema_ref(s.schema);
	assert_int_equal(first->n, 4);
	assert_int_equal(pwrite(load, "0.01 x", 6, 0), 6);
	collect_run(c, 2000, 2, NULL, &s);
	assert_ptr_equal(s.schema, first);
	assert_int_equal(s.ts_ms, 2000);
	for (size_t i = 0; i < 3; i++)
		assert_false(sample_has(&s, i));
	assert_int_equal(s.values[3], 500);
	assert_string_equal(find(c, "load")->text, "parse /proc/loadavg: bad average 'x.02'");
	assert_int_equal(pwrite(load, "0.01 0", 6, 0), 6);
	collect_run(c, 3000, 3, NULL, &s);
	assert_ptr_equal(s.schema, first);
	assert_int_equal(s.values[1], 2);
	schema_unref(first);
	collect_close(c);
	sample_done(&s);
	(void)unlinkat(root, "proc/loadavg", 0);
	(void)unlinkat(root, "proc/uptime", 0);
	(void)unlinkat(root, "proc", AT_REMOVEDIR);
	(void)rmdir(path);
}

RUN_TESTS(cmocka_unit_test(every_collector_runs_on_every_kernel),
          cmocka_unit_test(missing_files_are_findings_and_nothing_else),
          cmocka_unit_test(hostile_files_are_survived),
          cmocka_unit_test(an_unknown_name_is_told_the_known_ones),
          cmocka_unit_test(a_name_given_twice_is_refused),
          cmocka_unit_test(names_are_unique_and_metrics_carry_them),
          cmocka_unit_test(a_failure_makes_holes_not_another_schema))
