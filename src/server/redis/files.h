/*
 * files.h - the files a private Redis is started from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_REDIS_FILES_H
#define SERVER_REDIS_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

/**
 * The password kept in `name` below `dir`; made (32 random hex bytes) and written 0600 the first time.
 * -EBADMSG when the file holds something else.
 */
MUST_CHECK int redis_password(int dir, const char *name, struct secret *ret, struct err *err);

/* What redis.conf says. */
struct redis_conf {
	const char *dir;    /* absolute path of DATA/redis */
	const char *socket; /* "" = none */
	unsigned port;
	bool has_read_only; /* see acl_write() */
	const struct secret *server, *agent;
};

/** Writes redis.conf and users.acl below `dir`. */
MUST_CHECK int redis_conf_write(int dir, const struct redis_conf *conf, struct err *err);

/** A small number kept in a file (the port); 0 when there is none. */
unsigned redis_number_read(int dir, const char *name);

/**
 * Chooses the port: `wanted` if not 0 (-EADDRINUSE when taken), else the one of before, else
 * PRIVATE_REDIS_PORT, else any that is free.
 */
MUST_CHECK int redis_port_choose(unsigned wanted, unsigned before, unsigned *ret, struct err *err);

#endif
