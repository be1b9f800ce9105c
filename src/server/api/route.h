/*
 * route.h - the API as tables: what each address takes and gives, who may use it, which function answers.
 *
 * The same rows decode and check a request before its handler is called, and print docs/reference/api.md and
 * web/src/api.gen.ts. A route is one row of routes.c, one handler, and the shapes of its reply.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_API_ROUTE_H
#define SERVER_API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http.h"
#include "server/store/rows.h"

struct call;

enum field_type {
	FIELD_TEXT,   /* min..max characters (requests) */
	FIELD_INT,    /* min..max */
	FIELD_NUMBER, /* with decimals */
	FIELD_BOOL,
	FIELD_WORD,   /* one of `words` */
	FIELD_TIME,   /* milliseconds since 1970, UTC */
	FIELD_OBJECT, /* of `shape`; without one, any object */
	FIELD_LIST,   /* of `shape`, or of `of` */
	FIELD_MAP,    /* text to `shape`, or to `of` */
};

/* Where a field of a request stands. */
enum field_place { IN_PATH, IN_QUERY, IN_BODY };

struct shape;

/* One member of a request or a reply. */
struct field {
	const char *name;
	const char *help;          /* a sentence */
	const char *unit;          /* "%", "KB/s", "s", ... or NULL */
	const char *const *words;  /* WORD: NULL at the end */
	const struct shape *shape; /* OBJECT, LIST, MAP */
	int64_t min, max;          /* TEXT, INT of requests */
	enum field_type type;
	enum field_type of;     /* LIST, MAP without a shape: TEXT or NUMBER */
	enum field_place place; /* requests only */
	bool optional;          /* may be left out */
	bool nullable;          /* replies: may be null */
};

/* A named object; becomes an interface of that name. */
struct shape {
	const char *name;
	const struct shape *base; /* whose members it has too, or NULL */
	const char *help;
	const struct field *fields;
	size_t n_fields;
};

/* One event of a stream. */
struct stream_event {
	const char *name;
	const struct shape *shape;
	const char *help;
};

enum {
	ROLE_NOBODY = -1, /* no login needed */
	ROUTE_MAX_FIELDS = 8,
};

enum route_flags {
	ROUTE_STREAM = 1,     /* answers with events until the peer goes */
	ROUTE_LOGIN_CALL = 2, /* makes a session: no CSRF token can be there yet */
};

struct route {
	enum http_verb verb;
	const char
		*path; /* below API_PREFIX; "{ip}" stands for one segment and is a field IN_PATH */
	int role;      /* enum user_role, the least that may; or ROLE_NOBODY */
	unsigned flags;
	size_t body_max; /* bytes; 0 = no body */
	const char *summary;
	const struct field *request;
	size_t n_request;
	const struct shape *reply; /* NULL: an empty object, or a stream */
	void (*handler)(struct call *call);
	const struct stream_event *events; /* of a stream */
	size_t n_events;
};

#define API_PREFIX "/api/v1"

/** All routes, in the order of the reference. */
const struct route *api_routes(size_t *ret_n);

/** All shapes a reply or an event is made of, each after those it needs. */
const struct shape *const *api_shapes(size_t *ret_n);

#endif
