/*
 * child.c - fork, set up, exec; the pipe that closes on exec carries a failure back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

/* What the child sends back when a step failed; nothing when it became the other program. */
struct report {
	int error;
	char step[28];
};

static NORETURN void give_up(int fd, const char *step)
{
	struct report r = { .error = errno };

	(void)snprintf(r.step, sizeof(r.step), "%s", step);
	(void)!write(fd, &r, sizeof(r));
	_exit(127);
}

static void reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < SIGRTMIN; s++)
		if (s != SIGKILL && s != SIGSTOP)
			(void)sigaction(s, &dfl, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(int lowest)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)lowest, ~0u, 0u) == 0)
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = lowest; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
		(void)close(fd);
}

/* Puts the given descriptors at 0..n-1 and the report pipe behind them; returns its new number. */
static int place_fds(const struct child_spec *spec, int report)
{
	int high[CHILD_MAX_FDS];
	int n = (int)spec->n_fds;

	/* First out of the way, so that no target is a source still needed. */
	for (int i = 0; i < n; i++) {
		int from = spec->fds[i] >= 0 ? spec->fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		high[i] = fcntl(from, F_DUPFD_CLOEXEC, CHILD_MAX_FDS + 1);
		if (high[i] < 0)
			give_up(report, "place descriptors");
	}
	int moved = fcntl(report, F_DUPFD_CLOEXEC, CHILD_MAX_FDS + 1);
	if (moved < 0)
		give_up(report, "place descriptors");
	for (int i = 0; i < n; i++)
		if (dup2(high[i], i) < 0)
			give_up(moved, "place descriptors");
	if (dup3(moved, n, O_CLOEXEC) < 0)
		give_up(moved, "place descriptors");
	close_from(n + 1);
	return n;
}

static NORETURN void become(const struct child_spec *spec, pid_t parent, int report)
{
	reset_signals();
	if (spec->new_session)
		(void)setsid();
	if (spec->death_signal != 0) {
		if (prctl(PR_SET_PDEATHSIG, spec->death_signal) < 0)
			give_up(report, "ask for a death signal");
	}
	if (spec->dir != NULL && chdir(spec->dir) < 0)
		give_up(report, "change directory");
	if (spec->n_fds != 0)
		report = place_fds(spec, report);
	if (spec->drop &&
	    (setgroups(0, NULL) < 0 || setresgid(spec->gid, spec->gid, spec->gid) < 0 ||
	     setresuid(spec->uid, spec->uid, spec->uid) < 0))
		give_up(report, "change user");
	/* Changing the user cleared the death signal; and the parent may be gone by now. */
	if (spec->death_signal != 0) {
		(void)prctl(PR_SET_PDEATHSIG, spec->death_signal);
		if (getppid() != parent)
			_exit(127);
	}
	if (spec->search)
		(void)execvpe(spec->path, spec->argv, spec->envp != NULL ? spec->envp : environ);
	else
		(void)execve(spec->path, spec->argv, spec->envp != NULL ? spec->envp : environ);
	give_up(report, "execute");
}

pid_t child_start(const struct child_spec *spec, int *ret_pidfd, struct err *err)
{
	struct report why = { 0 };
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(err, "start %s: make a pipe", spec->path);
	AUTO_CLOSE int from_child = pipes[0];
	AUTO_CLOSE int to_parent = pipes[1];
	pid_t self = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(err, "start %s: fork", spec->path);
	if (pid == 0)
		become(spec, self, to_parent);
	fd_close(&to_parent);
	if (fd_read_all(from_child, &why, sizeof(why)) == (ssize_t)sizeof(why)) {
		(void)waitpid(pid, NULL, 0);
		return err_set(err, -why.error, "start %s: %.27s: %s", spec->path, why.step,
		               strerror(why.error));
	}
	if (ret_pidfd != NULL) {
		*ret_pidfd = -1;
#ifdef SYS_pidfd_open
		*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0u);
#endif
	}
	return pid;
}

void child_describe(int wait_status, char *dst, size_t size)
{
	if (WIFSIGNALED(wait_status))
		(void)snprintf(dst, size, "killed by signal %d (%s)", WTERMSIG(wait_status),
		               strsignal(WTERMSIG(wait_status)));
	else
		(void)snprintf(dst, size, "exit status %d", WEXITSTATUS(wait_status));
}
