/*
 * events.c - `muster events`: what happened, newest first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"

enum { LIMIT_MAX = 1000 };

static const struct column columns[] = {
	{ "time", "TIME", LOOK_TIME },     { "level", "LEVEL", LOOK_STATE },
	{ "kind", "KIND", LOOK_TEXT },     { "ip", "IP", LOOK_TEXT },
	{ "hostname", "HOST", LOOK_TEXT }, { "text", "WHAT", LOOK_TEXT },
};

static int run_events(struct cli *cli, int argc, char **argv, struct err *err)
{
	AUTO_BUF struct buf path = BUF(4096);
	AUTO_JSON json_t *reply = NULL;

	(void)argc;
	(void)argv;
	buf_printf(&path, "/api/v1/events/log?limit=%lld", (long long)cli->opt->limit);
	api_add_query(&path, "ip", cli->opt->ip);
	api_add_query(&path, "kind", cli->opt->kind);
	int r = api_call(&cli->api, "GET", buf_cstr(&path), NULL, &reply, err);
	if (r < 0)
		return r;
	table_print(cli->out, (enum output)cli->opt->output, columns, COUNT_OF(columns),
	            json_object_get(reply, "events"), 0);
	if (cli->opt->output != OUTPUT_TABLE)
		return 0;
	if (json_array_size(json_object_get(reply, "events")) == 0)
		(void)fputs("no such events\n", stderr);
	if (json_is_true(json_object_get(reply, "more")) && cli->opt->limit < LIMIT_MAX)
		(void)fprintf(stderr, "there are older ones: --limit %lld shows more\n",
		              (long long)(cli->opt->limit * 4 < LIMIT_MAX ? cli->opt->limit * 4
		                                                          : LIMIT_MAX));
	return 0;
}

static const struct option_def options[] = {
	{ .name = "limit",
	  .type = OPT_INT,
	  .offset = offsetof(struct cli_options, limit),
	  .dflt = "50",
	  .min = 1,
	  .max = LIMIT_MAX,
	  .flags = OPTION_NO_INI,
	  .help = "How many at the most." },
	{ .name = "ip",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, ip),
	  .flags = OPTION_NO_INI,
	  .help = "Only those of this host." },
	{ .name = "kind",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, kind),
	  .flags = OPTION_NO_INI,
	  .help = "Only this kind, for example host.offline." },
};

const struct command command_events = {
	.name = "events",
	.args = "",
	.summary = "Show what happened, newest first",
	.example = "muster events --ip 10.0.0.7 --limit 20",
	.options = options,
	.n_options = COUNT_OF(options),
	.needs_api = true,
	.run = run_events,
};
