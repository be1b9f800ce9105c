/*
 * main.c - muster-agent: the keeper, the worker, and a few commands for people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent_options.h"
#include "agent/keeper/keeper.h"
#include "agent/worker/collect_cmd.h"
#include "agent/worker/settings.h"
#include "agent/worker/worker.h"
#include "base/fd.h"
#include "base/log.h"

static int check_config(int argc, char **argv, struct err *err)
{
	struct agent_options opt = { 0 };
	struct conf_line line = { 0 };
	AUTO_CLOSE int ini = -1;
	bool loose;
	int r = agent_options_read(&opt, argc, argv, &line, &ini, &loose, err);

	if (r < 0)
		return r;
	if (line.rest < argc)
		r = err_set(err, -EINVAL, "check-config takes no argument '%.60s'",
		            argv[line.rest]);
	else
		r = settings_check(&opt, err);
	if (r == 0)
		(void)printf("%s: fine%s\n",
		             ini < 0              ? "no settings file"
		             : opt.config != NULL ? opt.config
		                                  : AGENT_CONFIG_DEFAULT,
		             loose ? ", but others may read the password in it: chmod 600 it" : "");
	agent_options_done(&opt);
	return r;
}

/* A word among the options: `at` is its place. */
static int run_command(int argc, char **argv, int at, struct err *err, int *ret_exit)
{
	const char *word = argv[at];

	if (strcmp(word, "collect") == 0) {
		*ret_exit = collect_command(argc - at, argv + at);
		return 0;
	}
	if (strcmp(word, "version") == 0) {
		(void)puts("muster-agent " MUSTER_VERSION);
		return 0;
	}
	if (strcmp(word, "check-config") == 0) {
		/* Options may stand before and behind it. */
		memmove(&argv[at], &argv[at + 1], (size_t)(argc - at) * sizeof(*argv));
		return check_config(argc - 1, argv, err);
	}
	return err_set(err, -EINVAL, "there is no command '%.60s' (--help lists them)", word);
}

static int run(int argc, char **argv, struct err *err, int *ret_exit)
{
	struct conf_line line = { 0 };

	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return worker_run(argc - 1, argv + 1, err);
	int r = agent_options_line(argc, argv, &line, err);
	if (r < 0)
		return r;
	if (line.asked == CONF_HELP)
		conf_print_help(stdout, &agent_program);
	else if (line.asked == CONF_VERSION)
		(void)puts("muster-agent " MUSTER_VERSION);
	else if (line.rest < argc)
		return run_command(argc, argv, line.rest, err, ret_exit);
	else
		return keeper_run(argc, argv, settings_check, err);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int exit_code = EXIT_DONE;

	log_setup("muster-agent", LOG_INFO, log_format_guess());
	(void)signal(SIGPIPE, SIG_IGN);
	/* One arena: threads here are few and wait most of the time. */
	(void)mallopt(M_ARENA_MAX, 1);
	if (run(argc, argv, &err, &exit_code) < 0) {
		log_error("%s", err.msg);
		return err_exit_code(err.code);
	}
	if (fflush(stdout) != 0) {
		log_error("write the output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return exit_code;
}
