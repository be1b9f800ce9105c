/*
 * programs.c - options of the programs: docs/reference/{agent,server}.md, manual pages, completion for bash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "agent/agent_options.h"
#include "base/mem.h"
#include "cli/command.h"
#include "describe/page.h"
#include "server/server_options.h"

enum { MOST_COMMANDS = 64 };

static const struct program muster = {
	.name = "muster",
	.args = "COMMAND [ARGUMENT...]",
	.summary = "calls the roll of a fleet of Linux hosts",
	.text = "A client of the server's API, and the way to start all of it on one machine. It "
		"finds a "
		"server that runs here by its data folder; `muster COMMAND --help` explains a "
		"command.",
	.examples = "  muster up\n  muster hosts\n  muster host 10.0.0.7 -o json\n",
};

static void print_program(FILE *out, const char *title, const struct program *p)
{
	(void)fprintf(out, "# %s\n\n`%s [OPTION...]%s%s` %s. %s\n\n```sh\n%s```\n\n", title,
	              p->name, p->args[0] != '\0' ? " " : "", p->args, p->summary, p->text,
	              p->examples);
	conf_print_markdown(out, p);
}

void describe_agent(FILE *out)
{
	print_program(out, "The agent", &agent_program);
	(void)fprintf(out,
	              "\nThe file is `%s` unless `--config` names another; its lines may stand in "
	              "a section "
	              "`[%s]`. What is\ngiven on the command line wins. A file with these options "
	              "and their "
	              "help:\n\n```ini\n",
	              AGENT_CONFIG_DEFAULT, AGENT_SECTION);
	conf_print_sample(out, &agent_program);
	(void)fputs("```\n", out);
}

void describe_server(FILE *out)
{
	print_program(out, "The server", &server_program);
}

void describe_agent_manual(FILE *out)
{
	conf_print_manual(out, &agent_program, 8);
}

void describe_server_manual(FILE *out)
{
	conf_print_manual(out, &server_program, 8);
}

void describe_muster_manual(FILE *out)
{
	struct program whole = muster;

	whole.options = cli_common_options;
	whole.n_options = n_cli_common_options;
	conf_print_manual(out, &whole, 1);
	(void)fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < n_cli_commands; i++)
		(void)fprintf(out, ".TP\n.B %s %s\n%s.\n", cli_commands[i]->name,
		              cli_commands[i]->args, cli_commands[i]->summary);
}

/* A command's own options with the common ones behind; the caller frees. */
static struct option_def *options_of(const struct command *c)
{
	struct option_def *all = xcalloc(c->n_options + n_cli_common_options, sizeof(*all));

	if (c->n_options != 0)
		memcpy(all, c->options, c->n_options * sizeof(*all));
	memcpy(all + c->n_options, cli_common_options, n_cli_common_options * sizeof(*all));
	return all;
}

void describe_muster_completion(FILE *out)
{
	struct program programs[MOST_COMMANDS] = { { 0 } };
	const struct program *rows[MOST_COMMANDS + 1] = { &muster };
	struct option_def *options[MOST_COMMANDS] = { NULL };
	char names[MOST_COMMANDS][32];
	size_t n = n_cli_commands < MOST_COMMANDS ? n_cli_commands : MOST_COMMANDS;

	for (size_t i = 0; i < n; i++) {
		const struct command *c = cli_commands[i];

		(void)snprintf(names[i], sizeof(names[i]), "muster %s", c->name);
		options[i] = options_of(c);
		programs[i] = (struct program){
			.name = names[i],
			.options = options[i],
			.n_options = c->n_options + n_cli_common_options,
		};
		rows[i + 1] = &programs[i];
	}
	conf_print_completion(out, rows, n + 1);
	for (size_t i = 0; i < n; i++)
		free(options[i]);
}

void describe_agent_completion(FILE *out)
{
	const struct program *rows[] = { &agent_program };

	conf_print_completion(out, rows, 1);
}

void describe_server_completion(FILE *out)
{
	const struct program *rows[] = { &server_program };

	conf_print_completion(out, rows, 1);
}
