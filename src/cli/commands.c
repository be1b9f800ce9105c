/*
 * commands.c - the list of commands, and the options all of them take.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/commands.h"

const struct command *const cli_commands[] = {
	&command_up,    &command_hosts,      &command_host,    &command_events,
	&command_redis, &command_checkstate, &command_version,
};

const size_t n_cli_commands = COUNT_OF(cli_commands);

static const char *const outputs[] = {
	[OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json", [OUTPUT_CSV] = "csv", NULL
};

const struct option_def cli_common_options[] = {
	{
		.name = "data",
		.type = OPT_STRING,
		.offset = offsetof(struct cli_options, data),
		.arg = "DIR",
		.flags = OPTION_NO_INI,
		.help = "Data directory of a server on this machine (default: $MUSTER_DATA, "
			"./data, /var/lib/muster-server).",
	},
	{
		.name = "server",
		.type = OPT_STRING,
		.offset = offsetof(struct cli_options, server),
		.arg = "URL",
		.flags = OPTION_NO_INI,
		.help = "A server elsewhere; the token comes from --token-file or $MUSTER_TOKEN.",
	},
	{
		.name = "token-file",
		.type = OPT_STRING,
		.offset = offsetof(struct cli_options, token_file),
		.arg = "FILE",
		.flags = OPTION_NO_INI,
		.help = "File that holds the token for --server.",
	},
	{
		.name = "output",
		.letter = 'o',
		.type = OPT_ENUM,
		.offset = offsetof(struct cli_options, output),
		.choices = outputs,
		.dflt = "table",
		.flags = OPTION_NO_INI,
		.help = "How to print.",
	},
};

const size_t n_cli_common_options = COUNT_OF(cli_common_options);
