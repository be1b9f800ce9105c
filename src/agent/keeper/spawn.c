/*
 * spawn.c - fork and exec of the worker.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/mem.h"
#include "wire/link.h"

/* What the service manager told us is not for the worker. */
static bool is_ours(const char *entry)
{
	static const char *const names[] = { "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_starts(str_of(entry), str_of(names[i])))
			return true;
	return false;
}

/* Our environment without what is_ours(); the texts are borrowed. */
static char **worker_environment(void)
{
	size_t n = 0, kept = 0;

	while (environ[n] != NULL)
		n++;
	char **env = xcalloc(n + 1, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		if (!is_ours(environ[i]))
			env[kept++] = environ[i];
	return env;
}

pid_t spawn_worker(const struct spawn *s, int *ret_link, struct err *err)
{
	char self[] = "muster-agent", word[] = "worker";
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "make the link to the worker");
	AUTO_CLOSE int ours = ends[0];
	AUTO_CLOSE int theirs = ends[1];
	AUTO_FREE char **env = worker_environment();
	AUTO_FREE char **argv = xcalloc((size_t)s->argc + 3, sizeof(*argv));
	argv[0] = self;
	argv[1] = word;
	for (int i = 1; i < s->argc; i++)
		argv[i + 1] = s->argv[i];
	struct child_spec child = {
		.path = "/proc/self/exe",
		.argv = argv,
		.envp = env,
		.drop = s->owner != NULL,
		.uid = s->owner != NULL ? s->owner->uid : 0,
		.gid = s->owner != NULL ? s->owner->gid : 0,
		.death_signal = SIGKILL,
		.n_fds = LINK_STATE_FD + 1,
		.fds = { -1, STDOUT_FILENO, STDERR_FILENO, theirs, s->ini, s->state },
	};
	pid_t pid = child_start(&child, NULL, err);
	if (pid > 0)
		*ret_link = FD_GIVE(ours);
	return pid;
}
