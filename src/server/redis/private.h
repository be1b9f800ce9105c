/*
 * private.h - a Redis of our own: a real redis-server as our child, kept alive.
 *
 * It lives in DATA/redis: a unix socket and a loopback port, append-only file synced each second, no eviction, ACL users with
 * random passwords. It dies with us (SIGTERM through the kernel), and when we were killed so fast that
 * the one before still lives, we wait for it. Its log is DATA/redis/redis.log.
 *
 * Files: redis.conf, users.acl, server.password, agent.password, redis.pid, port; all 0600.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_REDIS_PRIVATE_H
#define SERVER_REDIS_PRIVATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

struct event_base;
struct private_redis;

enum {
	PRIVATE_REDIS_PORT =
		6380, /* taken when it is free and no other was asked for or used before */
	PRIVATE_REDIS_PATH = 108, /* as in sockaddr_un */
};

struct private_redis_options {
	struct event_base *base;
	const char *data_dir; /* absolute; exists */
	const char *program;  /* "redis-server", looked up along PATH, or a path */
	unsigned port; /* 0 = the one used before, else PRIVATE_REDIS_PORT, else a free one */
	/** A process was started (again); it may still be loading. */
	void (*on_start)(void *arg);
	/** It ended or could not be started; the next try comes in `retry_ms`. */
	void (*on_end)(const struct err *why, int64_t retry_ms, void *arg);
	void *arg;
};

/* Where it is; valid once private_redis_start() has succeeded. */
struct private_redis_place {
	char socket[PRIVATE_REDIS_PATH]; /* "" when the data directory's path is too long for one */
	unsigned port;                   /* on 127.0.0.1 */
	const struct secret *server, *agent; /* passwords of the two users */
};

/**
 * Looks at the program and its version, waits for a predecessor to go, writes the files and starts it.
 *
 * Returns 0; -ENOENT without the program, -EPROTONOSUPPORT when it is no Redis or older than 6.2, -EADDRINUSE for an
 * asked-for port that is taken, -EBUSY when the predecessor does not go, else what the system said. Blocks: some
 * ten milliseconds, or as long as the predecessor needs (30 s at most).
 */
MUST_CHECK int private_redis_start(const struct private_redis_options *options,
                                   struct private_redis **ret, struct err *err);

/** Where it is and how to log in. Borrowed. */
const struct private_redis_place *private_redis_place(const struct private_redis *p);

/** Its pid; 0 while it is not running. */
int private_redis_pid(const struct private_redis *p);

/** It has answered: the next end counts as the first one again. */
void private_redis_is_well(struct private_redis *p);

/** Ends it (SIGTERM, so that it saves; SIGKILL after `grace_ms`) and waits for its end. NULL is fine. */
void private_redis_stop(struct private_redis *p, unsigned grace_ms);

#endif
