/*
 * supervise.c - start, watch, restart with back-off, stop in reverse order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

enum { BACKOFF_MIN_MS = 200, BACKOFF_MAX_MS = 10000, STABLE_MS = 10000 };

int supervisor_open(struct supervisor *s, struct err *err)
{
	sigset_t set;
	uint64_t seed;

	random_bytes(&seed, sizeof(seed));
	rng_seed(&s->jitter, seed);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		return err_sys(err, "watch for signals");
	for (size_t i = 0; i < s->n; i++)
		s->parts[i].backoff = BACKOFF(BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	return 0;
}

static int start_due(struct supervisor *s, int64_t now, struct err *err)
{
	for (size_t i = 0; i < s->n && !s->stopping; i++) {
		struct supervised *p = &s->parts[i];

		if (!p->wanted || p->pid != 0 || p->start_at_ms > now)
			continue;
		pid_t pid = child_start(&p->spec, NULL, err);
		if (pid < 0)
			return (int)pid;
		p->pid = pid;
		p->started_ms = now;
	}
	return 0;
}

/* Tells the last part that still runs to stop; the others wait for their turn. */
static void stop_last(struct supervisor *s)
{
	for (size_t i = s->n; i-- > 0;) {
		if (s->parts[i].pid == 0)
			continue;
		(void)kill(s->parts[i].pid, SIGTERM);
		return;
	}
}

/* What the end of a part means. Returns 0, or -ECHILD when it ends us all. */
static int ended(struct supervisor *s, struct supervised *p, int status, int *ret_exit,
                 struct err *err)
{
	int64_t now = clock_mono_ms();
	char how[80];

	p->pid = 0;
	if (s->stopping) {
		stop_last(s);
		return 0;
	}
	child_describe(status, how, sizeof(how));
	/* It gave up by itself, and said why: starting it again would only say it again. */
	if (!p->was_ready && WIFEXITED(status)) {
		*ret_exit = WEXITSTATUS(status);
		return err_set(err, -ECHILD, "%s did not start (%s)", p->name, how);
	}
	if (now - p->started_ms >= STABLE_MS)
		backoff_reset(&p->backoff);
	int64_t wait = backoff_next_ms(&p->backoff, &s->jitter);
	p->start_at_ms = now + wait;
	log_warn("up: %s ended (%s), starting it again in %lld ms", p->name, how, (long long)wait);
	return 0;
}

static int reap(struct supervisor *s, int *ret_exit, struct err *err)
{
	int status;

	for (size_t i = 0; i < s->n; i++) {
		struct supervised *p = &s->parts[i];

		if (p->pid == 0 || waitpid(p->pid, &status, WNOHANG) != p->pid)
			continue;
		if (ended(s, p, status, ret_exit, err) < 0)
			return err->code;
	}
	return 0;
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		/* Asked twice: somebody is in a hurry. */
		supervisor_stop(s, s->stopping ? 0 : 15000);
	}
}

static bool is_any_running(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->parts[i].pid != 0)
			return true;
	return false;
}

static void kill_all(struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->parts[i].pid != 0)
			(void)kill(s->parts[i].pid, SIGKILL);
}

int supervisor_turn(struct supervisor *s, int wait_ms, int *ret_exit, struct err *err)
{
	struct pollfd pfd = { .fd = s->signals, .events = POLLIN };
	int r = start_due(s, clock_mono_ms(), err);

	if (r < 0)
		return r;
	(void)poll(&pfd, 1, wait_ms);
	take_signals(s);
	r = reap(s, ret_exit, err);
	if (r < 0)
		return r;
	if (s->stopping && clock_mono_ms() >= s->kill_at_ms)
		kill_all(s);
	return s->stopping && !is_any_running(s);
}

void supervisor_stop(struct supervisor *s, int64_t grace_ms)
{
	s->kill_at_ms = clock_mono_ms() + grace_ms;
	if (!s->stopping)
		stop_last(s);
	s->stopping = true;
}

void supervisor_close(struct supervisor *s)
{
	kill_all(s);
	for (size_t i = 0; i < s->n; i++)
		if (s->parts[i].pid != 0)
			(void)waitpid(s->parts[i].pid, NULL, 0);
	fd_close(&s->signals);
}
