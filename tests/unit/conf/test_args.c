/*
 * test_args.c - command lines over option tables, and the texts printed from them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/conf/table.h"

enum { MAX_WORDS = 12 };

/* One command line and what came of it. */
struct line {
	struct settings s;
	char *argv[MAX_WORDS + 1];
	int argc, r;
	struct conf_line line;
	struct err err;
};

static void parse(struct line *l)
{
	l->err = (struct err){ 0 };
	l->r = conf_args(&CONF(&l->s), l->argc, l->argv, &l->line, &l->err);
}

/* Reads the words of `text`, which begins with the program's name. */
static void given(struct line *l, char *text, bool stop_at_first)
{
	conf_done(&CONF(&l->s));
	*l = (struct line){ 0 };
	conf_defaults(&CONF(&l->s));
	for (char *save = NULL, *w = strtok_r(text, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		l->argv[l->argc++] = w;
	l->line.stop_at_first = stop_at_first;
	parse(l);
}

#define GIVEN(l, text)                                                                             \
	char text_[] = text;                                                                       \
	given(l, text_, false)

static int begin(void **state)
{
	*state = calloc(1, sizeof(struct line));
	return 0;
}

static int end(void **state)
{
	struct line *l = *state;

	conf_done(&CONF(&l->s));
	free(l);
	return 0;
}

static void refused(struct line *l, const char *line, const char *sentence)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s", line);
	given(l, text, false);
	assert_int_equal(l->r, -EINVAL);
	assert_string_equal(l->err.msg, sentence);
}

static void all_spellings_are_taken(void **state)
{
	struct line *l = *state;

	GIVEN(l, "prog --redis one:1 --count=-4 --no-colour -q --level warn --queue-max=2MiB");
	assert_int_equal(l->r, 0);
	assert_string_equal(l->s.redis, "one:1");
	assert_int_equal(l->s.count, -4);
	assert_false(l->s.colour);
	assert_true(l->s.quiet);
	assert_int_equal(l->s.level, 1);
	assert_int_equal(l->s.size, 2 << 20);
	assert_int_equal(l->line.rest, l->argc);
}

static void letters_go_together(void **state)
{
	struct line *l = *state;

	GIVEN(l, "prog -qrhere -c -2");
	assert_int_equal(l->r, 0);
	assert_true(l->s.quiet);
	assert_string_equal(l->s.redis, "here");
	assert_int_equal(l->s.count, -2);
}

static void positional_arguments_move_behind_the_options(void **state)
{
	struct line *l = *state;

	GIVEN(l, "prog a --redis x b - -q -- -c --wrong");
	assert_int_equal(l->r, 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(l->line.rest, 5);
		assert_string_equal(l->argv[4], "--");
		assert_string_equal(l->argv[5], "a");
		assert_string_equal(l->argv[6], "b");
		assert_string_equal(l->argv[7], "-");
		assert_string_equal(l->argv[8], "-c");
		assert_string_equal(l->argv[9], "--wrong");
		parse(l);
		assert_int_equal(l->r, 0);
	}
}

static void a_command_ends_the_options_before_it(void **state)
{
	struct line *l = *state;
	char text[] = "prog -q hosts --unknown";

	given(l, text, true);
	assert_int_equal(l->r, 0);
	assert_int_equal(l->line.rest, 2);
	assert_string_equal(l->argv[2], "hosts");
}

static void help_and_version_are_asked_for(void **state)
{
	struct line *l = *state;
	char version[] = "prog -V";

	GIVEN(l, "prog x --help --what");
	assert_int_equal(l->r, 0);
	assert_int_equal(l->line.asked, CONF_HELP);
	given(l, version, false);
	assert_int_equal(l->line.asked, CONF_VERSION);
}

static void mistakes_are_explained(void **state)
{
	struct line *l = *state;

	refused(l, "prog --rediss x",
	        "unknown option '--rediss', do you mean '--redis'? (--help lists them)");
	refused(l, "prog -z", "unknown option '-z' (--help lists them)");
	refused(l, "prog --redis", "--redis: wants a value (ADDRESS)");
	refused(l, "prog --redis --quiet",
	        "--redis: wants a value (ADDRESS), found '--quiet'; one that begins with '-' is "
	        "given as --redis=...");
	refused(l, "prog --count 11", "--count: '11' is not in range; allowed: -5 to 10");
	refused(l, "prog --no-redis",
	        "unknown option '--no-redis', do you mean '--redis'? (--help lists them)");
	refused(l, "prog --help=yes", "--help takes no value");
	refused(l, "prog --password x",
	        "--password: everybody can read a command line; put it into the file");
	refused(l, "prog --redis redis://:hush@here:1",
	        "--redis: everybody can read a command line; put the address with its password "
	        "into "
	        "the file");
	refused(l, "prog -rrediss://me:a@b/c@here",
	        "--redis: everybody can read a command line; put the address with its password "
	        "into "
	        "the file");
	given(l, (char[]){ "prog --redis redis://me@[::1]:6379/0" }, false);
	assert_int_equal(l->r, 0);
	given(l, (char[]){ "prog --redis unix:/run/a@b" }, false);
	assert_int_equal(l->r, 0);
	refused(l, "prog --password=hush",
	        "--password: everybody can read a command line; put it into the file");
}

static void no_arguments_at_all_are_fine(void **state)
{
	struct line *l = *state;

	given(l, (char[]){ "" }, false);
	assert_int_equal(l->r, 0);
	assert_int_equal(l->line.rest, 0);
}

static const struct program program = {
	.name = "prog word",
	.args = "[NAME...]",
	.summary = "Does a thing",
	.text = "It does it well.",
	.examples = "  prog word --redis x   does it once\n",
	.options = table,
	.n_options = COUNT_OF(table),
};

static char *printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	print(out);
	(void)fclose(out);
	return text;
}

static void print_help(FILE *out)
{
	conf_print_help(out, &program);
}

static void print_sample(FILE *out)
{
	conf_print_sample(out, &program);
}

static void print_manual(FILE *out)
{
	conf_print_manual(out, &program, 1);
}

static void print_markdown(FILE *out)
{
	conf_print_markdown(out, &program);
}

static void print_completion(FILE *out)
{
	const struct program *all[] = { &program };

	conf_print_completion(out, all, 1);
}

static void help_fits_a_terminal_and_names_every_option(void **state)
{
	char *text = printed(print_help);
	struct str rest = str_of(text), line;

	(void)state;
	assert_non_null(strstr(text, "usage: prog word [OPTION...] [NAME...]\n"));
	assert_non_null(strstr(text, "  -r, --redis ADDRESS"));
	assert_non_null(strstr(text, "      --no-colour"));
	assert_non_null(strstr(text, "Allowed: 500ms to 1h. Default: 10s."));
	assert_non_null(strstr(text, "In the file only:\n      password"));
	assert_non_null(strstr(text, "  -h, --help"));
	assert_non_null(strstr(text, "Examples:\n  prog word"));
	assert_null(strstr(text, "secret-door"));
	while (str_line(&rest, &line))
		assert_true(line.len < 80);
	free(text);
}

static void the_sample_is_a_file_we_take(void **state)
{
	char *text = printed(print_sample);
	struct line *l = *state;

	conf_defaults(&CONF(&l->s));
	assert_int_equal(conf_ini(&CONF(&l->s), str_of(text), "sample", NULL, &l->err), 0);
	assert_non_null(strstr(text, "#loop-interval = 10s\n"));
	assert_null(strstr(text, "config"));
	/* With its values switched on it is one as well. */
	for (char *at = text; (at = strchr(at, '#')) != NULL; at++)
		if (at[1] != ' ')
			*at = ' ';
	assert_int_equal(conf_ini(&CONF(&l->s), str_of(text), "sample", NULL, &l->err), 0);
	free(text);
}

static void manual_markdown_and_completion_hold_the_options(void **state)
{
	char *manual = printed(print_manual), *markdown = printed(print_markdown);
	char *completion = printed(print_completion);

	(void)state;
	assert_non_null(strstr(manual, ".TH \"PROG-WORD\" \"1\""));
	assert_non_null(strstr(manual, "\\-r, \\-\\-redis ADDRESS"));
	assert_non_null(strstr(manual, ".SH EXIT STATUS"));
	assert_non_null(strstr(markdown, "| `count` | command line, file | `3` |"));
	assert_non_null(strstr(completion, "--level) COMPREPLY=($(compgen -W 'err warn info'"));
	assert_non_null(strstr(completion, "\tword)\n"));
	assert_non_null(strstr(completion, "complete -o default -F _prog prog\n"));
	free(manual);
	free(markdown);
	free(completion);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

RUN_TESTS(T(all_spellings_are_taken), T(letters_go_together),
          T(positional_arguments_move_behind_the_options), T(a_command_ends_the_options_before_it),
          T(help_and_version_are_asked_for), T(mistakes_are_explained),
          T(no_arguments_at_all_are_fine), T(help_fits_a_terminal_and_names_every_option),
          T(the_sample_is_a_file_we_take), T(manual_markdown_and_completion_hold_the_options))
