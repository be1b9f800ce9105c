/*
 * api_int.h - inside src/server/api: the API's state, one call, and the doors between the files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_API_API_INT_H
#define SERVER_API_API_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/jwrite.h"
#include "base/log.h"
#include "base/map.h"
#include "server/api/api.h"
#include "server/api/route.h"
#include "server/api/throttle.h"
#include "server/hub.h"

struct event;

enum {
	COOKIE_HEX = 64, /* a session's cookie */
	CSRF_HEX = 32,
	PEER_SIZE = 64,
	PATH_ARG_SIZE = 192,
	NAME_SIZE = USER_NAME_CHARS * 4 + 1,
	REPLY_BYTES = 64 << 20, /* no reply is longer */
};

/* Who calls. */
struct principal {
	bool known;
	bool by_token; /* a program; no CSRF needed */
	enum user_role role;
	int64_t id; /* of the user or the token */
	char name[NAME_SIZE];
	char csrf[CSRF_HEX + 1];
	uint8_t digest[DIGEST_BYTES]; /* of the cookie or the token */
	int64_t expires_ms;           /* true time; 0 = never */
};

/* A field of the request, decoded. */
struct value {
	bool given;
	struct str text; /* TEXT, WORD */
	int64_t number;  /* INT, and the index of a WORD */
	bool flag;
};

/*
 * One request being answered. Counted: the request itself holds one reference, each question to the store, a
 * thread or the hub another. When the peer goes, `req` becomes NULL and whoever comes back with an answer
 * only lets go.
 */
struct call {
	struct api *api;
	struct http_req *req; /* NULL: answered, or the peer went */
	const struct route *route;
	struct principal who;
	struct value values[ROUTE_MAX_FIELDS]; /* by the index in route->request */
	json_t *body;
	char path_arg[PATH_ARG_SIZE];
	char peer[PEER_SIZE];
	unsigned refs;
	void *own; /* the handler's; given to `own_free` at the end */
	void (*own_free)(void *own);
};

/* The roll, ready to send. */
struct roll_doc {
	struct http_blob *plain, *gzip;
	uint64_t rev;    /* of the hub */
	int64_t made_ms; /* monotonic */
	bool stale;      /* somebody left: make it anew whatever its age */
	char etag[40];
};

struct sub;

/* The event stream's side: who listens, and what they have not been told yet. */
struct stream_hub {
	struct sub **subs;
	size_t n_subs, cap_subs;
	struct event *soon;           /* in a moment: states, events */
	struct event *tick;           /* each second: numbers */
	char (*urgent)[HOST_IP_SIZE]; /* hosts to tell of in a moment */
	size_t n_urgent, cap_urgent;
	struct buf log;    /* events, formatted */
	uint64_t sent_rev; /* changes up to this one are with everybody */
	bool soon_set;
};

struct api {
	struct api_options o;
	struct store *store;
	int listener;
	bool admin_known; /* has_admin was read */
	bool has_admin;
	int64_t rev_base;      /* so that revisions of two lives of the server never meet */
	struct map principals; /* digest -> struct remembered */
	struct throttle *throttle;
	struct roll_doc doc;
	struct stream_hub stream;
};

/* ---- call.c ---- */

/** A call with one reference, the request's. */
struct call *call_new(struct api *api, struct http_req *req, const struct route *route);

/** One more reference; what call_unref() gives back. */
struct call *call_ref(struct call *call);
void call_unref(struct call *call);

/** The peer went. */
void call_gone(struct http_req *req, void *arg);

/** Answers 200 with a JSON text, gzip'd where it is worth it. */
void call_reply(struct call *call, struct buf *json);

/** Answers 200 with {}. */
void call_done(struct call *call);

/** Answers with one more header. */
void call_reply_with(struct call *call, struct buf *json, const struct http_field *fields,
                     size_t n);

/** Refuses. */
void call_refuse(struct call *call, const struct http_fault *fault);

/** Refuses because of one field of the request. */
void call_bad_field(struct call *call, const char *field, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** Fails with the sentence of `err`, under the status its code maps to. */
void call_fail(struct call *call, const struct err *err);

/* ---- decode.c ---- */

/** Decodes and checks the request by its route. False: it was refused. */
MUST_CHECK bool call_decode(struct call *call, struct str body);

/* ---- auth.c ---- */

enum auth { AUTH_YES, AUTH_NO, AUTH_LATER };

/**
 * Finds out who calls. AUTH_LATER: `then` will be called (from the loop), with call->who filled in if they are
 * known; a reference is held meanwhile.
 */
MUST_CHECK enum auth auth_start(struct call *call, void (*then)(struct call *call));

/** Whether the one who calls may: login, role, CSRF. False: refused. */
MUST_CHECK bool auth_permits(struct call *call);

/** Forgets what was remembered of a login that ended. */
void auth_forget(struct api *api, const uint8_t digest[DIGEST_BYTES]);
void auth_forget_all(struct api *api);

/* ---- roll.c ---- */

/** Writes one row of the roll as an object. */
void host_write(struct jw *j, const struct hub_host *h);

/** Writes a host's members without the braces, with the first `id_digits` of its identity. */
void host_members(struct jw *j, const struct hub_host *h, size_t id_digits);

/** The revision people see for one of the hub's. */
int64_t api_rev(const struct api *api, uint64_t rev);

/** Answers with the whole roll. */
void roll_reply(struct call *call);

/** Frees the prepared roll. */
void roll_doc_done(struct roll_doc *doc);

/** Writes an event as an object. */
void event_write(struct jw *j, const struct event_row *e);

/* ---- stream.c ---- */

/** Sets up, ends. */
void stream_hub_init(struct api *api);
void stream_hub_done(struct api *api);

/** The hub's calls. */
void stream_on_host(const struct hub_host *host, unsigned changes, void *arg);
void stream_on_gone(struct str ip, struct host_id id, void *arg);
void stream_on_event(const struct event_row *event, void *arg);
void stream_on_sample(struct str ip, const struct hub_sample *sample, void *arg);
void stream_on_reset(void *arg);

/** Ends the streams of a session, or of a token, that ended. */
void stream_drop(struct api *api, const uint8_t digest[DIGEST_BYTES]);
void stream_drop_token(struct api *api, int64_t id);

/* ---- pages.c ---- */

/** Answers a request outside the API: a file of the pages, or the page itself. */
void pages_reply(struct http_req *req);

/** Handlers, one for each route: they answer the call, now or later. */
void handle_version(struct call *call);
void handle_health(struct call *call);
void handle_setup(struct call *call);
void handle_login(struct call *call);
void handle_logout(struct call *call);
void handle_session(struct call *call);
void handle_hosts(struct call *call);
void handle_host(struct call *call);
void handle_host_sample(struct call *call);
void handle_host_recent(struct call *call);
void handle_host_watch(struct call *call);
void handle_host_accept(struct call *call);
void handle_host_forget(struct call *call);
void handle_events_log(struct call *call);
void handle_events(struct call *call);
void handle_checkstate(struct call *call);
void handle_tokens(struct call *call);
void handle_token_make(struct call *call);
void handle_token_remove(struct call *call);

/* Where the fields of a request are in call->values. */
enum { HOST_IP };
enum { HOSTS_STATE, HOSTS_Q };
enum { SETUP_TOKEN, SETUP_NAME, SETUP_PASSWORD, SETUP_LANGUAGE };
enum { LOGIN_NAME, LOGIN_PASSWORD };
enum { LOG_LIMIT, LOG_BEFORE, LOG_IP, LOG_KIND };
enum { EVENTS_WATCH };
enum { TOKEN_NAME, TOKEN_ROLE, TOKEN_EXPIRES };
enum { TOKEN_ID };

#endif
