/*
 * reply.h - what Redis answered: a tree, and the reader that makes it from bytes under caps.
 *
 * RESP2 only. hiredis' redisReader does the syntax; the objects are ours, so that a header's word is
 * never taken for memory: each text, element and unfinished answer counts against struct reply_limits
 * before anything is allocated. One reader's tree lives in an arena and is gone with the next one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BUS_REPLY_H
#define BUS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum reply_type {
	REPLY_NIL,    /* nothing there */
	REPLY_TEXT,   /* a bulk string: any bytes */
	REPLY_STATUS, /* "OK", "QUEUED" ... */
	REPLY_ERROR,  /* "NOPERM this user has ..." */
	REPLY_INT,
	REPLY_ARRAY,
};

struct reply {
	enum reply_type type;
	int64_t integer;           /* INT */
	struct str text;           /* TEXT, STATUS, ERROR; a NUL stands behind it */
	size_t n;                  /* ARRAY: elements */
	const struct reply *items; /* ARRAY */
};

/* Caps of one answer; passing one ends the connection. Zero = the default in brackets. */
struct reply_limits {
	size_t elements;    /* elements of all arrays of the answer together [100,000] */
	size_t text_bytes;  /* one text, and the unfinished part of an answer as received [8 MiB] */
	size_t total_bytes; /* all texts together [32 MiB] */
};

struct reply_reader;

/** A reader; NULL limits = defaults. Free with reply_reader_free. */
MUST_CHECK struct reply_reader *reply_reader_new(const struct reply_limits *limits);

/** Frees the reader and the tree it made last. NULL is fine. */
void reply_reader_free(struct reply_reader *rr);

/**
 * Takes received bytes. At most 64 KiB at a time, and reply_reader_next() until it returns 0 in between,
 * or the caps come late.
 */
void reply_reader_feed(struct reply_reader *rr, const void *p, size_t len);

/**
 * The next whole answer. Returns 1 with `*ret` borrowed until the next call; 0 when more bytes are needed;
 * -EPROTO when this is not RESP2, -EMSGSIZE when a cap was passed: the reader is then useless.
 */
MUST_CHECK int reply_reader_next(struct reply_reader *rr, const struct reply **ret,
                                 struct err *err);

/** Bytes of an unfinished answer held now. */
size_t reply_reader_held(const struct reply_reader *rr);

/** Whether `r` is a STATUS or TEXT that says `s`. NULL is not. */
bool reply_is(const struct reply *r, const char *s);

/** Text of TEXT or STATUS; {NULL, 0} for NIL, NULL and every other type. */
struct str reply_text(const struct reply *r);

/** An INT, or a TEXT that is a decimal number. */
MUST_CHECK bool reply_i64(const struct reply *r, int64_t *ret);

/** Element `i` of an ARRAY, or NULL. */
const struct reply *reply_item(const struct reply *r, size_t i);

#endif
