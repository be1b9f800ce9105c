/*
 * checkstate.c - `muster checkstate`: one pass of the scheduled check now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/command.h"
#include "cli/commands.h"

static const struct column columns[] = {
	{ "workers", "WORKERS", LOOK_NUMBER },         { "offline", "OFFLINE", LOOK_NUMBER },
	{ "changed", "CHANGED", LOOK_NUMBER },         { "took_ms", "TOOK MS", LOOK_NUMBER },
	{ "active", "THIS SERVER ACTIVE", LOOK_TEXT },
};

static int run_checkstate(struct cli *cli, int argc, char **argv, struct err *err)
{
	AUTO_JSON json_t *reply = NULL;

	(void)argc;
	(void)argv;
	int r = api_call(&cli->api, "POST", "/api/v1/checkstate", NULL, &reply, err);
	if (r < 0)
		return r;
	AUTO_JSON json_t *rows = json_array();
	(void)json_array_append(rows, reply);
	table_print(cli->out, (enum output)cli->opt->output, columns, COUNT_OF(columns), rows, 0);
	return 0;
}

const struct command command_checkstate = {
	.name = "checkstate",
	.args = "",
	.summary = "Check all workers now: stale ones go offline, their state goes to the tables",
	.example = "muster checkstate -o json",
	.needs_api = true,
	.run = run_checkstate,
};
