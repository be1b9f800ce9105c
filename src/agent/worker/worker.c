/*
 * worker.c - the worker's life: settings, lock, identity, loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent_options.h"
#include "agent/worker/identity.h"
#include "agent/worker/report.h"
#include "agent/worker/settings.h"
#include "agent/worker/uplink.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "wire/link.h"

enum { LOCK_TRIES = 30, LOCK_PAUSE_MS = 100 };

struct worker {
	struct agent_options opt;
	struct uplink_welcome welcome;
	struct settings settings;
	struct identity identity;
	struct event_base *loop;
	struct event *terminate; /* SIGTERM */
	struct uplink *uplink;
	struct report *report;
	int lock;
	int root; /* directory that stands for / */
};

static void on_news(const struct uplink_news *news, void *arg)
{
	struct worker *w = arg;

	report_news(w->report, news);
}

static void end_loop(void *arg)
{
	struct worker *w = arg;

	(void)event_base_loopbreak(w->loop);
}

/* For a moment only, nobody should think this host is gone: the next worker goes on where we end. */
static void on_stop(bool for_good, void *arg)
{
	struct worker *w = arg;

	if (for_good)
		report_stop(w->report, end_loop, w);
	else
		end_loop(w);
}

static void on_lost(void *arg)
{
	struct worker *w = arg;

	/* No goodbye: a keeper that was killed is soon back, and this host with it. */
	log_warn("worker: the keeper is gone, ending");
	end_loop(w);
}

static void on_terminate(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	on_stop(true, arg);
}

/* The worker before us may need a moment to be gone when the keeper was killed. */
static int take_lock(struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int fd = -EBUSY;

	for (int i = 0; i < LOCK_TRIES && fd == -EBUSY; i++) {
		if (i != 0)
			(void)nanosleep(&pause, NULL);
		fd = fd_lock_file(LINK_STATE_FD, "worker.lock", "a worker", err);
	}
	return fd;
}

static int know_thyself(struct worker *w, struct err *err)
{
	struct identity_marks marks;
	char hex[HOST_ID_TEXT_SIZE];

	identity_marks_read(w->root, w->welcome.machine, &marks);
	int r = identity_load(LINK_STATE_FD, &marks, clock_wall_ms(), &w->identity, err);
	if (r < 0)
		return err_wrap(err, "identity");
	host_id_write(w->identity.id, hex);
	if (w->identity.news != IDENTITY_KNOWN)
		log_info("worker: %s (%s)", identity_news_text(w->identity.news), hex);
	return 0;
}

static int prepare(struct worker *w, int argc, char **argv, struct err *err)
{
	int r = uplink_greet(LINK_FD, &w->welcome, err);

	if (r < 0)
		return r;
	r = agent_options_take(&w->opt, argc, argv, LINK_INI_FD, w->welcome.ini, err);
	if (r < 0)
		return r;
	agent_options_log(&w->opt, "muster-agent");
	r = settings_read(&w->opt, &w->settings, err);
	if (r < 0)
		return r;
	(void)close(LINK_INI_FD);
	(void)fcntl(LINK_STATE_FD, F_SETFD, FD_CLOEXEC);
	w->lock = take_lock(err);
	if (w->lock < 0)
		return w->lock;
	w->root = open(w->opt.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->root < 0)
		return err_sys(err, "open %s", w->opt.root);
	return know_thyself(w, err);
}

static struct event_base *make_loop(void)
{
	/* Precise timers would cost a system call in each turn; what has to be on time has its own (ship/alarm.c). */
	struct event_base *loop = event_base_new();

	if (loop == NULL)
		abort();
	return loop;
}

static int run(struct worker *w, struct err *err)
{
	const struct uplink_hooks hooks = { on_news, on_stop, on_lost, w };

	w->loop = make_loop();
	w->terminate = evsignal_new(w->loop, SIGTERM, on_terminate, w);
	if (w->terminate == NULL || event_add(w->terminate, NULL) < 0)
		abort();
	w->uplink = uplink_new(w->loop, LINK_FD, &hooks);
	const struct report_options options = { .opt = &w->opt,
		                                .settings = &w->settings,
		                                .welcome = &w->welcome,
		                                .identity = w->identity,
		                                .root = w->root,
		                                .uplink = w->uplink };
	w->report = report_new(w->loop, &options, err);
	int r = w->report != NULL ? 0 : err->code;
	if (r == 0)
		(void)event_base_dispatch(w->loop);
	report_free(w->report);
	uplink_free(w->uplink);
	event_free(w->terminate);
	event_base_free(w->loop);
	return r;
}

int worker_run(int argc, char **argv, struct err *err)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	w->lock = w->root = -1;
	/* Ctrl-C and a closed terminal reach the whole group; the keeper decides what they mean. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	/* Started as /proc/self/exe, we would be "exe" in process lists. */
	(void)prctl(PR_SET_NAME, "muster-worker", 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int r = prepare(w, argc, argv, err);
	if (r == 0)
		r = run(w, err);
	settings_done(&w->settings);
	agent_options_done(&w->opt);
	fd_close(&w->root);
	fd_close(&w->lock);
	free(w);
	return r;
}
