/*
 * address.h - where a Redis is: one text, as it stands in a configuration file.
 *
 *	HOST[:PORT]   [IPV6]:PORT                    plain TCP, port 6379 unless given
 *	redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]   the same with credentials and database
 *	rediss://...                                 the same over TLS
 *	unix:/PATH   /PATH   unix://[[USER]:PASSWORD@]/PATH[?db=N]
 *
 * User, password and path may be percent-encoded. Parsing is pure.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BUS_ADDRESS_H
#define BUS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

enum {
	BUS_PORT_DEFAULT = 6379,
	BUS_DB_MAX = 65535,
	BUS_HOST_SIZE = 254, /* longest DNS name and a NUL */
	BUS_PATH_SIZE = 108, /* as in sockaddr_un */
	BUS_USER_SIZE = 128,
	BUS_NAME_SIZE = 320, /* what bus_address_name() needs */
};

enum bus_scheme { BUS_TCP, BUS_TLS, BUS_UNIX };

struct bus_address {
	enum bus_scheme scheme;
	char host[BUS_HOST_SIZE]; /* name or numeric address without brackets; TCP and TLS */
	uint16_t port;            /* TCP and TLS */
	char path[BUS_PATH_SIZE]; /* UNIX; absolute */
	char user[BUS_USER_SIZE]; /* "" = none (Redis' "default") */
	struct secret password;   /* owned; not set = none */
	unsigned db;              /* 0 = no SELECT */
};

/**
 * Reads `text` into `*ret` (written only on success; release it with bus_address_done).
 * Returns 0 or -EINVAL with a sentence that never repeats a password.
 */
MUST_CHECK int bus_address_parse(struct str text, struct bus_address *ret, struct err *err);

/** Copies `src`, secret included, over `*dst`, which is released first (zeroed is fine). */
void bus_address_copy(struct bus_address *dst, const struct bus_address *src);

/** Wipes the secret and zeroes the rest. */
void bus_address_done(struct bus_address *a);

/** Whether both name the same Redis and database with the same credentials. */
bool bus_address_equal(const struct bus_address *a, const struct bus_address *b);

/** "redis 10.0.0.1:6379", "redis+tls db.example:6380", "redis unix:/run/redis.sock": for people, no secrets. */
const char *bus_address_name(const struct bus_address *a, char dst[BUS_NAME_SIZE]);

#endif
