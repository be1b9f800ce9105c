/*
 * hosts.c - `muster hosts`: the roll.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"

static const struct column columns[] = {
	{ "ip", "IP", LOOK_TEXT },
	{ "hostname", "HOST", LOOK_TEXT },
	{ "state", "STATE", LOOK_STATE },
	{ "since", "FOR", LOOK_AGE },
	{ "seen", "SEEN AGO", LOOK_AGE },
	{ "load1", "LOAD", LOOK_NUMBER },
	{ "cpu", "CPU", LOOK_PERCENT },
	{ "mem", "MEM", LOOK_PERCENT },
	{ "disk", "DISK", LOOK_PERCENT },
	{ "net_in", "NET IN", LOOK_RATE_KB },
	{ "net_out", "NET OUT", LOOK_RATE_KB },
	{ "version", "VERSION", LOOK_TEXT },
};

static int run_hosts(struct cli *cli, int argc, char **argv, struct err *err)
{
	AUTO_BUF struct buf path = BUF(4096);
	AUTO_JSON json_t *reply = NULL;

	(void)argc;
	(void)argv;
	buf_puts(&path, "/api/v1/hosts");
	api_add_query(&path, "state", cli->opt->state);
	api_add_query(&path, "q", cli->opt->search);
	int r = api_call(&cli->api, "GET", buf_cstr(&path), NULL, &reply, err);
	if (r < 0)
		return r;
	const json_t *hosts = json_object_get(reply, "hosts");
	table_print(cli->out, (enum output)cli->opt->output, columns, COUNT_OF(columns), hosts,
	            (int64_t)json_number_value(json_object_get(reply, "now")));
	if (json_array_size(hosts) == 0 && cli->opt->output == OUTPUT_TABLE)
		(void)fputs("no hosts (yet): an agent shows up here within seconds of its first "
		            "contact\n",
		            stderr);
	return 0;
}

static const char *const states[] = { "online", "offline", "waiting", "unknown", NULL };

static const struct option_def options[] = {
	{ .name = "state",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct cli_options, state),
	  .choices = states,
	  .flags = OPTION_NO_INI,
	  .help = "Only hosts in this state." },
	{ .name = "search",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, search),
	  .flags = OPTION_NO_INI,
	  .help = "Only hosts whose name or address contains this." },
};

const struct command command_hosts = {
	.name = "hosts",
	.args = "",
	.summary = "List the hosts, who is there and how they are",
	.example = "muster hosts --state offline -o csv",
	.options = options,
	.n_options = COUNT_OF(options),
	.needs_api = true,
	.run = run_hosts,
};
