/*
 * http_int.h - inside src/http: the server, its connections, and the doors between their files.
 *
 * Nothing is freed while a caller may still hold it: conn_close() only marks and lets go of the socket;
 * the server's `reap` event frees the memory from the loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "http/http.h"
#include "http/parser.h"

struct bufferevent;
struct evbuffer;
struct event;
struct evconnlistener;

enum {
	READ_BYTES = 65536,     /* most input that waits unparsed */
	BACKLOG_BYTES = 262144, /* with more output waiting, the next pipelined request waits too */
	SINGLE_WRITE_BYTES = 262144,
	DISCARD_BYTES = 16384, /* an unwanted body up to this is read over; with more we close */
};

/* What a connection waits for. */
enum phase {
	PHASE_IDLE,    /* the first byte of a request */
	PHASE_HEAD,    /* the rest of its head */
	PHASE_ROUTE,   /* on_head is running */
	PHASE_BODY,    /* its body, for the handler */
	PHASE_SKIP,    /* its body, which nobody wants; it has been answered */
	PHASE_HANDLER, /* the handler */
	PHASE_STREAM,  /* nothing: events go out */
	PHASE_FLUSH,   /* the peer to take the last answer */
	PHASE_LINGER,  /* the peer to close, so that it reads the answer before a reset */
	PHASE_DEAD,
};

struct http_req {
	struct conn *conn;
	bool head_only; /* HEAD */
	http_body_cb *body_cb;
	void *body_arg;
	size_t body_max;
	void (*cancel)(struct http_req *req, void *arg);
	void *cancel_arg;
};

struct conn {
	struct http_server *srv;
	struct conn *prev, *next; /* all of them, dead ones too until reaped */
	struct bufferevent *bev;
	struct event *timer;
	struct parser *parser; /* NULL for streams */
	struct http_stream *stream;
	struct http_req req;
	enum phase phase;
	bool linger; /* after the flush: not everything was read */
	bool keep_alive;
	bool eof;            /* the peer sends no more */
	bool running;        /* conn_run() is on the stack */
	bool doomed;         /* the timer closes it */
	int64_t deadline_ms; /* of the phase; 0 = none */
	int64_t write_by_ms; /* the output must be empty by then; 0 = it is */
	int64_t timer_at_ms; /* when the timer will look again; 0 = not set */
	char peer[64];
	char addr_key[9];
	size_t addr_key_len; /* 0: not counted */
};

struct http_server {
	struct event_base *base;
	struct http_options options; /* limits without zeroes */
	struct http_stats stats;
	struct conn *first, *last;
	struct evconnlistener **listeners;
	size_t n_listeners, cap_listeners;
	struct event *accept_again; /* after running out of descriptors */
	struct event *reap;
	struct event *grace;
	struct map addrs;   /* address -> count, as a pointer */
	struct buf scratch; /* an answer's head, or one event */
	char date[32];
	int64_t date_s;
	char url[96];
	bool stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* ---- server.c ---- */

/** A connection over `bev`, which it takes; counted under `peer` and `key`. Also the fuzzer's door. */
struct conn *server_adopt(struct http_server *srv, struct bufferevent *bev, struct str peer,
                          struct str key);

/** The connection is dead: takes it out of the counts, frees it from the loop. */
void server_forget(struct http_server *srv, struct conn *c);

/* ---- conn.c ---- */

/** Starts reading. */
void conn_start(struct conn *c);

/** Lets go of the socket at once; cancels what is pending, tells the stream. */
void conn_close(struct conn *c);

/** Nothing more is asked of the peer: close when it has taken what was sent. */
void conn_finish(struct conn *c);

/** Closes from the loop, not now: for callers that still hold what hangs on the connection. */
void conn_expire(struct conn *c);

/** Parses on with what is in the buffer. */
void conn_run(struct conn *c);

/** Enters a phase and sets its deadline. */
void conn_enter(struct conn *c, enum phase phase, int64_t ms);

/** Output was added: the peer has to take it in time. `len` counts towards its minimum speed. */
void conn_wrote(struct conn *c, size_t len);

/** The request was answered: on to the next one, or the end. */
void conn_answered(struct conn *c);

/** Answers a fault of the protocol and ends the connection. */
void conn_refuse(struct conn *c, enum fault fault);

/* ---- answer.c ---- */

/** Appends the status line and the headers every answer has. */
void answer_head(struct conn *c, struct buf *b, int status);

/** Queues a blob, holding a reference until it is sent. */
void answer_add_blob(struct evbuffer *out, struct http_blob *blob);

/** Answers `fault` as a page or JSON, by the request's path. */
void answer_fault(struct http_req *req, const struct http_fault *fault,
                  const struct http_field *field);

/* ---- stream.c ---- */

/** The connection has gone. */
void stream_gone(struct http_stream *stream);

/** Ends the connection's stream, telling its owner. */
void stream_end(struct conn *c);

/** Some silence has passed. */
void stream_ping(struct http_stream *stream);

#endif
