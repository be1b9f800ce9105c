/*
 * server_options.c - the table of the server's options, and reading them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/server_options.h"

#include <errno.h>

#include "base/mem.h"

static const char *const enrols[] = { "auto", "manual", NULL };
static const char *const log_levels[] = { "err", "warn", "info", "debug", NULL };
static const char *const log_formats[] = { "auto", "text", "journal", "json", NULL };

static const struct option_def options[] = {
	{
		.name = "config",
		.letter = 'c',
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, config),
		.arg = "FILE",
		.flags = OPTION_NO_INI,
		.help = "Settings file (" SERVER_CONFIG_DEFAULT ", if it is there).",
	},
	{
		.name = "data",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, data),
		.arg = "DIR",
		.dflt = "/var/lib/muster-server",
		.help = "Folder for the database, our own Redis, and the files the CLI finds us "
			"by.",
	},
	{
		.name = "listen",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, listen),
		.arg = "ADDR:PORT",
		.dflt = "127.0.0.1:8470",
		.help = "Where the pages and the API are served; port 0 takes a free one.",
	},
	{
		.name = "url",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, url),
		.arg = "URL",
		.help = "Where people reach the pages, such as https://muster.example, when a "
			"proxy "
			"stands before them.",
	},
	{
		.name = "redis",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, redis),
		.arg = "ADDRESS",
		.flags = OPTION_URL,
		.help = "A Redis of yours: HOST:PORT, redis://HOST:PORT, rediss://HOST:PORT (TLS) "
			"or "
			"unix:/PATH. Without it the server runs one of its own.",
	},
	{
		.name = "redis-user",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, redis_user),
		.arg = "NAME",
		.help = "User for your Redis; without one its default user.",
	},
	{
		.name = "redis-password",
		.type = OPT_SECRET,
		.offset = offsetof(struct server_options, redis_password),
		.help = "Password for your Redis.",
	},
	{
		.name = "redis-ca",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, redis_ca),
		.arg = "FILE",
		.help = "Certificates a TLS Redis must be signed by (PEM); without it the "
			"system's.",
	},
	{
		.name = "redis-server",
		.type = OPT_STRING,
		.offset = offsetof(struct server_options, redis_server),
		.arg = "PROGRAM",
		.dflt = "redis-server",
		.help = "The program to run as our own Redis.",
	},
	{
		.name = "redis-port",
		.type = OPT_INT,
		.offset = offsetof(struct server_options, redis_port),
		.arg = "PORT",
		.min = 0,
		.max = 65535,
		.dflt = "0",
		.help = "Loopback port of our own Redis; 0 takes the one used before, else 6380 or "
			"a free "
			"one.",
	},
	{
		.name = "enrol",
		.type = OPT_ENUM,
		.offset = offsetof(struct server_options, enrol),
		.dflt = "auto",
		.choices = enrols,
		.help = "Whether hosts that report for the first time are let in by themselves, or "
			"wait "
			"for somebody to accept them.",
	},
	{
		.name = "checkstate-interval",
		.type = OPT_DURATION,
		.offset = offsetof(struct server_options, check_ms),
		.dflt = "10s",
		.min = 1000,
		.max = 3600000,
		.help = "How often the records of all workers are looked at.",
	},
	{
		.name = "stale-after",
		.type = OPT_DURATION,
		.offset = offsetof(struct server_options, stale_ms),
		.dflt = "0",
		.min = 0,
		.max = 86400000,
		.help = "Age of a worker's record that makes checkstate call it offline; 0 is "
			"three report "
			"intervals, 15 s at least.",
	},
	{
		.name = "log-level",
		.type = OPT_ENUM,
		.offset = offsetof(struct server_options, log_level),
		.dflt = "info",
		.choices = log_levels,
		.help = "How much is logged to standard error.",
	},
	{
		.name = "log-format",
		.type = OPT_ENUM,
		.offset = offsetof(struct server_options, log_format),
		.dflt = "auto",
		.choices = log_formats,
		.help = "How log lines look; auto is journal under systemd and text elsewhere.",
	},
};

const struct program server_program = {
	.name = "muster-server",
	.args = "",
	.summary = "keeps the roll of a fleet and shows it",
	.text = "Runs in the foreground until SIGTERM. Keeps what it knows in the data folder, "
		"listens to "
		"the agents through Redis, and serves the pages and the API. At the first start it "
		"prints "
		"a link that makes the administrator.",
	.examples =
		"  muster-server --data ./data\n"
		"  muster-server --data /srv/muster --listen 10.0.0.1:8470 --redis 10.0.0.1:6379\n",
	.options = options,
	.n_options = COUNT_OF(options),
};

void server_options_done(struct server_options *o)
{
	conf_done(&(struct conf){ options, COUNT_OF(options), o });
}

int server_options_read(struct server_options *o, int argc, char **argv, enum conf_asked *ret_asked,
                        bool *ret_loose, struct err *err)
{
	const struct conf c = { options, COUNT_OF(options), o };
	struct conf_line line = { 0 };

	*ret_loose = false;
	conf_defaults(&c);
	int r = conf_args(&c, argc, argv, &line, err);
	*ret_asked = line.asked;
	if (r == 0 && line.asked == CONF_RUN) {
		bool is_default = o->config == NULL;
		AUTO_FREE char *file = xstrdup(is_default ? SERVER_CONFIG_DEFAULT : o->config);
		struct err why = { 0 };

		r = conf_ini_file(&c, file, SERVER_SECTION, ret_loose, &why);
		if (r == -ENOENT && is_default)
			r = 0;
		else if (r < 0)
			*err = why;
		if (r == 0)
			r = conf_args(&c, argc, argv, &line, err);
		if (r == 0 && line.rest < argc)
			r = err_set(err, -EINVAL,
			            "there is no argument '%.60s' (--help lists the options)",
			            argv[line.rest]);
		if (r == 0)
			r = conf_check(&c, err);
	}
	if (r < 0)
		server_options_done(o);
	return r;
}
