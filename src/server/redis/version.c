/*
 * version.c - see version.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/redis/version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

enum { VERSION_MS = 5000 };

/* What "redis-server --version" prints, in `text`. */
static int ask_version(const char *program, char *text, size_t size, struct err *err)
{
	char *argv[] = { xstrdup(program), xstrdup("--version"), NULL };
	int pipes[2], pidfd = -1;
	size_t have = 0;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	AUTO_CLOSE int from = pipes[0];
	AUTO_CLOSE int to = pipes[1];
	const struct child_spec spec = {
		.path = program,
		.argv = argv,
		.search = strchr(program, '/') == NULL,
		.death_signal = SIGKILL,
		.n_fds = 3,
		.fds = { -1, to, to },
	};
	pid_t pid = child_start(&spec, &pidfd, err);
	free(argv[0]);
	free(argv[1]);
	if (pid < 0)
		return pid;
	fd_close(&to);
	fd_close(&pidfd);
	int64_t until = clock_mono_ms() + VERSION_MS;
	for (;;) {
		struct pollfd look = { .fd = from, .events = POLLIN };
		int64_t left = until - clock_mono_ms();
		if (left <= 0 || have + 1 >= size || poll(&look, 1, (int)left) <= 0)
			break;
		ssize_t n = read(from, text + have, size - 1 - have);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	text[have] = '\0';
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return 0;
}

int redis_version(const char *program, bool *ret_has_read_only, struct err *err)
{
	char text[512];
	struct str rest, part;
	uint64_t major = 0, minor = 0;
	int r = ask_version(program, text, sizeof(text), err);

	if (r == -ENOENT)
		return err_set(
			err, -ENOENT,
			"there is no program '%s': install the package redis-server, name one "
			"with redis-server = PATH, or use a Redis of yours with redis = "
			"HOST:PORT",
			program);
	if (r < 0)
		return r;
	rest = str_of(text);
	rest = str_skip(rest, str_search(rest, STR("v=")) + 2);
	if (!str_cut(&rest, '.', &part) || !str_u64(part, &major) || !str_cut(&rest, '.', &part) ||
	    !str_u64(part, &minor))
		return err_set(err, -EPROTONOSUPPORT,
		               "'%s' is no Redis: asked for its version it said '%.60s'", program,
		               text);
	if (major < 6 || (major == 6 && minor < 2))
		return err_set(err, -EPROTONOSUPPORT,
		               "'%s' is version %llu.%llu, and 6.2 or newer is needed (users with "
		               "rights on channels)",
		               program, (unsigned long long)major, (unsigned long long)minor);
	*ret_has_read_only = major >= 7;
	return 0;
}
