/*
 * version.c - `muster version`: ours, and the server's when there is one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/command.h"
#include "cli/commands.h"

static int run_version(struct cli *cli, int argc, char **argv, struct err *err)
{
	static const struct column columns[] = {
		{ "muster", "MUSTER", LOOK_TEXT },
		{ "server", "SERVER", LOOK_TEXT },
		{ "url", "AT", LOOK_TEXT },
	};
	const struct cli_options *o = cli->opt;
	AUTO_JSON json_t *reply = NULL;
	AUTO_JSON json_t *row = json_pack("{s:s}", "muster", MUSTER_VERSION);
	AUTO_JSON json_t *rows = json_pack("[O]", row);
	struct err none = { 0 };

	(void)argc;
	(void)argv;
	(void)err;
	/* No server is no failure: the question was about versions. */
	if (api_find(o->server, o->token_file, o->data, &cli->api, &none) == 0 &&
	    api_call(&cli->api, "GET", "/api/v1/version", NULL, &reply, &none) == 0) {
		(void)json_object_set(row, "server", json_object_get(reply, "version"));
		(void)json_object_set_new(row, "url", json_string(cli->api.url));
	}
	table_print(cli->out, (enum output)o->output, columns, COUNT_OF(columns), rows, 0);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.args = "",
	.summary = "Show the versions of this program and of the server",
	.example = "muster version -o json",
	.run = run_version,
};
