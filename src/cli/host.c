/*
 * host.c - `muster host IP`: one host, everything the roll knows; also accepts or forgets it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"

static const struct column columns[] = {
	{ "ip", "address", LOOK_TEXT },
	{ "hostname", "host name", LOOK_TEXT },
	{ "state", "state", LOOK_STATE },
	{ "since", "for", LOOK_AGE },
	{ "seen", "seen ago", LOOK_AGE },
	{ "id", "host id", LOOK_TEXT },
	{ "region", "region", LOOK_TEXT },
	{ "version", "agent", LOOK_TEXT },
	{ "os", "system", LOOK_TEXT },
	{ "kernel", "kernel", LOOK_TEXT },
	{ "cpu_model", "processor", LOOK_TEXT },
	{ "cores", "cores", LOOK_TEXT },
	{ "mem_total_mb", "memory (MB)", LOOK_TEXT },
	{ "mac", "mac", LOOK_TEXT },
	{ "boot", "booted", LOOK_TIME },
	{ "first_seen", "first seen", LOOK_TIME },
	{ "offset_ms", "clock offset (ms)", LOOK_TEXT },
	{ "load1", "load (1 min)", LOOK_TEXT },
	{ "cpu", "processor busy", LOOK_PERCENT },
	{ "mem", "memory used", LOOK_PERCENT },
	{ "disk", "fullest disk", LOOK_PERCENT },
	{ "net_in", "network in", LOOK_RATE_KB },
	{ "net_out", "network out", LOOK_RATE_KB },
};

static int act(struct cli *cli, const char *path, struct err *err)
{
	AUTO_BUF struct buf at = BUF(4096);
	int r = 0;

	if (cli->opt->accept) {
		buf_printf(&at, "%s/accept", path);
		r = api_call(&cli->api, "POST", buf_cstr(&at), NULL, NULL, err);
	} else if (cli->opt->forget) {
		r = api_call(&cli->api, "DELETE", path, NULL, NULL, err);
	}
	return r;
}

static int run_host(struct cli *cli, int argc, char **argv, struct err *err)
{
	AUTO_BUF struct buf path = BUF(4096);
	AUTO_FREE char *ip = api_escape(argv[0]);
	AUTO_JSON json_t *reply = NULL;

	(void)argc;
	if (cli->opt->accept && cli->opt->forget)
		return err_set(err, -EINVAL, "--accept and --forget exclude each other");
	buf_printf(&path, "/api/v1/hosts/%s", ip);
	int r = act(cli, buf_cstr(&path), err);
	if (r == 0 && !cli->opt->forget)
		r = api_call(&cli->api, "GET", buf_cstr(&path), NULL, &reply, err);
	if (r == -ENOENT)
		return err_set(err, r,
		               "no host on the roll has the address %s: `muster hosts` lists them",
		               argv[0]);
	if (r < 0 || cli->opt->forget)
		return r;
	const json_t *now = json_object_get(reply, "now");
	table_print_one(cli->out, (enum output)cli->opt->output, columns, COUNT_OF(columns), reply,
	                (int64_t)json_number_value(now));
	return 0;
}

static const struct option_def options[] = {
	{ .name = "accept",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct cli_options, accept),
	  .flags = OPTION_NO_INI,
	  .help = "Let a waiting host join (admin)." },
	{ .name = "forget",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct cli_options, forget),
	  .flags = OPTION_NO_INI,
	  .help = "Take an offline host off the roll (admin); it comes back if its agent does." },
};

const struct command command_host = {
	.name = "host",
	.args = "IP",
	.summary = "Show one host; --accept and --forget change its place on the roll",
	.example = "muster host 10.0.0.7",
	.options = options,
	.n_options = COUNT_OF(options),
	.min_args = 1,
	.max_args = 1,
	.needs_api = true,
	.run = run_host,
};
