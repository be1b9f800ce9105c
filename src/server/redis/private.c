/*
 * private.c - see private.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/redis/private.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "server/redis/files.h"
#include "server/redis/orphan.h"
#include "server/redis/version.h"

enum {
	RETRY_FIRST_MS = 200,
	RETRY_CAP_MS = 10000,
	ORPHAN_ASK_MS = 3000,
	ORPHAN_KILL_MS = 20000,
	LOG_MAX_BYTES = 4 << 20,
	POLL_MS = 200, /* kernels without pidfd */
};

static const char pid_file[] = "redis.pid";

struct private_redis {
	struct private_redis_options options;
	struct private_redis_place place;
	struct secret server, agent;
	char *program, *dir_path, *conf_path;
	int dir;
	pid_t pid; /* 0 = not running */
	int pidfd;
	struct event *ended; /* pidfd is readable, or it is time to look */
	struct event *retry;
	struct backoff backoff;
	struct rng rng;
};

/* ---- its life ---- */

/* The last line it printed: Redis' own words for why it ended. */
static void last_words(int dir, char *dst, size_t size)
{
	char tail[2048];
	struct stat st;
	AUTO_CLOSE int fd = fd_open_read(dir, "redis.log");

	dst[0] = '\0';
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	off_t from = st.st_size > (off_t)sizeof(tail) ? st.st_size - (off_t)sizeof(tail) : 0;
	ssize_t n = pread(fd, tail, sizeof(tail), from);
	struct str rest = { tail, n > 0 ? (size_t)n : 0 }, line;
	while (str_line(&rest, &line)) {
		line = str_trim(line);
		if (line.len == 0)
			continue;
		/* "PID:M 01 Jan 2025 00:00:00.000 # words" */
		for (size_t i = 0; i + 2 < line.len && i < 48; i++)
			if (strchr("#*-.", line.p[i]) != NULL && line.p[i + 1] == ' ' && i > 20) {
				line = str_skip(line, i + 2);
				break;
			}
		(void)snprintf(dst, size, ": %.*s", (int)(line.len < 200 ? line.len : 200), line.p);
	}
}

static void start(struct private_redis *p);

static void schedule(struct event *e, int64_t ms)
{
	const struct timeval at = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)event_add(e, &at);
}

static void failed(struct private_redis *p, const struct err *why)
{
	int64_t wait = backoff_next_ms(&p->backoff, &p->rng);

	schedule(p->retry, wait);
	if (p->options.on_end != NULL)
		p->options.on_end(why, wait, p->options.arg);
}

static void watch_end(struct private_redis *p);

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct private_redis *p = arg;
	struct err err = { 0 };
	char how[96], words[256];
	int status;

	(void)fd;
	(void)what;
	pid_t got = waitpid(p->pid, &status, WNOHANG);
	if (got == 0) {
		watch_end(p);
		return;
	}
	p->pid = 0;
	fd_close(&p->pidfd);
	child_describe(got > 0 ? status : 0, how, sizeof(how));
	words[0] = '\0';
	if (got > 0 && WIFEXITED(status))
		last_words(p->dir, words, sizeof(words));
	(void)err_set(&err, -ECONNREFUSED, "redis-server ended, %s%s", how, words);
	failed(p, &err);
}

static void watch_end(struct private_redis *p)
{
	if (p->ended != NULL)
		event_free(p->ended);
	if (p->pidfd >= 0) {
		p->ended = event_new(p->options.base, p->pidfd, EV_READ, on_ended, p);
		(void)event_add(p->ended, NULL);
	} else {
		p->ended = evtimer_new(p->options.base, on_ended, p);
		schedule(p->ended, POLL_MS);
	}
}

static int open_log(struct private_redis *p, struct err *err)
{
	struct stat st;

	if (fstatat(p->dir, "redis.log", &st, 0) == 0 && st.st_size > LOG_MAX_BYTES)
		(void)renameat(p->dir, "redis.log", p->dir, "redis.log.1");
	int fd = openat(p->dir, "redis.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys(err, "open %s/redis.log", p->dir_path) : fd;
}

static int spawn(struct private_redis *p, struct err *err)
{
	char *argv[] = { p->program, p->conf_path, NULL };
	AUTO_CLOSE int log = open_log(p, err);

	if (log < 0)
		return log;
	const struct child_spec spec = {
		.path = p->program,
		.argv = argv,
		.dir = p->dir_path,
		.search = strchr(p->program, '/') == NULL,
		.new_session = true,
		.death_signal = SIGTERM,
		.n_fds = 3,
		.fds = { -1, log, log },
	};
	pid_t pid = child_start(&spec, &p->pidfd, err);
	if (pid < 0)
		return pid;
	p->pid = pid;
	/* Only a later start needs the note; one that ended at once is seen by its descriptor. */
	struct err ignored = { 0 };
	if (orphan_note(p->dir, pid_file, pid, &ignored) < 0)
		log_debug("redis: note its pid: %s", ignored.msg);
	watch_end(p);
	return 0;
}

static void start(struct private_redis *p)
{
	struct err err = { 0 };

	if (spawn(p, &err) < 0) {
		failed(p, &err);
		return;
	}
	if (p->options.on_start != NULL)
		p->options.on_start(p->options.arg);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	start(arg);
}

/* ---- setting up ---- */

static char *join(const char *dir, const char *name)
{
	struct buf path = BUF(8192);

	buf_printf(&path, "%s/%s", dir, name);
	return buf_give(&path);
}

static int open_dir(struct private_redis *p, struct err *err)
{
	if (mkdir(p->dir_path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make %s", p->dir_path);
	p->dir = open(p->dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->dir < 0 ? err_sys(err, "open %s", p->dir_path) : 0;
}

static int set_up(struct private_redis *p, struct err *err)
{
	bool has_read_only = false;
	char port[8];
	int r = redis_version(p->program, &has_read_only, err);

	if (r == 0)
		r = open_dir(p, err);
	if (r == 0)
		r = orphan_wait(p->dir, pid_file, ORPHAN_ASK_MS, ORPHAN_KILL_MS, err);
	if (r == 0)
		r = redis_password(p->dir, "server.password", &p->server, err);
	if (r == 0)
		r = redis_password(p->dir, "agent.password", &p->agent, err);
	if (r == 0)
		r = redis_port_choose(p->options.port, redis_number_read(p->dir, "port"),
		                      &p->place.port, err);
	if (r < 0)
		return r;
	(void)snprintf(port, sizeof(port), "%u", p->place.port);
	char *socket = join(p->dir_path, "redis.sock");
	if (!str_copy(str_of(socket), p->place.socket, sizeof(p->place.socket)))
		p->place.socket[0] = '\0';
	free(socket);
	const struct redis_conf conf = {
		.dir = p->dir_path,
		.socket = p->place.socket,
		.port = p->place.port,
		.has_read_only = has_read_only,
		.server = &p->server,
		.agent = &p->agent,
	};
	r = redis_conf_write(p->dir, &conf, err);
	return r < 0 ? r : fd_replace_file(p->dir, "port", str_of(port), 0600, err);
}

static void release(struct private_redis *p)
{
	if (p->ended != NULL)
		event_free(p->ended);
	if (p->retry != NULL)
		event_free(p->retry);
	fd_close(&p->pidfd);
	fd_close(&p->dir);
	secret_done(&p->server);
	secret_done(&p->agent);
	free(p->program);
	free(p->dir_path);
	free(p->conf_path);
	free(p);
}

int private_redis_start(const struct private_redis_options *options, struct private_redis **ret,
                        struct err *err)
{
	struct private_redis *p = xcalloc(1, sizeof(*p));
	uint64_t seed;

	p->options = *options;
	p->dir = -1;
	p->pidfd = -1;
	p->program = xstrdup(options->program);
	p->dir_path = join(options->data_dir, "redis");
	p->conf_path = join(p->dir_path, "redis.conf");
	p->place.server = &p->server;
	p->place.agent = &p->agent;
	p->backoff = BACKOFF(RETRY_FIRST_MS, RETRY_CAP_MS);
	random_bytes(&seed, sizeof(seed));
	rng_seed(&p->rng, seed);
	p->retry = evtimer_new(options->base, on_retry, p);
	int r = set_up(p, err);
	if (r == 0)
		r = spawn(p, err);
	if (r < 0) {
		release(p);
		return err_wrap(err, "our Redis");
	}
	*ret = p;
	if (p->options.on_start != NULL)
		p->options.on_start(p->options.arg);
	return 0;
}

const struct private_redis_place *private_redis_place(const struct private_redis *p)
{
	return &p->place;
}

int private_redis_pid(const struct private_redis *p)
{
	return p->pid;
}

void private_redis_is_well(struct private_redis *p)
{
	backoff_reset(&p->backoff);
}

void private_redis_stop(struct private_redis *p, unsigned grace_ms)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	if (p == NULL)
		return;
	if (p->pid != 0) {
		int64_t until = clock_mono_ms() + grace_ms;
		(void)kill(p->pid, SIGTERM);
		while (waitpid(p->pid, NULL, WNOHANG) == 0) {
			if (clock_mono_ms() >= until)
				(void)kill(p->pid, SIGKILL);
			(void)nanosleep(&nap, NULL);
		}
	}
	(void)unlinkat(p->dir, pid_file, 0);
	release(p);
}
