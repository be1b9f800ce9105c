/*
 * store_int.h - a request on its way to the store's thread and back; shared by store.c and the files that make requests.
 *
 * A request owns copies of everything it was given and everything it found, so the two threads share nothing
 * but the queues. It belongs to the loop's thread until store_submit(), to the store's thread until
 * it is answered, then to the loop's again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_STORE_INT_H
#define SERVER_STORE_STORE_INT_H

#include "server/store/engine.h"
#include "server/store/pool.h"
#include "server/store/store.h"

enum request_class {
	REQUEST_READ,   /* fails when the database is sick */
	REQUEST_WRITE,  /* as READ; one transaction around it */
	REQUEST_KEEP,   /* WRITE that is tried again until it works or too many wait */
	REQUEST_EVENTS, /* KEEP that is given up first */
};

struct request;

/** Carries out a request on the store's thread. Fills in request->reply. */
typedef int request_fn(struct engine *e, struct request *q, struct err *err);

struct request {
	struct request *next;
	request_fn *run;
	store_cb *cb; /* NULL once it was called */
	void *cb_arg;
	enum request_class kind;
	struct pool pool; /* holds every text and array below */

	/* What to do; each kind of request uses some of them. */
	const void *in; /* rows */
	size_t n_in;
	struct str name, value;
	uint8_t digest[DIGEST_BYTES];
	int64_t number, other;
	uint64_t fence;

	/* What came of it. */
	struct store_reply reply;
	struct err err;
	void *out; /* array behind one of the reply's pointers; grows, freed with the request */
	size_t out_cap;
};

/** A new request of this kind. */
MUST_CHECK struct request *request_new(enum request_class kind, request_fn *run, store_cb *cb,
                                       void *arg);

/** A copy of `s` that lives as long as the request. */
struct str request_text(struct request *q, struct str s);

/** The same, cut to `max` characters and before the first NUL. */
struct str request_text_cut(struct request *q, struct str s, size_t max);

/** Room for one more row of `size` bytes in q->out, zeroed; counts it in reply.n. */
MUST_CHECK void *request_row(struct request *q, size_t size);

/** Hands the request to the thread; from here on it is the store's. */
void store_submit(struct store *st, struct request *q);

/** An empty text as NULL, for coalesce(). */
static inline struct value value_or_null(struct str s)
{
	return s.len > 0 ? VALUE_OF_STR(s) : VALUE_OF_NULL;
}

/** A digest as a parameter. */
static inline struct value value_of_digest(const uint8_t *digest)
{
	return VALUE_OF_BLOB(((struct str){ (const char *)digest, DIGEST_BYTES }));
}

/** A column as a digest; zeros if it has another length. */
static inline void digest_of_value(const struct value *v, uint8_t ret[DIGEST_BYTES])
{
	memset(ret, 0, DIGEST_BYTES);
	if (v->s.len == DIGEST_BYTES)
		memcpy(ret, v->s.p, DIGEST_BYTES);
}

#endif
