/*
 * keeper.c - the keeper's loop: signals, the link to the worker, one timer.
 *
 * ppoll and a signalfd instead of an event library: nothing here can block, and everything is in sight. The
 * order within a turn matters: what the worker said is heard before its end, and both before the timer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/keeper/keeper_int.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

/* Most frames heard in one turn: a worker that floods us cannot keep us from the rest. */
enum { FRAMES_A_TURN = 64 };

static void reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == k->pid)
			keeper_bury(k, status);
}

/* On success the caller has the settings and the open file. */
static int read_settings(const struct keeper *k, struct agent_options *ret, int *ret_ini,
                         bool *ret_loose, struct err *err)
{
	struct conf_line line = { 0 };
	int r = agent_options_read(ret, k->argc, k->argv, &line, ret_ini, ret_loose, err);

	if (r < 0)
		return r;
	r = k->check(ret, err);
	if (r < 0) {
		fd_close(ret_ini);
		agent_options_done(ret);
	}
	return r;
}

static void warn_if_loose(const struct keeper *k, bool loose)
{
	if (loose)
		log_warn("keeper: others may read %s, and it holds a password: chmod 600 it",
		         keeper_ini_name(k));
}

/* SIGHUP: bad settings change nothing. */
static void reload(struct keeper *k)
{
	struct agent_options opt = { 0 };
	struct err err = { 0 };
	int ini;
	bool loose;

	notify_say(&k->notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
	           (long long)clock_mono_ns() / 1000);
	if (read_settings(k, &opt, &ini, &loose, &err) < 0) {
		log_warn("keeper: %s; going on with the settings as they were", err.msg);
		notify_say(&k->notify, "READY=1");
		return;
	}
	fd_close(&k->ini);
	agent_options_done(&k->opt);
	k->opt = opt;
	k->ini = ini;
	k->keep.hang_ms = opt.hang_ms;
	k->keep.stop_ms = opt.stop_ms;
	agent_options_log(&k->opt, "muster-agent");
	warn_if_loose(k, loose);
	log_info("keeper: settings read again");
	notify_say(&k->notify, "READY=1");
	keeper_take(k, KEEP_EV_RELOAD);
}

static void take_signals(struct keeper *k)
{
	struct signalfd_siginfo info;

	while (read(k->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			reload(k);
		} else if (info.ssi_signo != SIGCHLD) {
			log_info("keeper: %s, stopping",
			         info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
			notify_say(&k->notify, "STOPPING=1");
			keeper_take(k, KEEP_EV_STOP);
		}
	}
	reap(k);
}

static struct timespec until(int64_t due_ms)
{
	int64_t ms = due_ms - clock_mono_ms();

	if (ms < 0)
		ms = 0;
	if (ms > 3600000)
		ms = 3600000;
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000 };
}

static void loop(struct keeper *k)
{
	keeper_take(k, KEEP_EV_BEGIN);
	while (!k->ended) {
		int64_t watchdog = notify_watchdog(&k->notify, clock_mono_ms());
		int64_t due = keep_due_ms(&k->keep);
		struct timespec wait = until(due < watchdog ? due : watchdog);
		struct pollfd fds[] = { { k->signals, POLLIN, 0 }, { k->link, POLLIN, 0 } };

		if (ppoll(fds, 2, &wait, NULL) < 0 && errno != EINTR)
			log_error("keeper: ppoll: %s", strerror(errno));
		if (fds[1].revents != 0)
			keeper_hear(k, FRAMES_A_TURN);
		if (fds[0].revents != 0)
			take_signals(k);
		if (clock_mono_ms() >= keep_due_ms(&k->keep))
			keeper_take(k, KEEP_EV_TIMER);
	}
}

/* Whom the worker is to run as, if we can choose. `why` says what is wrong with that. */
static void choose_account(struct keeper *k, struct err *why)
{
	struct err none = { 0 };

	k->drop = geteuid() == 0;
	if (!k->drop || account_find(k->opt.worker_user, &k->account, why) == 0)
		return;
	if (account_find("nobody", &k->account, &none) < 0)
		k->account = (struct account){ .uid = 65534, .gid = 65534 };
}

static int catch_signals(struct keeper *k, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, "block signals");
	k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return k->signals < 0 ? err_sys(err, "make a signalfd") : 0;
}

static int prepare(struct keeper *k, struct err *err)
{
	struct err why = { 0 };
	char dir[PATH_MAX];
	uint64_t seed;
	int r = agent_state_dir(&k->opt, dir, sizeof(dir), err);

	if (r < 0)
		return r;
	choose_account(k, &why);
	r = home_open(dir, k->drop ? &k->account : NULL, &k->home, err);
	if (r < 0)
		return r;
	/* Told now only: a second keeper has ended by now. */
	if (why.code != 0)
		log_warn("keeper: %s; the worker runs as nobody (uid %u)", why.msg,
		         (unsigned)k->account.uid);
	r = catch_signals(k, err);
	if (r < 0)
		return r;
	AUTO_CLOSE int root = open(k->opt.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, "open %s", k->opt.root);
	hardware_read(root, &k->hardware);
	random_bytes(&seed, sizeof(seed));
	keep_init(&k->keep, seed, k->opt.hang_ms, k->opt.stop_ms);
	notify_open(&k->notify);
	return 0;
}

int keeper_run(int argc, char **argv, keeper_check *check, struct err *err)
{
	struct keeper k = { .argc = argc,
		            .argv = argv,
		            .check = check,
		            .ini = -1,
		            .home = { -1, -1, -1 },
		            .notify = { .fd = -1 },
		            .signals = -1,
		            .link = -1 };
	bool loose;
	int r = read_settings(&k, &k.opt, &k.ini, &loose, err);

	if (r < 0)
		return r;
	agent_options_log(&k.opt, "muster-agent");
	warn_if_loose(&k, loose);
	r = prepare(&k, err);
	if (r == 0)
		loop(&k);
	notify_close(&k.notify);
	home_close(&k.home);
	fd_close(&k.signals);
	fd_close(&k.link);
	fd_close(&k.ini);
	agent_options_done(&k.opt);
	return r;
}
