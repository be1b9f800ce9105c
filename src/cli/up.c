/*
 * up.c - `muster up`: server, its Redis and an agent for this host, in the foreground, until Ctrl-C.
 *
 * The server makes the agent's client-daemon.ini, so the agent is started once the server answers. A part that dies
 * later is started again; a part that never came up ends the whole with its own words and exit code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/supervise.h"

enum {
	READY_WITHIN_MS = 30000,
	LOOK_EVERY_MS = 50,
	LOOK_TIMEOUT_MS = 1000,
	AGENT_SETTLES_MS = 1500,
	STOP_GRACE_MS = 15000,
	SERVER = 0,
	AGENT = 1
};

/* Where our other programs may be: beside us (installed), or in the build tree. */
static char *find_program(const char *name, const char *build_dir, struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0) {
		err_sys(err, "find our own program");
		return NULL;
	}
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	*slash = '\0';
	for (int i = 0; i < 2; i++) {
		AUTO_BUF struct buf path = BUF(PATH_MAX);

		buf_printf(&path, i == 0 ? "%s/%s" : "%s/../%s/%s", self, i == 0 ? name : build_dir,
		           name);
		if (access(buf_cstr(&path), X_OK) == 0)
			return buf_give(&path);
	}
	err_set(err, -ENOENT, "program %s is not installed beside %s/muster", name, self);
	return NULL;
}

/* --data, else the folder the other commands would look into first. */
static const char *data_dir(const struct cli_options *opt)
{
	const char *env = getenv("MUSTER_DATA");

	if (opt->data != NULL)
		return opt->data;
	return env != NULL && env[0] != '\0' ? env : "data";
}

/* How this program is called from here: by its path while it stands in a build folder below us. */
static const char *own_name(char *buf, size_t size)
{
	AUTO_FREE char *here = getcwd(NULL, 0);
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	size_t len = here != NULL ? strlen(here) : 0;

	if (n <= 0 || len == 0)
		return "muster";
	buf[n] = '\0';
	return strncmp(buf, here, len) == 0 && buf[len] == '/' ? buf + len + 1 : "muster";
}

/* Makes DIR if it is missing and returns its absolute path. */
static char *make_data_dir(const char *dir, struct err *err)
{
	char full[PATH_MAX];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		err_sys(err, "make the data directory %s", dir);
		return NULL;
	}
	if (realpath(dir, full) == NULL) {
		err_sys(err, "find the data directory %s", dir);
		return NULL;
	}
	return xstrdup(full);
}

/* Whether the server started by us answers: its server.json names its pid, and it speaks. */
static bool is_server_ready(const char *data, pid_t pid)
{
	struct err ignored = { 0 };
	struct api api = { 0 };
	AUTO_JSON json_t *j = api_server_json(data, &ignored);
	bool ready = j != NULL && json_integer_value(json_object_get(j, "pid")) == pid &&
	             api_find(NULL, NULL, data, &api, &ignored) == 0;

	api.timeout_ms = LOOK_TIMEOUT_MS;
	ready = ready && api_call(&api, "GET", "/api/v1/version", NULL, NULL, &ignored) == 0;

	api_done(&api);
	return ready;
}

static void print_welcome(const struct cli *cli, const char *data)
{
	struct err ignored = { 0 };
	AUTO_JSON json_t *j = api_server_json(data, &ignored);
	const char *url = json_string_value(json_object_get(j, "url"));
	AUTO_BUF struct buf path = BUF(PATH_MAX);
	char link[512], self[PATH_MAX];
	AUTO_CLOSE int dir = open(data, O_DIRECTORY | O_CLOEXEC);

	ssize_t n = dir >= 0 ? fd_read_file(dir, "setup-link", link, sizeof(link)) : -1;
	struct str first = str_trim((struct str){ link, n > 0 ? (size_t)n : 0 });
	if (cli->opt->data != NULL && strcmp(cli->opt->data, "data") != 0)
		buf_printf(&path, " --data %s", data);
	const char *name = own_name(self, sizeof(self));
	(void)fprintf(cli->out, "\nurl:    " STR_FMT "%s\n",
	              STR_ARG(first.len != 0 ? first : str_of(url)),
	              first.len != 0 ? "   (once: makes the administrator)" : "");
	(void)fprintf(cli->out, "redis:  %s redis%s cli\n", name, buf_cstr(&path));
	(void)fprintf(cli->out, "hosts:  %s hosts%s\n", name, buf_cstr(&path));
	(void)fprintf(cli->out, "data:   %s\n", data);
	(void)fprintf(cli->out, "stop:   Ctrl-C\n\n");
	(void)fflush(cli->out);
}

struct up {
	struct supervisor sup;
	char *server_path, *agent_path, *data, *ini, *state_dir;
	const char *server_argv[16], *agent_argv[8];
};

static void up_done(struct up *up)
{
	free(up->server_path);
	free(up->agent_path);
	free(up->data);
	free(up->ini);
	free(up->state_dir);
}

static void add_part(struct up *up, const char *name, const char *path, const char **argv,
                     bool wanted)
{
	up->sup.parts[up->sup.n++] = (struct supervised){
		.name = name,
		.spec = { .path = path,
		          /* exec takes them as it finds them; nobody writes to them */
		          .argv = (char *const *)(uintptr_t)argv,
		          .death_signal = SIGTERM,
		          .new_session = true,
		          .n_fds = 3,
		          .fds = { -1, -1, STDERR_FILENO } },
		.wanted = wanted,
	};
}

/* Whether the address is a URL with a password: scheme://[user]:password@... */
static bool has_password(const char *address)
{
	struct str rest = str_of(address), login;
	size_t at = str_search(rest, STR("://"));

	rest = str_skip(rest, at + 3);
	return str_cut(&rest, '@', &login) && str_find(login, ':') < login.len;
}

static int prepare(struct up *up, const struct cli_options *opt, struct err *err)
{
	struct buf ini = BUF(PATH_MAX), state = BUF(PATH_MAX);
	size_t n = 0;

	if (has_password(opt->redis))
		return err_set(err, -EINVAL,
		               "--redis: everybody on this machine can read a password there: put "
		               "redis and "
		               "redis-password into a file of mode 0600 and name it with --config");
	up->server_path = find_program("muster-server", "server", err);
	up->agent_path = find_program("muster-agent", "agent", err);
	up->data = up->server_path != NULL && up->agent_path != NULL
	                   ? make_data_dir(data_dir(opt), err)
	                   : NULL;
	if (up->data == NULL)
		return err->code;
	buf_printf(&ini, "%s/client-daemon.ini", up->data);
	buf_printf(&state, "%s/agent", up->data);
	up->ini = buf_give(&ini);
	up->state_dir = buf_give(&state);

	const char *given[][2] = { { "--data", up->data },
		                   { "--config", opt->config },
		                   { "--listen", opt->listen },
		                   { "--redis", opt->redis },
		                   { "--redis-server", opt->redis_server } };
	up->server_argv[n++] = up->server_path;
	for (size_t i = 0; i < COUNT_OF(given); i++) {
		if (given[i][1] == NULL)
			continue;
		up->server_argv[n++] = given[i][0];
		up->server_argv[n++] = given[i][1];
	}
	const char *agent_argv[] = { up->agent_path, "--config",    up->ini,
		                     "--state-dir",  up->state_dir, NULL };
	memcpy(up->agent_argv, agent_argv, sizeof(agent_argv));
	add_part(up, "muster-server", up->server_path, up->server_argv, true);
	add_part(up, "muster-agent", up->agent_path, up->agent_argv, false);
	return 0;
}

/* Runs the loop until `until_ms` (0 = for ever), a stop, or what `is_reached` waits for. */
static int run_until_ready(struct up *up, int *ret_exit, struct err *err)
{
	int64_t until = clock_mono_ms() + READY_WITHIN_MS;
	int r = 0;

	while (r == 0) {
		r = supervisor_turn(&up->sup, LOOK_EVERY_MS, ret_exit, err);
		struct supervised *server = &up->sup.parts[SERVER];
		if (r == 0 && server->pid != 0 && is_server_ready(up->data, server->pid)) {
			server->was_ready = true;
			return 0;
		}
		if (r == 0 && !up->sup.stopping && clock_mono_ms() > until)
			r = err_set(err, -ETIMEDOUT, "the server does not answer after %d s",
			            READY_WITHIN_MS / 1000);
	}
	return r;
}

static int run(struct up *up, const struct cli *cli, int *ret_exit, struct err *err)
{
	int r = run_until_ready(up, ret_exit, err);

	if (r != 0)
		return r;
	print_welcome(cli, up->data);
	struct supervised *agent = &up->sup.parts[AGENT];
	agent->wanted = !cli->opt->no_agent;
	while (r == 0) {
		r = supervisor_turn(&up->sup, 1000, ret_exit, err);
		if (agent->pid != 0 && clock_mono_ms() - agent->started_ms > AGENT_SETTLES_MS)
			agent->was_ready = true;
	}
	return r;
}

static int run_up(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct up up = { 0 };
	int child_exit = EXIT_DONE;

	(void)argc;
	(void)argv;
	int r = prepare(&up, cli->opt, err);
	if (r == 0)
		r = supervisor_open(&up.sup, err);
	if (r == 0) {
		r = run(&up, cli, &child_exit, err);
		if (r < 0 && !up.sup.stopping) {
			/* One part failed: the other gets its clean stop all the same. */
			struct err later = { 0 };
			int status;

			supervisor_stop(&up.sup, STOP_GRACE_MS);
			while (supervisor_turn(&up.sup, 1000, &status, &later) == 0)
				;
		}
		supervisor_close(&up.sup);
	}
	up_done(&up);
	/* The part that failed has said why, and its exit code says which kind of failure it was. */
	if (r == -ECHILD && child_exit == EXIT_USAGE)
		err->code = -EINVAL;
	return r < 0 ? err->code : 0;
}

static const struct option_def options[] = {
	{
		.name = "data",
		.type = OPT_STRING,
		.flags = OPTION_NO_INI,
		.offset = offsetof(struct cli_options, data),
		.arg = "DIR",
		.help = "Where everything is kept (default: $MUSTER_DATA or ./data); made if it is "
			"missing.",
	},
	{
		.name = "config",
		.type = OPT_STRING,
		.flags = OPTION_NO_INI,
		.offset = offsetof(struct cli_options, config),
		.arg = "FILE",
		.help = "Settings of the server, for example redis and redis-password (see "
			"muster-server --help).",
	},
	{ .name = "listen",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, listen),
	  .arg = "ADDR:PORT",
	  .flags = OPTION_NO_INI,
	  .help = "Where the web page and the API are served (default 127.0.0.1:8470)." },
	{ .name = "redis",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, redis),
	  .arg = "URL",
	  .flags = OPTION_NO_INI,
	  .help = "Use this Redis (redis://, rediss://, unix:) instead of a private one." },
	{ .name = "redis-server",
	  .type = OPT_STRING,
	  .offset = offsetof(struct cli_options, redis_server),
	  .arg = "FILE",
	  .flags = OPTION_NO_INI,
	  .help = "The redis-server program for the private Redis." },
	{ .name = "no-agent",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct cli_options, no_agent),
	  .flags = OPTION_NO_INI,
	  .help = "Do not watch this host." },
};

const struct command command_up = {
	.name = "up",
	.args = "",
	.summary = "Run everything on this machine until Ctrl-C: Redis, server, web page, agent",
	.example = "muster up --data ./data --listen 127.0.0.1:8470",
	.options = options,
	.n_options = COUNT_OF(options),
	.no_common = true,
	.run = run_up,
};
