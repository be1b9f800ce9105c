/*
 * redis.c - `muster redis cli ...`: redis-cli with the right address and credentials.
 *
 * The password goes through the environment variable redis-cli has for it, so it stands in no argument list.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"

enum { OUR_ARGS = 16 };

/* Adds what server.json says about the address; false when it says nothing usable. */
static bool add_address(const json_t *redis, char **argv, size_t *n)
{
	const char *socket = json_string_value(json_object_get(redis, "socket"));
	const char *host = json_string_value(json_object_get(redis, "host"));
	const char *ca = json_string_value(json_object_get(redis, "ca"));
	json_int_t db = json_integer_value(json_object_get(redis, "db"));
	json_int_t port = json_integer_value(json_object_get(redis, "port"));
	struct buf text = BUF(16);

	if (db != 0) {
		struct buf number = BUF(16);

		buf_printf(&number, "%" JSON_INTEGER_FORMAT, db);
		argv[(*n)++] = xstrdup("-n");
		argv[(*n)++] = buf_give(&number);
	}
	if (socket != NULL) {
		argv[(*n)++] = xstrdup("-s");
		argv[(*n)++] = xstrdup(socket);
		return true;
	}
	if (host == NULL || port == 0)
		return false;
	buf_printf(&text, "%" JSON_INTEGER_FORMAT, port);
	argv[(*n)++] = xstrdup("-h");
	argv[(*n)++] = xstrdup(host);
	argv[(*n)++] = xstrdup("-p");
	argv[(*n)++] = buf_give(&text);
	if (json_is_true(json_object_get(redis, "tls")))
		argv[(*n)++] = xstrdup("--tls");
	if (ca != NULL && ca[0] != '\0') {
		argv[(*n)++] = xstrdup("--cacert");
		argv[(*n)++] = xstrdup(ca);
	}
	return true;
}

static int run_redis(struct cli *cli, int argc, char **argv, struct err *err)
{
	AUTO_JSON json_t *j = NULL;
	size_t n = 0;

	if (strcmp(argv[0], "cli") != 0)
		return err_set(err, -EINVAL,
		               "unknown word '%s': the only one is `muster redis cli ...`",
		               argv[0]);
	if (argc > 1 && str_starts(str_of(argv[1]), STR("--data")))
		return err_set(err, -EINVAL,
		               "--data stands before cli: muster redis --data DIR cli ...");
	int r = api_find(NULL, NULL, cli->opt->data, &cli->api, err);
	if (r < 0)
		return r;
	if (cli->api.found_in == NULL)
		return err_set(err, -EINVAL,
		               "needs the server's data directory on this machine: name it with "
		               "--data DIR");
	j = api_server_json(cli->api.found_in, err);
	if (j == NULL)
		return err->code;
	const json_t *redis = json_object_get(j, "redis");
	char **args = xcalloc((size_t)argc + OUR_ARGS, sizeof(*args));
	args[n++] = xstrdup("redis-cli");
	if (!add_address(redis, args, &n))
		return err_set(err, -EBADMSG, "%s/server.json names no Redis address",
		               cli->api.found_in);
	const char *user = json_string_value(json_object_get(redis, "user"));
	const char *password = json_string_value(json_object_get(redis, "password"));
	if (user != NULL && user[0] != '\0') {
		args[n++] = xstrdup("--user");
		args[n++] = xstrdup(user);
	}
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	if (password != NULL)
		(void)setenv("REDISCLI_AUTH", password, 1);
	(void)execvp("redis-cli", args);
	return err_sys(err, "run redis-cli (is the package redis-tools installed?)");
}

static const struct option_def options[] = {
	{
		.name = "data",
		.type = OPT_STRING,
		.flags = OPTION_NO_INI,
		.offset = offsetof(struct cli_options, data),
		.arg = "DIR",
		.help = "Data directory of the server (default: $MUSTER_DATA, ./data, "
			"/var/lib/muster-server).",
	},
};

const struct command command_redis = {
	.name = "redis",
	.args = "cli [ARGUMENT...]",
	.summary = "Run redis-cli on the server's Redis, with address and credentials filled in",
	.example = "muster redis cli GET rdv_worker_127.0.0.1",
	.min_args = 1,
	.max_args = -1,
	.options = options,
	.n_options = COUNT_OF(options),
	.no_common = true,
	.run = run_redis,
};
