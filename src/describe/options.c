/*
 * options.c - docs/reference/cli.md: the commands of `muster` and their options.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/command.h"
#include "describe/page.h"

static void print_command(FILE *out, const struct command *c)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "muster %s", c->name);
	struct program program = {
		.name = name,
		.args = c->args,
		.summary = c->summary,
		.options = c->options,
		.n_options = c->n_options,
	};
	(void)fprintf(out, "\n## %s%s%s\n\n%s. Example:\n\n```sh\n%s\n```\n", name,
	              c->args[0] != '\0' ? " " : "", c->args, c->summary, c->example);
	if (c->n_options != 0) {
		(void)fputc('\n', out);
		conf_print_markdown(out, &program);
	}
}

void describe_options(FILE *out)
{
	struct program common = {
		.name = "muster",
		.args = "",
		.summary = "",
		.options = cli_common_options,
		.n_options = n_cli_common_options,
	};

	(void)fputs("# The command line\n\n"
	            "`muster COMMAND [OPTION...] [ARGUMENT...]`. Exit status: 0 done, 1 failed, 2 "
	            "wrong usage, 3 server\n"
	            "unreachable, 4 denied. Every command takes these options:\n\n",
	            out);
	conf_print_markdown(out, &common);
	for (size_t i = 0; i < n_cli_commands; i++)
		print_command(out, cli_commands[i]);
}
