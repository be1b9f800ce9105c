/*
 * http.h - the HTTP/1.1 server: what a handler sees of a request, and how it answers.
 *
 * One thread, one event loop. A connection carries one request at a time (the next pipelined one is parsed
 * when the answer has been handed over), so a handler never meets two requests of one peer at once.
 *
 * The life of a request:
 *	head   the request line and headers are whole: the server's `on_head` is called. It answers at once
 *	       (401, 404, 413 ... before a byte of the body was read), or names a limit with http_read_body().
 *	body   the body is whole (maybe empty): the callback of http_read_body() is called. It answers, or keeps
 *	       the request and answers later; http_on_cancel() tells it when the peer has gone meanwhile.
 *	answer http_reply(), http_reply_error(), http_reply_doc() or http_stream_start(), exactly one of them,
 *	       exactly once. The request is gone when the call returns.
 *
 * Everything a peer can make us hold has a limit and everything it can make us wait for a deadline: see
 * struct http_limits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct event_base;
struct http_server;
struct http_req;
struct http_stream;

/* Methods we serve; everything else is answered 501 before a handler sees it. Bits, for tables of routes. */
enum http_verb {
	VERB_GET = 1 << 0,
	VERB_HEAD = 1 << 1,
	VERB_POST = 1 << 2,
	VERB_PUT = 1 << 3,
	VERB_PATCH = 1 << 4,
	VERB_DELETE = 1 << 5,
	VERB_OPTIONS = 1 << 6,
};

/* What one peer, and all of them, may use. Zero = the default in brackets. */
struct http_limits {
	size_t target_bytes;     /* request target [8 KiB]; more is 414 */
	size_t head_bytes;       /* request line and headers as sent [16 KiB]; more is 431 */
	size_t headers;          /* header lines [64]; more is 431 */
	size_t query_args;       /* arguments of the query [32]; more is 400 */
	unsigned conns;          /* connections in all [4096]; more are answered 503 */
	unsigned conns_per_addr; /* connections of one address (IPv6: of one /64) [512] */
	unsigned idle_ms;        /* an open connection without a request [60 s] */
	unsigned head_ms;  /* from the first byte of a request to the end of its headers [10 s] */
	unsigned body_ms;  /* the whole body [20 s] */
	unsigned reply_ms; /* from the whole request to an answer by the handler [60 s]; then 503 */
	unsigned write_ms; /* the peer takes an answer: this [30 s], plus its length ... */
	unsigned write_min_speed; /* ... at so many bytes a second [16 KiB/s] */
	unsigned linger_ms; /* reading on after an early error, so that the peer sees it [2 s] */
};

/**
 * Called at each request's head, see the top of the page. Must answer, or call http_read_body() or http_hold()
 * before it returns.
 */
typedef void http_head_cb(struct http_req *req, void *arg);

/* Numbers since the start, for health and tests. */
struct http_stats {
	uint64_t accepted;     /* connections */
	uint64_t refused;      /* connections answered 503 for want of room */
	uint64_t requests;     /* heads parsed */
	uint64_t bad;          /* requests refused by the protocol layer */
	uint64_t timeouts;     /* connections cut by a deadline */
	uint64_t slow_streams; /* streams dropped because the peer did not read */
	unsigned conns;        /* open now */
	unsigned streams;      /* open now, part of conns */
};

struct http_options {
	struct http_limits limits;
	/* Errors on paths that start so are JSON, others a small page; NULL: all are JSON. */
	const char *json_prefix;
	/* Content-Security-Policy of every answer; NULL: scripts, styles and images of ours only. */
	const char *csp;
	http_head_cb *on_head;
	void *arg;
};

/** Makes a server on `base`, which must outlive it; nothing listens yet. */
MUST_CHECK struct http_server *http_server_new(struct event_base *base,
                                               const struct http_options *options);

/**
 * Listens on `addr`: "127.0.0.1:8470", "[::1]:8470", "localhost:8470" or "*:8470" (every address, both
 * families); port 0 takes a free one. May be called several times.
 *
 * Returns 0; -EINVAL for text that is no such address, -EADDRINUSE, -EADDRNOTAVAIL, -EACCES: each with a
 * sentence that names the address and what to do.
 */
MUST_CHECK int http_server_listen(struct http_server *srv, const char *addr, struct err *err);

/** "http://127.0.0.1:8470" of the first listener with its real port; "" before. Borrowed. */
const char *http_server_url(const struct http_server *srv);

/** Copies the numbers. */
void http_server_stats(const struct http_server *srv, struct http_stats *ret);

/**
 * Stops listening, closes idle connections and streams at once, lets running requests finish for at most
 * `grace_ms`, then calls `done` (never before this call has returned).
 */
void http_server_stop(struct http_server *srv, unsigned grace_ms, void (*done)(void *arg),
                      void *arg);

/** Closes everything at once; pending requests are cancelled first. */
void http_server_free(struct http_server *srv);

/* ---- the request; every struct str below is borrowed until the answer ---- */

/** One verb, never a mask. */
enum http_verb http_verb(const struct http_req *req);

/**
 * The path, percent-decoded: starts with '/', well-formed UTF-8, without control characters, "." or ".."
 * segments or empty segments inside; such requests, and "%2F", are refused with 400.
 */
struct str http_path(const struct http_req *req);

/** The query as sent, without the '?'. */
struct str http_query_text(const struct http_req *req);

/** The i-th argument of the query, decoded ('+' is a blank). False behind the last one. */
bool http_query_at(const struct http_req *req, size_t i, struct str *ret_name,
                   struct str *ret_value);

/** The first argument of this name, decoded. */
bool http_query(const struct http_req *req, const char *name, struct str *ret);

/** A header's value without white space around it; `name` in lower case. The first one if sent twice. */
bool http_header(const struct http_req *req, const char *name, struct str *ret);

/** The value of one cookie. */
bool http_cookie(const struct http_req *req, const char *name, struct str *ret);

/** The peer's address as text, without its port. */
struct str http_peer(const struct http_req *req);

/** The peer takes gzip'd bodies. */
bool http_takes_gzip(const struct http_req *req);

/** The connection is encrypted. */
bool http_is_secure(const struct http_req *req);

/** Called with the whole body (borrowed until the answer). */
typedef void http_body_cb(struct http_req *req, struct str body, void *arg);

/**
 * From on_head, or after http_hold(): reads a body of at most `max` bytes (0: there must be none), then calls `cb`, maybe
 * before this returns. A longer one is answered 413 and `cb` is never called; "Expect: 100-continue" is
 * answered here.
 */
void http_read_body(struct http_req *req, size_t max, http_body_cb *cb, void *arg);

/**
 * From on_head only: decides later. Nothing more is read of the peer until http_read_body() or an answer, one of
 * which has to come in time (see http_limits.reply_ms).
 */
void http_hold(struct http_req *req);

/**
 * For a handler that waits for the body, or answers later: `cb` is called once if the request ends without the
 * handler's answer: the peer went, the body was too large or too slow, the time for the answer is over, the
 * server ends. The request is gone after it. May be set from on_head on; replaces an earlier one.
 */
void http_on_cancel(struct http_req *req, void (*cb)(struct http_req *req, void *arg), void *arg);

/* ---- answers ---- */

/* Bytes several connections may be sending at once. One thread. */
struct http_blob {
	unsigned refs;
	size_t len;
	char *p; /* owned */
};

/** Takes the content of `b`, which is empty afterwards; one reference is the caller's. */
MUST_CHECK struct http_blob *http_blob_new_take(struct buf *b);
/** One more reference, or one less; the last one frees the bytes. NULL is fine for unref. */
struct http_blob *http_blob_ref(struct http_blob *blob);
void http_blob_unref(struct http_blob *blob);

/* One more header of an answer; neither half may hold CR or LF (asserted). */
struct http_field {
	const char *name;
	struct str value;
};

struct http_answer {
	int status;                      /* 200..599 */
	const char *type;                /* Content-Type; NULL: "application/json" */
	struct str body;                 /* copied; empty for 204 and 304 */
	const struct http_field *fields; /* security headers, Date and length are added by us */
	size_t n_fields;
};

/** Answers. For HEAD the body is left out and its length told. */
void http_reply(struct http_req *req, const struct http_answer *answer);

/* Why a request was refused, for programs (code) and people (the rest). NULL members are left out. */
struct http_fault {
	int status;
	const char *code;    /* lower_snake, stable */
	const char *message; /* a sentence without a full stop */
	const char *field;   /* the argument or member at fault */
	const char *remedy;  /* what to do about it */
};

/** Answers {"error":{code,message,field,remedy}}, or a small page (see options). */
void http_reply_error(struct http_req *req, const struct http_fault *fault);

/** The same with "Retry-After: seconds". */
void http_reply_retry(struct http_req *req, const struct http_fault *fault, unsigned retry_s);

/* A prepared answer: a file of ours, or a list made for many readers. */
struct http_doc {
	const char *type;
	const char *etag;  /* with its quotes; NULL: none. The gzip'd form is told apart by us */
	const char *cache; /* Cache-Control; NULL: "no-store" */
	struct str plain;  /* static bytes */
	struct str gzip;   /* the same gzip'd; len 0: there is none */
	/* Instead of them, where not NULL: shared ones, which are referenced while being sent. */
	struct http_blob *plain_blob, *gzip_blob;
};

/** Answers 200 with the form the peer accepts, without copying, or 304 when it has it already. */
void http_reply_doc(struct http_req *req, const struct http_doc *doc);

/** `plain` gzip'd, quickly rather than small; one reference is the caller's. */
MUST_CHECK struct http_blob *http_blob_gzip(struct str plain);

/* ---- server-sent events ---- */

struct http_stream_options {
	size_t queue_bytes; /* most that may wait for the peer [1 MiB]; more drops it */
	unsigned ping_ms;   /* a comment line after so much silence [15 s] */
	/* The peer went, or was dropped, or the server ends; called once, and not by http_stream_close(). */
	void (*on_close)(void *arg);
	void *arg;
};

/**
 * Answers 200 text/event-stream to a GET (never to a HEAD) and keeps the connection; the stream is valid until
 * on_close or http_stream_close().
 */
struct http_stream *http_stream_start(struct http_req *req,
                                      const struct http_stream_options *options);

/**
 * Sends one event; `data` may have several lines. `id` may be 0: none. Returns false when the peer is being
 * dropped because it does not read: on_close will follow, later calls do nothing.
 */
bool http_stream_send(struct http_stream *stream, const char *event, uint64_t id, struct str data);

/** Writes one event as it goes over the wire, to be sent to many with http_stream_send_blob(). */
void http_stream_format(struct buf *b, const char *event, uint64_t id, struct str data);

/** Sends a formatted event without copying. Result as http_stream_send(). */
bool http_stream_send_blob(struct http_stream *stream, struct http_blob *blob);

/** Bytes the peer has not taken yet. */
size_t http_stream_backlog(const struct http_stream *stream);

/** Ends the stream after what was sent; on_close is not called. */
void http_stream_close(struct http_stream *stream);

#endif
