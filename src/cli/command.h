/*
 * command.h - a command of `muster`: one row that help, completion, manual and main() read.
 *
 * A command is one file with one exported row, named in commands.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/api.h"
#include "cli/table.h"
#include "conf/option.h"

/* Every option of every command; a command's table says which of them it takes. */
struct cli_options {
	char *data, *server, *token_file;
	int64_t output; /* enum output */
	char *listen, *redis, *redis_server, *config;
	char *state, *search;
	char *ip, *kind;
	int64_t limit;
	bool accept, forget, no_agent;
};

/* What a command runs with. */
struct cli {
	const struct cli_options *opt;
	struct api api; /* found already when the row says `needs_api` */
	FILE *out;
};

struct command {
	const char *name;
	const char *args; /* "IP [...]" for the usage line; "" for none */
	const char *summary;
	const char *example; /* whole lines for --help */
	const struct option_def *options;
	size_t n_options;
	int min_args, max_args; /* max -1 = any number; then options end at the first argument */
	bool needs_api;
	bool no_common; /* takes its own options only, not the common ones */
	/** Does the work; `argv` holds the arguments behind the options. Returns 0 or -errno with a sentence. */
	int (*run)(struct cli *cli, int argc, char **argv, struct err *err);
};

/* All commands, in the order help shows them. */
extern const struct command *const cli_commands[];
extern const size_t n_cli_commands;

/* The options every command takes. */
extern const struct option_def cli_common_options[];
extern const size_t n_cli_common_options;

#endif
