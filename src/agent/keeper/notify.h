/*
 * notify.h - telling systemd how we are (sd_notify, without its library).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_NOTIFY_H
#define AGENT_KEEPER_NOTIFY_H

#include <stdint.h>

#include "base/attr.h"

struct notify {
	int fd;              /* -1 = nobody wants to know */
	int64_t watchdog_ms; /* WATCHDOG=1 is due so often; 0 = never */
	int64_t due_ms;
};

/** Looks at NOTIFY_SOCKET and WATCHDOG_USEC. */
void notify_open(struct notify *n);

/** Closes it. */
void notify_close(struct notify *n);

/** Says it: "READY=1", "STATUS=..." Nothing happens where nobody listens. */
void notify_say(const struct notify *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Says WATCHDOG=1 if it is due. Returns when it is due next; INT64_MAX = never. */
int64_t notify_watchdog(struct notify *n, int64_t now_ms);

#endif
