/*
 * datadir.h - the server's data folder: ours alone, and how others on this machine find us by it.
 *
 *	lock              held while we run
 *	server-id         32 hex digits: who we are to other servers on the same Redis
 *	token             bearer token of the CLI (role admin)
 *	setup-link        until the first admin is made
 *	server.json       while we run: url, pid, Redis and how to log in there
 *	client-daemon.ini how the agent of this machine reaches Redis
 *	muster.db, redis/ see store.h and redis/private.h
 *
 * All files are 0600, the folder is 0700 when made here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_DATADIR_H
#define SERVER_DATADIR_H

#include "base/err.h"
#include "bus/address.h"
#include "server/login/token.h"

struct datadir {
	char *path; /* absolute */
	int fd;
	int lock;
};

/**
 * Makes the folder if need be (its parent must be there), and locks it. -EBUSY when another server runs
 * on it: the sentence names its pid.
 */
MUST_CHECK int datadir_open(const char *path, struct datadir *ret, struct err *err);

/** Gives the folder back. */
void datadir_close(struct datadir *d);

/** The content of a file of one line; made by `make` and written when it is not there. */
MUST_CHECK int datadir_line(const struct datadir *d, const char *name,
                            void (*make)(char dst[TOKEN_TEXT_SIZE]), char dst[TOKEN_TEXT_SIZE],
                            struct err *err);

/** Reads the token behind the '#' of setup-link. False when there is no such file, or it is not one. */
MUST_CHECK bool datadir_setup_token(const struct datadir *d, char dst[TOKEN_TEXT_SIZE]);

/** Writes setup-link. */
MUST_CHECK int datadir_setup_link(const struct datadir *d, const char *link, struct err *err);

/** Removes a file; none there is fine. */
void datadir_remove(const struct datadir *d, const char *name);

/* How to reach Redis, for those who only read files. */
struct datadir_redis {
	const struct bus_address *server; /* as we log in */
	const struct bus_address *agent;  /* as agents log in, over TCP if possible */
	const char *ca;                   /* NULL = the system's */
};

/** Writes server.json. */
MUST_CHECK int datadir_server_json(const struct datadir *d, const char *url,
                                   const struct datadir_redis *redis, struct err *err);

/** Writes client-daemon.ini. */
MUST_CHECK int datadir_agent_ini(const struct datadir *d, const struct datadir_redis *redis,
                                 struct err *err);

#endif
