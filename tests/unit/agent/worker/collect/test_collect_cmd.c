/*
 * test_collect_cmd.c - `muster-agent collect`: what it prints and how it ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/worker/collect_cmd.h"
#include "base/fd.h"
#include "base/json.h"

static char output[1 << 20];

/* Runs the command with stdout and stderr in `output`; the arguments end with NULL. */
static int run(char *const args[])
{
	char *argv[16] = { (char[]){ "collect" } };
	int argc = 1, saved[2] = { dup(1), dup(2) };
	AUTO_CLOSE int mem = memfd_create("output", MFD_CLOEXEC);

	for (; args[argc - 1] != NULL; argc++)
		argv[argc] = args[argc - 1];
	(void)fflush(stdout);
	assert_true(dup2(mem, 1) == 1 && dup2(mem, 2) == 2);
	int code = collect_command(argc, argv);
	(void)fflush(stdout);
	assert_true(dup2(saved[0], 1) == 1 && dup2(saved[1], 2) == 2);
	(void)close(saved[0]);
	(void)close(saved[1]);
	ssize_t n = pread(mem, output, sizeof(output) - 1, 0);
	assert_true(n >= 0);
	output[n] = '\0';
	return code;
}

#define RUN(...) run((char *const[]){ __VA_ARGS__, NULL })
#define ARG(s)   ((char[]){ s })

static bool has(const char *what)
{
	return strstr(output, what) != NULL;
}

static void a_tree_is_printed_as_a_table(void **state)
{
	(void)state;
	assert_int_equal(RUN(ARG("-i0"), ARG("--root"), ARG(FIXTURES "/linux-3.10"), ARG("load"),
	                     ARG("files")),
	                 EXIT_DONE);
	assert_true(has("load: ok, "));
	assert_true(has("  load.1                                                       1.27\n"));
	assert_true(has("  files.open                                                   3264\n"));
	assert_false(has("cpu"));
}

static void programs_get_modules_of_metrics(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		RUN(ARG("-i0"), ARG("-o"), ARG("json"), ARG("-r"), ARG(FIXTURES "/linux-5.10")),
		EXIT_DONE);
	AUTO_JSON json_t *all = json_parse(str_trim(str_of(output)), &err);
	assert_non_null(all);
	assert_true(json_real_value(json_object_get(json_object_get(all, "load"), "1")) == 0.08);
	json_t *net = json_object_get(all, "net");
	json_t *recv = json_object_get(net, "bytes_recv");
	assert_int_equal(json_integer_value(json_object_get(recv, "iface=enp3s0")), 5000000);
	json_t *how = json_object_get(json_object_get(all, "collect"), "cpu");
	assert_true(json_is_true(json_object_get(how, "ok")));
	assert_non_null(json_object_get(how, "took_us"));
}

static void two_samples_give_rates(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(RUN(ARG("-i0.001"), ARG("-o"), ARG("json"), ARG("-r"),
	                     ARG(FIXTURES "/linux-5.10"), ARG("cpu")),
	                 EXIT_DONE);
	AUTO_JSON json_t *all = json_parse(str_trim(str_of(output)), &err);
	assert_non_null(all);
	json_t *rates = json_object_get(json_object_get(all, "rates"), "cpu");
	assert_int_equal(json_integer_value(json_object_get(rates, "user")), 0);
	assert_true(json_is_number(json_object_get(rates, "ctxt")));
	assert_null(json_object_get(rates, "count"));
}

static void the_message_is_printed_too(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(RUN(ARG("-i0"), ARG("-omessage"), ARG("-r"), ARG(FIXTURES "/linux-5.10")),
	                 EXIT_DONE);
	AUTO_JSON json_t *all = json_parse(str_trim(str_of(output)), &err);
	assert_non_null(all);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "cpu"), "count")),
	                 2);
}

static void a_failure_shows_in_the_exit_code(void **state)
{
	(void)state;
	assert_int_equal(RUN(ARG("-i0"), ARG("-r"), ARG(FIXTURES "/empty"), ARG("load")),
	                 EXIT_FAILED);
	assert_true(has("load: read /proc/loadavg: No such file or directory"));
	/* No such thing on this kernel is no failure. */
	assert_int_equal(RUN(ARG("-i0"), ARG("-r"), ARG(FIXTURES "/empty"), ARG("pressure")),
	                 EXIT_DONE);
}

static void wrong_usage_is_told_what_is_right(void **state)
{
	(void)state;
	assert_int_equal(RUN(ARG("lod")), EXIT_USAGE);
	assert_true(has("no collector 'lod' (there are: load, "));
	assert_int_equal(RUN(ARG("-o"), ARG("xml")), EXIT_USAGE);
	assert_true(has("--output is table, json or message, not 'xml'"));
	assert_int_equal(RUN(ARG("-n"), ARG("0")), EXIT_USAGE);
	assert_true(has("--count is 1 to 1000000, not '0'"));
	assert_int_equal(RUN(ARG("-i"), ARG("-1")), EXIT_USAGE);
	assert_int_equal(RUN(ARG("--what")), EXIT_USAGE);
	assert_int_equal(RUN(ARG("-r"), ARG("/nonexistent")), EXIT_FAILED);
	assert_true(has("open root /nonexistent: No such file or directory"));
	assert_int_equal(RUN(ARG("--help")), EXIT_DONE);
	assert_true(has("usage: muster-agent collect"));
}

static void the_list_names_them_all(void **state)
{
	(void)state;
	assert_int_equal(RUN(ARG("--list")), EXIT_DONE);
	assert_true(has("load       Load averages (/proc/loadavg)\n"));
	assert_true(has("\nfs "));
}

RUN_TESTS(cmocka_unit_test(a_tree_is_printed_as_a_table),
          cmocka_unit_test(programs_get_modules_of_metrics),
          cmocka_unit_test(two_samples_give_rates), cmocka_unit_test(the_message_is_printed_too),
          cmocka_unit_test(a_failure_shows_in_the_exit_code),
          cmocka_unit_test(wrong_usage_is_told_what_is_right),
          cmocka_unit_test(the_list_names_them_all))
