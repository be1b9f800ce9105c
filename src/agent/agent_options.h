/*
 * agent_options.h - the agent's settings: client-daemon.ini and the command line.
 *
 * The keeper reads them, then the worker reads the same again: the words of the command line travel as its
 * own, the file as an open descriptor, so that no secret is ever an argument or in the environment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_AGENT_OPTIONS_H
#define AGENT_AGENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/option.h"

/* The section of client-daemon.ini; lines need not stand in one. */
#define AGENT_SECTION "client-daemon"
/* Read when --config is not given. */
#define AGENT_CONFIG_DEFAULT "/etc/muster/client-daemon.ini"

enum agent_log_format { AGENT_LOG_AUTO, AGENT_LOG_TEXT, AGENT_LOG_JOURNAL, AGENT_LOG_JSON };

struct agent_options {
	char *redis, *user, *ca, *cluster, *ip, *sn;
	char *collect; /* collectors by name, with commas; NULL = all */
	struct secret password;
	int64_t interval_ms; /* while rdv_client_loop_interval is missing */
	int64_t history;     /* members kept in server:workload:{ip} */
	char *state_dir;     /* NULL = agent_state_dir()'s choice */
	char *worker_user;
	int64_t hang_ms, stop_ms;
	int64_t log_level;  /* enum log_level */
	int64_t log_format; /* enum agent_log_format */
	char *root;         /* stands for "/" */
	char *config;       /* NULL = the default, if it is there */
};

/* The agent's description, with the table above as its options. */
extern const struct program agent_program;

/** Looks at the command line alone: what is asked for, and where a command stands (line->rest). */
MUST_CHECK int agent_options_line(int argc, char **argv, struct conf_line *line, struct err *err);

/**
 * Reads defaults, command line, file and command line again, and checks them.
 *
 * `*ret_ini` gets the open settings file, -1 = there is none; the caller closes it. `*ret_loose` says that the
 * file holds a password others may read. With --help or --version nothing but the line is read. On failure the
 * settings are released.
 */
MUST_CHECK int agent_options_read(struct agent_options *o, int argc, char **argv,
                                  struct conf_line *line, int *ret_ini, bool *ret_loose,
                                  struct err *err);

/** The same for the worker, which was given the open file (named `name`, "" = there is none). */
MUST_CHECK int agent_options_take(struct agent_options *o, int argc, char **argv, int ini,
                                  const char *name, struct err *err);

/** Releases them. */
void agent_options_done(struct agent_options *o);

/** Sets up the log as the settings say; `program` is a literal. */
void agent_options_log(const struct agent_options *o, const char *program);

/** The folder for state, into `dst`; -ENOENT when none was given and there is no home to put it. */
MUST_CHECK int agent_state_dir(const struct agent_options *o, char *dst, size_t size,
                               struct err *err);

#endif
