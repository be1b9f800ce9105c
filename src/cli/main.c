/*
 * main.c - finds the command's row, reads its options, checks the arguments, runs it, prints the failure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"

static void print_help(FILE *out)
{
	(void)fputs("muster - call the roll of a fleet of Linux hosts\n\n"
	            "usage: muster COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n",
	            out);
	for (size_t i = 0; i < n_cli_commands; i++)
		(void)fprintf(out, "  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
	(void)fputs("\n`muster COMMAND --help` explains one. Start here:\n  muster up\n", out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < n_cli_commands; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* The command's own options with the common ones behind; the caller frees. */
static struct option_def *join_options(const struct command *c, size_t *ret_n)
{
	size_t n_common = c->no_common ? 0 : n_cli_common_options;
	size_t n = 0;
	struct option_def *all = xcalloc(c->n_options + n_common + 1, sizeof(*all));

	for (size_t i = 0; i < c->n_options; i++)
		all[n++] = c->options[i];
	for (size_t i = 0; i < n_common; i++)
		all[n++] = cli_common_options[i];
	*ret_n = n;
	return all;
}

static int check_arity(const struct command *c, int n, struct err *err)
{
	if (n < c->min_args)
		return err_set(err, -EINVAL, "an argument is missing: muster %s %s", c->name,
		               c->args);
	if (c->max_args >= 0 && n > c->max_args)
		return err_set(err, -EINVAL, "too many arguments: muster %s%s%s", c->name,
		               c->args[0] != '\0' ? " " : "", c->args);
	return 0;
}

static int run_parsed(const struct command *c, const struct cli_options *opt, int argc, char **argv,
                      struct err *err)
{
	struct cli cli = { .opt = opt, .out = stdout };
	int r = check_arity(c, argc, err);

	if (r == 0 && c->needs_api)
		r = api_find(opt->server, opt->token_file, opt->data, &cli.api, err);
	if (r == 0)
		r = c->run(&cli, argc, argv, err);
	api_done(&cli.api);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(err, "write the output");
	return r;
}

static int run_command(const struct command *c, int argc, char **argv, struct err *err)
{
	struct cli_options opt = { 0 };
	struct conf_line line = { .stop_at_first = c->max_args < 0 };
	char full_name[64], example[256];
	size_t n_defs;
	AUTO_FREE struct option_def *defs = join_options(c, &n_defs);
	struct conf conf = { defs, n_defs, &opt };

	(void)snprintf(full_name, sizeof(full_name), "muster %s", c->name);
	(void)snprintf(example, sizeof(example), "  %s\n", c->example);
	conf_defaults(&conf);
	int r = conf_args(&conf, argc, argv, &line, err);
	if (r == 0 && line.asked == CONF_HELP) {
		struct program p = {
			.name = full_name,
			.args = c->args,
			.summary = c->summary,
			.examples = example,
			.options = defs,
			.n_options = n_defs,
		};

		conf_print_help(stdout, &p);
	} else if (r == 0 && line.asked == CONF_VERSION) {
		(void)puts("muster " MUSTER_VERSION);
	} else if (r == 0) {
		r = run_parsed(c, &opt, argc - line.rest, argv + line.rest, err);
	}
	conf_done(&conf);
	return r;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	const char *word = argc > 1 ? argv[1] : NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	log_setup("muster", LOG_INFO, log_format_guess());
	if (word == NULL || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0) {
		print_help(word == NULL ? stderr : stdout);
		return word == NULL ? EXIT_USAGE : EXIT_DONE;
	}
	if (strcmp(word, "--version") == 0) {
		(void)puts("muster " MUSTER_VERSION);
		return EXIT_DONE;
	}
	const struct command *c = find_command(word);
	if (c == NULL) {
		(void)fprintf(stderr, "muster: unknown command '%s'; `muster --help` lists them\n",
		              word);
		return EXIT_USAGE;
	}
	if (run_command(c, argc - 1, argv + 1, &err) == 0)
		return EXIT_DONE;
	(void)fprintf(stderr, "muster %s: %s\n", c->name, err.msg);
	return err_exit_code(err.code);
}
