/*
 * agent_options.c - the table of the agent's options, and reading them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/agent_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

static const char *const log_levels[] = { "err", "warn", "info", "debug", NULL };
static const char *const log_formats[] = { "auto", "text", "journal", "json", NULL };

static const struct option_def options[] = {
	{
		.name = "config",
		.letter = 'c',
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, config),
		.arg = "FILE",
		.flags = OPTION_NO_INI,
		.help = "Settings file (" AGENT_CONFIG_DEFAULT ", if it is there).",
	},
	{
		.name = "redis",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, redis),
		.arg = "ADDRESS",
		.flags = OPTION_REQUIRED | OPTION_URL,
		.help = "Where Redis is: HOST:PORT (6379 without one), redis://HOST:PORT, "
			"rediss://HOST:PORT (TLS) or "
			"unix:/PATH.",
	},
	{
		.name = "password",
		.type = OPT_SECRET,
		.offset = offsetof(struct agent_options, password),
		.help = "Password for Redis.",
	},
	{
		.name = "user",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, user),
		.arg = "NAME",
		.help = "User for Redis; without one its default user.",
	},
	{
		.name = "ca",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, ca),
		.arg = "FILE",
		.help = "Certificates a TLS Redis must be signed by (PEM); without it the "
			"system's.",
	},
	{
		.name = "ip",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, ip),
		.arg = "IP",
		.help = "This host's address in the names of keys; without it the one the "
			"connection to Redis comes from.",
	},
	{
		.name = "cluster",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, cluster),
		.arg = "NAME",
		.help = "Name of the cluster this host belongs to, sent with each message.",
	},
	{
		.name = "sn",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, sn),
		.arg = "TEXT",
		.help = "Serial number of this host; without it what its firmware says.",
	},
	{
		.name = "collect",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, collect),
		.arg = "NAME,...",
		.help = "Collectors to run, in this order; without it all of them (muster-agent "
			"collect "
			"--list).",
	},
	{
		.name = "interval-default",
		.type = OPT_DURATION,
		.offset = offsetof(struct agent_options, interval_ms),
		.dflt = "10s",
		.min = 1000,
		.max = 3600000,
		.help = "Report period while rdv_client_loop_interval is not set.",
	},
	{
		.name = "history",
		.type = OPT_INT,
		.offset = offsetof(struct agent_options, history),
		.dflt = "6",
		.min = 1,
		.max = 1000,
		.help = "Messages kept in server:workload:{ip}.",
	},
	{
		.name = "state-dir",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, state_dir),
		.arg = "DIR",
		.help = "Folder for what must survive a restart (/var/lib/muster-agent; for others "
			"than root ~/.local/state/muster-agent).",
	},
	{
		.name = "worker-user",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, worker_user),
		.arg = "NAME",
		.dflt = "muster",
		.help = "Whom the worker runs as when the agent is started by root; nobody if "
			"there "
			"is no such user.",
	},
	{
		.name = "hang-after",
		.type = OPT_DURATION,
		.offset = offsetof(struct agent_options, hang_ms),
		.dflt = "30s",
		.min = 3000,
		.max = 3600000,
		.help = "A worker without a sign of life for so long is killed and started again.",
	},
	{
		.name = "stop-after",
		.type = OPT_DURATION,
		.offset = offsetof(struct agent_options, stop_ms),
		.dflt = "5s",
		.min = 100,
		.max = 600000,
		.help = "A worker that was asked to end gets so long to do it.",
	},
	{
		.name = "log-level",
		.type = OPT_ENUM,
		.offset = offsetof(struct agent_options, log_level),
		.dflt = "info",
		.choices = log_levels,
		.help = "How much is logged to standard error.",
	},
	{
		.name = "log-format",
		.type = OPT_ENUM,
		.offset = offsetof(struct agent_options, log_format),
		.dflt = "auto",
		.choices = log_formats,
		.help = "How log lines look; auto is journal under systemd and text elsewhere.",
	},
	{
		.name = "proc-root",
		.type = OPT_STRING,
		.offset = offsetof(struct agent_options, root),
		.arg = "DIR",
		.dflt = "/",
		.flags = OPTION_HIDDEN,
		.help = "Folder that stands for / when reading /proc and /sys.",
	},
};

const struct program agent_program = {
	.name = "muster-agent",
	.args = "[collect [NAME...] | check-config | version]",
	.summary = "watches this host and reports to Redis",
	.text = "Without a command it runs in the foreground until SIGTERM: a keeper that starts "
		"the "
		"worker, which collects and reports, and starts it again whenever it ends. SIGHUP "
		"reads the settings again.\n"
		"collect prints what the collectors read, once; check-config reads the settings "
		"and "
		"says what is wrong with them.",
	.examples = "  muster-agent --config client-daemon.ini\n"
		    "  muster-agent --redis 10.0.0.1:6379 --state-dir /tmp/agent\n"
		    "  muster-agent check-config --config client-daemon.ini\n"
		    "  muster-agent collect mem load\n",
	.options = options,
	.n_options = COUNT_OF(options),
};

static struct conf bind(struct agent_options *o)
{
	return (struct conf){ options, COUNT_OF(options), o };
}

void agent_options_done(struct agent_options *o)
{
	conf_done(&(struct conf){ options, COUNT_OF(options), o });
}

static const char *ini_name(const struct agent_options *o)
{
	return o->config != NULL ? o->config : AGENT_CONFIG_DEFAULT;
}

/* Opens the file named, or the default one if it exists; *ret = -1 if it does not. */
static int open_ini(const struct agent_options *o, int *ret, struct err *err)
{
	*ret = open(ini_name(o), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret >= 0 || (o->config == NULL && errno == ENOENT))
		return 0;
	return err_sys(err, "open %s", ini_name(o));
}

/* What is read behind the first look at the command line. */
static int read_all(const struct conf *c, int argc, char **argv, int ini, const char *name,
                    bool *ret_loose, struct err *err)
{
	struct conf_line line = { .stop_at_first = true };
	int r = 0;

	if (ini >= 0)
		r = conf_ini_fd(c, ini, name, AGENT_SECTION, ret_loose, err);
	if (r == 0)
		r = conf_args(c, argc, argv, &line, err);
	if (r == 0 && conf_check(c, err) < 0)
		r = err_wrap(err, "%s", ini >= 0 ? name : "no settings file " AGENT_CONFIG_DEFAULT);
	return r;
}

int agent_options_line(int argc, char **argv, struct conf_line *line, struct err *err)
{
	struct agent_options o = { 0 };
	struct conf c = bind(&o);

	line->stop_at_first = true;
	int r = conf_args(&c, argc, argv, line, err);
	conf_done(&c);
	return r;
}

int agent_options_read(struct agent_options *o, int argc, char **argv, struct conf_line *line,
                       int *ret_ini, bool *ret_loose, struct err *err)
{
	struct conf c = bind(o);
	AUTO_CLOSE int ini = -1;

	*ret_ini = -1;
	*ret_loose = false;
	conf_defaults(&c);
	line->stop_at_first = true;
	int r = conf_args(&c, argc, argv, line, err);
	if (r == 0 && line->asked == CONF_RUN)
		r = open_ini(o, &ini, err);
	if (r == 0 && line->asked == CONF_RUN) {
		AUTO_FREE char *name = xstrdup(ini_name(o));

		r = read_all(&c, argc, argv, ini, name, ret_loose, err);
	}
	if (r < 0)
		conf_done(&c);
	else
		*ret_ini = FD_GIVE(ini);
	return r;
}

int agent_options_take(struct agent_options *o, int argc, char **argv, int ini, const char *name,
                       struct err *err)
{
	struct conf c = bind(o);

	conf_defaults(&c);
	int r = read_all(&c, argc, argv, name[0] != '\0' ? ini : -1, name, NULL, err);
	if (r < 0)
		conf_done(&c);
	return r;
}

void agent_options_log(const struct agent_options *o, const char *program)
{
	static const enum log_format formats[] = {
		[AGENT_LOG_TEXT] = LOG_FORMAT_TEXT,
		[AGENT_LOG_JOURNAL] = LOG_FORMAT_JOURNAL,
		[AGENT_LOG_JSON] = LOG_FORMAT_JSON,
	};

	log_setup(program, (enum log_level)o->log_level,
	          o->log_format == AGENT_LOG_AUTO ? log_format_guess() : formats[o->log_format]);
}

int agent_state_dir(const struct agent_options *o, char *dst, size_t size, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (o->state_dir != NULL)
		n = snprintf(dst, size, "%s", o->state_dir);
	else if (geteuid() == 0)
		n = snprintf(dst, size, "/var/lib/muster-agent");
	else if (state != NULL && state[0] == '/')
		n = snprintf(dst, size, "%s/muster-agent", state);
	else if (home != NULL && home[0] == '/')
		n = snprintf(dst, size, "%s/.local/state/muster-agent", home);
	else
		return err_set(err, -ENOENT, "no home folder for our state; give --state-dir DIR");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, -ENAMETOOLONG, "the name of the state folder is too long");
	return 0;
}
