/*
 * uplink.c - talking to the keeper.
 *
 * The sign of life comes from the loop that does the work: a loop that hangs is silent. Work that comes each second
 * carries it along; the timer is for when there is none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/uplink.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "wire/link.h"

enum { GREET_MS = 10000, ALIVE_MS = 1000, ALIVE_LATEST_MS = 1500, TICK_JITTER_MS = 100 };

struct uplink {
	int fd;
	struct event *readable, *beat;
	struct uplink_hooks hooks;
	char state[200];  /* last said */
	int64_t alive_ms; /* said last */
	bool lost;
};

static int receive(int fd, char *packet, struct link_frame *ret)
{
	ssize_t n = fd_recv_packet(fd, packet, LINK_MAX_BYTES);

	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return (int)n;
	return link_read((struct str){ packet, (size_t)n }, ret) ? 0 : -EPROTO;
}

static bool is_link(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

int uplink_greet(int fd, struct uplink_welcome *ret, struct err *err)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct uplink_welcome w = { 0 };
	char packet[LINK_MAX_BYTES];
	struct link_frame f = { 0 };

	if (!is_link(fd))
		return err_set(err, -EINVAL,
		               "the worker is started by muster-agent only; run that");
	if (poll(&wait, 1, GREET_MS) == 0)
		return err_set(err, -ETIMEDOUT, "no word from the keeper for %d s",
		               GREET_MS / 1000);
	int r = receive(fd, packet, &f);
	if (r < 0)
		return err_set(err, r, "link to the keeper: %s", strerror(-r));
	if (f.kind != LINK_WELCOME || !str_copy(link_text(&f, 0), w.ini, sizeof(w.ini)))
		return err_set(err, -EPROTO, "the keeper did not say welcome");
	/* Too long is unknown. */
	(void)str_copy(link_text(&f, 1), w.serial, sizeof(w.serial));
	(void)str_copy(link_text(&f, 2), w.machine, sizeof(w.machine));
	w.starts = f.value;
	*ret = w;
	return 0;
}

static void lose(struct uplink *u)
{
	if (u->lost)
		return;
	u->lost = true;
	(void)event_del(u->readable);
	/* Told from the loop: before it runs, its end would be forgotten. */
	(void)event_del(u->beat);
	event_active(u->beat, EV_TIMEOUT, 1);
}

static void say(struct uplink *u, const struct link_frame *f)
{
	char packet[LINK_MAX_BYTES];
	size_t len = link_write(f, packet);
	int r = u->lost || len == 0 ? 0 : fd_send_packet(u->fd, packet, len);

	/* A keeper that is merely slow (stopped, say) hears us later. */
	if (r < 0 && r != -EAGAIN && r != -ENOBUFS)
		lose(u);
}

static void hear(struct uplink *u, const struct link_frame *f)
{
	struct uplink_news news = { .id = f->id,
		                    .kind = link_text(f, 0),
		                    .text = link_text(f, 1),
		                    .time_ms = f->time_ms,
		                    .count = f->value };

	switch (f->kind) {
	case LINK_NEWS:
		u->hooks.on_news(&news, u->hooks.arg);
		break;
	case LINK_STOP:
		u->hooks.on_stop(f->value != 0, u->hooks.arg);
		break;
	case LINK_WELCOME:
	case LINK_HELLO:
	case LINK_ALIVE:
	case LINK_STATE:
	case LINK_TOLD:
	case LINK_N_KINDS:
	default:
		lose(u);
	}
}

/* One packet a turn: the loop comes back while there are more. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct uplink *u = arg;
	char packet[LINK_MAX_BYTES];
	struct link_frame f;
	int r = receive(fd, packet, &f);

	(void)what;
	if (r == 0)
		hear(u, &f);
	else if (r != -EAGAIN)
		lose(u);
}

static void say_alive(struct uplink *u, int64_t now_ms)
{
	const struct timeval latest = { .tv_sec = ALIVE_LATEST_MS / 1000,
		                        .tv_usec = ALIVE_LATEST_MS % 1000 * 1000L };

	u->alive_ms = now_ms;
	(void)event_add(u->beat, &latest);
	say(u, &(struct link_frame){ .kind = LINK_ALIVE });
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct uplink *u = arg;

	(void)fd;
	(void)what;
	if (u->lost)
		u->hooks.on_lost(u->hooks.arg);
	else
		say_alive(u, clock_mono_ms());
}

struct uplink *uplink_new(struct event_base *loop, int fd, const struct uplink_hooks *hooks)
{
	struct uplink *u = xcalloc(1, sizeof(*u));
	const struct timeval second = { .tv_sec = ALIVE_MS / 1000 };

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	*u = (struct uplink){ .fd = fd, .hooks = *hooks };
	u->readable = event_new(loop, fd, EV_READ | EV_PERSIST, on_readable, u);
	u->beat = evtimer_new(loop, on_beat, u);
	if (u->readable == NULL || u->beat == NULL || event_add(u->readable, NULL) < 0 ||
	    event_add(u->beat, &second) < 0)
		abort();
	say(u, &(struct link_frame){
		       .kind = LINK_HELLO, .n_texts = 1, .texts = { STR(MUSTER_VERSION) } });
	return u;
}

void uplink_alive(struct uplink *u)
{
	int64_t now_ms = clock_mono_ms();

	if (!u->lost && now_ms - u->alive_ms >= ALIVE_MS - TICK_JITTER_MS)
		say_alive(u, now_ms);
}

void uplink_state(struct uplink *u, const char *text)
{
	if (strcmp(text, u->state) == 0)
		return;
	size_t len = strnlen(text, sizeof(u->state) - 1);

	memcpy(u->state, text, len);
	u->state[len] = '\0';
	say(u, &(struct link_frame){
		       .kind = LINK_STATE, .n_texts = 1, .texts = { str_of(u->state) } });
}

void uplink_told(struct uplink *u, uint64_t id)
{
	say(u, &(struct link_frame){ .kind = LINK_TOLD, .id = id });
}

void uplink_free(struct uplink *u)
{
	if (u == NULL)
		return;
	event_free(u->readable);
	event_free(u->beat);
	fd_close(&u->fd);
	free(u);
}
