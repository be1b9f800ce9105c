/*
 * rows.h - what the server keeps in SQL, as C sees it: one struct for a row of each table.
 *
 * A row handed to the store is borrowed for the call; a row handed out is borrowed for the callback. Texts
 * that have a limit in the schema are cut to it, at a whole character. Times are UTC milliseconds since
 * 1970 unless the name says otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_ROWS_H
#define SERVER_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "core/hostid.h"
#include "wire/update.h" /* enum event_level */

enum {
	HOST_NAME_CHARS = 256,
	HOST_REGION_CHARS = 64,
	USER_NAME_CHARS = 64,
	DIGEST_BYTES =
		32, /* of tokens and session cookies: the store never sees the secret itself */
};

/* `hosts.status`, by the contract's words. */
enum host_status { HOST_UNKNOWN, HOST_ONLINE, HOST_OFFLINE };

/* One row of `hosts`. */
struct host_row {
	int64_t id;          /* the table's own number; 0 when saving */
	struct host_id host; /* the key when saving */
	struct str ip, hostname, sn;
	struct str region; /* empty when saving: what is there stays ('unknown' for a new row) */
	enum host_status status;
	struct str
		info; /* JSON object: what server:info:{ip} said; empty when saving: what is there stays */
	int64_t since_ms;      /* of the status */
	int64_t seen_ms;       /* last heard; 0 = never */
	int64_t interval_ms;   /* report interval; 0 = not known */
	int64_t first_seen_ms; /* set once, at the first save */
};

/* One row of `event`. The server numbers them itself, without holes unless it was killed. */
struct event_row {
	int64_t id; /* > 0, growing */
	int64_t time_ms;
	struct str ip, hostname; /* empty: not about one host */
	struct host_id host;     /* zero: not about one host */
	struct str kind;         /* "host.offline" ... */
	enum event_level level;
	struct str text; /* a sentence in English */
	struct str data; /* JSON object; empty = none */
};

/* Which events to list, newest first. */
struct event_filter {
	int64_t before_id; /* only older ones; 0 = from the newest */
	struct str ip;     /* empty = of every host */
	struct str kind;   /* empty = every kind; "host." = all that begin so */
	size_t limit;      /* 1..1000 */
};

/* Roles, each may do what the one before may. */
enum user_role { ROLE_VISITOR, ROLE_DEVELOPER, ROLE_ADMIN };

/* One row of `user`. */
struct user_row {
	int64_t id;
	struct str name; /* unique, compared as bytes */
	enum user_role role;
	struct str password; /* argon2id string of libsodium */
	struct str language; /* "en", "zh" or empty */
	int64_t created_ms;
	int64_t login_ms; /* last login; 0 = never */
};

/* One row of `session`: a browser that is logged in. */
struct session_row {
	uint8_t digest[DIGEST_BYTES]; /* of the cookie */
	int64_t user_id;
	struct str csrf;
	struct str peer; /* address it logged in from */
	int64_t created_ms, seen_ms, expires_ms;
};

/* One row of `token`: a program that may use the API. */
struct token_row {
	int64_t id;
	uint8_t digest[DIGEST_BYTES];
	struct str name;
	enum user_role role;
	int64_t created_ms;
	int64_t expires_ms; /* 0 = never */
	int64_t used_ms;    /* 0 = never */
};

/** "unknown", "online", "offline"; and back (false on another word). */
const char *host_status_name(enum host_status status);
MUST_CHECK bool host_status_read(struct str name, enum host_status *ret);

/** The way back of event_level_name(). */
MUST_CHECK bool event_level_read(struct str name, enum event_level *ret);

/** "visitor", "developer", "admin"; and back. */
const char *user_role_name(enum user_role role);
MUST_CHECK bool user_role_read(struct str name, enum user_role *ret);

#endif
