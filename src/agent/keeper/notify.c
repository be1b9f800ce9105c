/*
 * notify.c - one datagram a state to the service manager's socket.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

static int64_t watchdog_period_ms(void)
{
	uint64_t usec, pid;
	const char *for_pid = getenv("WATCHDOG_PID");

	if (!str_u64(str_of(getenv("WATCHDOG_USEC")), &usec) || usec > (uint64_t)INT64_MAX)
		return 0;
	if (for_pid != NULL && (!str_u64(str_of(for_pid), &pid) || pid != (uint64_t)getpid()))
		return 0;
	/* Twice as often as asked for, as systemd recommends. */
	return usec / 2000 > 0 ? (int64_t)(usec / 2000) : 1;
}

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = path != NULL ? strlen(path) : 0;

	*n = (struct notify){ .fd = -1 };
	if (len < 2 || len >= sizeof(addr.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&addr, size) < 0)
		return;
	n->fd = FD_GIVE(fd);
	n->watchdog_ms = watchdog_period_ms();
}

void notify_close(struct notify *n)
{
	fd_close(&n->fd);
}

void notify_say(const struct notify *n, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (n->fd < 0)
		return;
	va_start(ap, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len > 0)
		(void)send(n->fd, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1,
		           MSG_NOSIGNAL);
}

int64_t notify_watchdog(struct notify *n, int64_t now_ms)
{
	if (n->fd < 0 || n->watchdog_ms == 0)
		return INT64_MAX;
	if (now_ms >= n->due_ms) {
		notify_say(n, "WATCHDOG=1");
		n->due_ms = now_ms + n->watchdog_ms;
	}
	return n->due_ms;
}
