/*
 * parser.h - bytes to requests: llhttp in strict mode, and the rules it leaves to us.
 *
 * No socket here: bytes go in, and it stops at the two points where somebody must decide, the end of the
 * head and the end of the message. What it keeps is bounded by struct http_limits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HTTP_PARSER_H
#define HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "http/http.h"

/* Why the protocol layer refuses a request; rows of parser_fault(). */
enum fault {
	FAULT_NONE,
	FAULT_SYNTAX,
	FAULT_METHOD,
	FAULT_VERSION,
	FAULT_HOST,
	FAULT_PATH,
	FAULT_QUERY,
	FAULT_TARGET_LONG,
	FAULT_HEAD_LARGE,
	FAULT_LENGTH,
	FAULT_ENCODING,
	FAULT_EXPECT,
	FAULT_BODY_LARGE,
	FAULT_HEAD_SLOW,
	FAULT_BODY_SLOW,
	FAULT_NO_ANSWER,
	N_FAULTS
};

/** What to answer for a fault (not FAULT_NONE). */
const struct http_fault *parser_fault(enum fault fault);

/* A piece of head.text; offsets, because the text moves while it grows. */
struct span {
	uint32_t off, len;
};

struct pair {
	struct span name, value;
};

/* Request line and headers. */
struct head {
	struct buf text;            /* everything below points in here */
	struct span target;         /* as sent */
	struct span path, query;    /* path decoded, query as sent */
	struct pair *fields, *args; /* headers with lower-case names; arguments decoded */
	size_t n_fields, cap_fields, n_args, cap_args;
	enum http_verb verb;
	bool keep_alive;
	bool has_body;        /* a length above 0, or chunked */
	bool expect_continue; /* the peer waits for "100 Continue" */
	bool chunked;
	uint64_t length; /* of the body when not chunked */
};

static inline struct str head_str(const struct head *h, struct span s)
{
	return str_skip((struct str){ buf_as_str(&h->text).p, s.off + (size_t)s.len }, s.off);
}

/** The value of the first header `name` (lower case), trimmed. */
bool head_field(const struct head *h, const char *name, struct str *ret);

/**
 * Decodes h->target into path, query and args, see http_path(). `args` bounds the arguments. Returns
 * FAULT_NONE, FAULT_PATH or FAULT_QUERY.
 */
enum fault target_parse(struct head *h, size_t args);

/** Whether an Accept-Encoding value takes gzip. */
bool accepts_gzip(struct str value);

/** Whether an If-None-Match value names `etag` (with its quotes; weak comparison). */
bool etag_matches(struct str value, struct str etag);

struct parser;

enum parse_event {
	PARSE_MORE,  /* all bytes taken, nothing to decide yet */
	PARSE_HEAD,  /* parser_head() is whole; say what to do with the body, then feed on */
	PARSE_DONE,  /* the message is whole: parser_body(); parser_next() before feeding on */
	PARSE_FAULT, /* parser_why(); nothing more can be fed */
};

/** A parser with these limits, which must outlive it (no zero among them). */
MUST_CHECK struct parser *parser_new(const struct http_limits *limits);
void parser_free(struct parser *p);

/**
 * Parses from `data`; `*ret_used` bytes of it are done with. Feed the rest again after PARSE_HEAD (even if
 * it is empty) and, after parser_next(), PARSE_DONE.
 */
MUST_CHECK enum parse_event parser_feed(struct parser *p, struct str data, size_t *ret_used);

/** Some bytes of a request have come, its head is not whole. */
bool parser_in_head(const struct parser *p);

/** The head, valid from PARSE_HEAD to parser_next(); after a fault, what there is of it. */
const struct head *parser_head(const struct parser *p);

/** Keeps at most `max` bytes of body; more is FAULT_BODY_LARGE. Without the call none is expected. */
void parser_keep_body(struct parser *p, size_t max);

/** Reads over at most `max` bytes of body without keeping them. */
void parser_skip_body(struct parser *p, size_t max);

/** The body as far as it has come, until parser_next(). */
struct str parser_body(const struct parser *p);

/** What PARSE_FAULT was about. */
enum fault parser_why(const struct parser *p);

/** Forgets the request; large buffers are freed. */
void parser_next(struct parser *p);

#endif
