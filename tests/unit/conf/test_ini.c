/*
 * test_ini.c - ini files over option tables, good and bad.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/conf/table.h"

static int begin(void **state)
{
	struct settings *s = calloc(1, sizeof(*s));

	conf_defaults(&CONF(s));
	*state = s;
	return 0;
}

static int end(void **state)
{
	conf_done(&CONF(*state));
	free(*state);
	return 0;
}

static int read_ini(struct settings *s, const char *text, struct err *err)
{
	*err = (struct err){ 0 };
	return conf_ini(&CONF(s), str_of(text), "a.ini", "client-daemon", err);
}

static void refused(struct settings *s, const char *text, const char *sentence)
{
	struct err err;

	assert_int_equal(read_ini(s, text, &err), -EINVAL);
	assert_string_equal(err.msg, sentence);
}

static void two_lines_are_a_whole_file(void **state)
{
	struct settings *s = *state;
	struct err err;

	assert_int_equal(read_ini(s, "redis = 10.0.0.1:6379\npassword=hu#sh;\n", &err), 0);
	assert_string_equal(s->redis, "10.0.0.1:6379");
	assert_str(secret_reveal(&s->password), "hu#sh;");
	assert_int_equal(s->every_ms, 10000);
	assert_int_equal(s->size, 64 << 20);
	assert_int_equal(s->level, 2);
	assert_true(s->colour);
	assert_int_equal(conf_check(&CONF(s), &err), 0);
}

static void every_type_is_read(void **state)
{
	struct settings *s = *state;
	struct err err;

	assert_int_equal(read_ini(s,
	                          "\xef\xbb\xbf# a comment\r\n; another\r\n[client-daemon]\r\n"
	                          "  redis  =  \"  two \\\"quoted\\\" \\\\ blanks  \"  \r\n\r\n"
	                          "colour = off\r\ncount = -5\r\nlevel = err\r\nshape=square\r\n"
	                          "loop-interval = 0.5\r\nqueue-max = 1.5 G",
	                          &err),
	                 0);
	assert_string_equal(s->redis, "  two \"quoted\" \\ blanks  ");
	assert_false(s->colour);
	assert_int_equal(s->count, -5);
	assert_int_equal(s->level, 0);
	assert_string_equal(s->shape, "square");
	assert_int_equal(s->every_ms, 500);
	assert_true(s->size == (uint64_t)3 << 29);
}

static void numbers_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} times[] = { { "2", 2000 },     { "500ms", 500 },     { "1.5s", 1500 }, { "5m", 300000 },
		      { "1h", 3600000 }, { "0.01 d", 864000 }, { "0.7509", 750 } };
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = { { "1048576", 1 << 20 }, { "1024k", 1 << 20 }, { "1024KiB", 1 << 20 },
		      { "2mb", 2 << 20 },     { "1g", 1 << 30 },    { "0.01T", 10995116277 } };
	struct settings *s = *state;
	struct err err = { 0 };

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		assert_int_equal(
			conf_set(&CONF(s), STR("loop-interval"), str_of(times[i].text), &err), 0);
		assert_int_equal(s->every_ms, times[i].ms);
	}
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		assert_int_equal(conf_set(&CONF(s), STR("queue-max"), str_of(sizes[i].text), &err),
		                 0);
		assert_true(s->size == sizes[i].bytes);
	}
}

static void a_bad_value_names_the_place_and_what_is_allowed(void **state)
{
	refused(*state, "\n\ncount = 11\n",
	        "a.ini:3: option 'count': '11' is not in range; allowed: -5 to 10");
	refused(*state, "count = 1x\n",
	        "a.ini:1: option 'count': '1x' is not a whole number; allowed: -5 to 10");
	refused(*state, "loop-interval = 2h\n",
	        "a.ini:1: option 'loop-interval': '2h' is not in range; allowed: 500ms to 1h");
	refused(*state, "loop-interval = 99999999999999999999\n",
	        "a.ini:1: option 'loop-interval': '99999999999999999999' is not a time like 0.5, "
	        "10s, 5m or 1h; "
	        "allowed: 500ms to 1h");
	refused(*state, "queue-max = 1\n",
	        "a.ini:1: option 'queue-max': '1' is not in range; allowed: 1MiB to 16GiB");
	refused(*state, "queue-max = 9223372036854T\n",
	        "a.ini:1: option 'queue-max': '9223372036854T' is not a size like 500k, 64MiB or "
	        "2G; "
	        "allowed: 1MiB to 16GiB");
	refused(*state, "level = loud\n",
	        "a.ini:1: option 'level': 'loud' is not a word known here; allowed: err, warn or "
	        "info");
	refused(*state, "colour = blue\n",
	        "a.ini:1: option 'colour': 'blue' is not a switch; allowed: yes or no");
	refused(*state, "count = 5 # five\n",
	        "a.ini:1: option 'count': '5 # five' is not a whole number; allowed: -5 to 10 "
	        "(a comment needs a line of its own)");
}

static void unknown_names_suggest_the_nearest(void **state)
{
	refused(*state, "rediss = x\n", "a.ini:1: unknown option 'rediss', do you mean 'redis'?");
	refused(*state, "passwort = x\n",
	        "a.ini:1: unknown option 'passwort', do you mean 'password'?");
	refused(*state, "queue_max = x\n",
	        "a.ini:1: unknown option 'queue_max', do you mean 'queue-max'?");
	refused(*state, "loop = x\n",
	        "a.ini:1: unknown option 'loop', do you mean 'loop-interval'?");
	refused(*state, "elephant = x\n", "a.ini:1: unknown option 'elephant'");
	refused(*state, "config = x\n", "a.ini:1: unknown option 'config'");
}

static void bad_lines_are_named(void **state)
{
	refused(*state, "redis\n", "a.ini:1: want 'name = value'");
	refused(*state, "\n = x\n", "a.ini:2: there is no name before the '='");
	refused(*state, "redis = \"x\n", "a.ini:1: the closing quote is missing");
	refused(*state, "redis = \"x\" y\n", "a.ini:1: there is more behind the closing quote");
	refused(*state, "redis = \"x\\n\"\n",
	        "a.ini:1: only \\\" and \\\\ are known behind a backslash in quotes");
	refused(*state, "redis = x\n[other]\n",
	        "a.ini:2: unknown section [other], want [client-daemon] or none");
	refused(*state, "[client-daemon\n", "a.ini:1: a section is written [name]");
	refused(*state, "[]\n", "a.ini:1: a section without a name");
	refused(*state, "redis = a\nredis = b\n",
	        "a.ini:2: option 'redis' was given in line 1 already");
	refused(*state, "redis = a\x01\n", "a.ini:1: byte 10 is a control character (0x01)");
}

static void a_secret_is_never_shown(void **state)
{
	struct err err;

	assert_int_equal(read_ini(*state, "password = \"hush\n", &err), -EINVAL);
	assert_null(strstr(err.msg, "hush"));
	assert_int_equal(read_ini(*state, "hush hush\n", &err), -EINVAL);
	assert_null(strstr(err.msg, "hush"));
}

static void long_values_are_not_cut(void **state)
{
	struct settings *s = *state;
	struct err err;
	char text[20000] = "redis = ";

	memset(text + 8, 'x', sizeof(text) - 9);
	assert_int_equal(read_ini(s, text, &err), 0);
	assert_int_equal(strlen(s->redis), sizeof(text) - 9);
}

static void a_missing_required_option_says_where_to_give_it(void **state)
{
	struct err err = { 0 };

	assert_int_equal(conf_check(&CONF(*state), &err), -EINVAL);
	assert_string_equal(err.msg, "option 'redis' is missing: give --redis ADDRESS or a line in "
	                             "the file: redis = ADDRESS");
}

static void files_are_judged_before_they_are_read(void **state)
{
	struct settings *s = *state;
	char dir[] = "/tmp/test-ini-XXXXXX", path[64];
	struct err err = { 0 };
	bool loose = true;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.ini", dir);
	assert_int_equal(conf_ini_file(&CONF(s), path, NULL, &loose, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "a.ini: No such file"));
	assert_int_equal(conf_ini_file(&CONF(s), dir, NULL, &loose, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "is not a file"));

	AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_all(fd, "password = x\n", 13), 0);
	assert_int_equal(conf_ini_file(&CONF(s), path, NULL, &loose, &err), 0);
	assert_false(loose);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(conf_ini_fd(&CONF(s), fd, path, NULL, &loose, &err), 0);
	assert_true(loose);
	conf_defaults(&CONF(s));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "redis = redis://:x@y\n", 21, 0), 21);
	assert_int_equal(conf_ini_fd(&CONF(s), fd, path, NULL, &loose, &err), 0);
	assert_true(loose);
	assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
	assert_int_equal(conf_ini_fd(&CONF(s), fd, path, NULL, &loose, &err), -EFBIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(conf_ini_file(&CONF(s), path, NULL, &loose, &err), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void the_corpus_is_read_or_refused_with_a_place(void **state)
{
	DIR *d = opendir(CORPUS "/ini");
	size_t files = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char text[8192];
		struct err err = { 0 };

		if (e->d_name[0] == '.')
			continue;
		ssize_t n = fd_read_file(dirfd(d), e->d_name, text, sizeof(text));
		assert_true(n >= 0);
		if (conf_ini(&CONF(*state), (struct str){ text, (size_t)n }, "f", "s", &err) < 0)
			assert_memory_equal(err.msg, "f:", 2);
		files++;
	}
	(void)closedir(d);
	assert_true(files >= 5);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

RUN_TESTS(T(two_lines_are_a_whole_file), T(every_type_is_read), T(numbers_have_units),
          T(a_bad_value_names_the_place_and_what_is_allowed), T(unknown_names_suggest_the_nearest),
          T(bad_lines_are_named), T(a_secret_is_never_shown), T(long_values_are_not_cut),
          T(a_missing_required_option_says_where_to_give_it),
          T(files_are_judged_before_they_are_read), T(the_corpus_is_read_or_refused_with_a_place))
