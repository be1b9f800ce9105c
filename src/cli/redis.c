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

enum { OUR_ARGS = 12 };

/* Adds what server.json says about the address; false when it says nothing usable. */
static bool add_address(const json_t *redis, char **argv, size_t *n)
{
	const char *socket = json_string_value(json_object_get(redis, "socket"));
	const char *host = json_string_value(json_object_get(redis, "host"));
	json_int_t port = json_integer_value(json_object_get(redis, "port"));
	struct buf text = BUF(16);

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

const struct command command_redis = {
	.name = "redis",
	.args = "cli [ARGUMENT...]",
	.summary = "Run redis-cli on the server's Redis, with address and credentials filled in",
	.example = "muster redis cli GET rdv_worker_127.0.0.1",
	.min_args = 1,
	.max_args = -1,
	.needs_api = true,
	.run = run_redis,
};
