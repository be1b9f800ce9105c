/*
 * jwrite.h - JSON written straight into a buffer, commas and escapes taken care of.
 *
 * For messages made many times a second; no tree, no allocation. Bytes that are
 * not UTF-8 become U+FFFD, so the result is valid JSON whatever the input.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_JWRITE_H
#define BASE_JWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct jw {
	struct buf *b;
	bool comma; /* the next value needs one before it */
};

/* A writer into `buf`, which keeps the outcome (look at buf->over at the end). */
#define JW(buf) ((struct jw){ .b = (buf) })

/** Opens and closes an object or an array. */
void jw_obj(struct jw *j);
void jw_end_obj(struct jw *j);
void jw_arr(struct jw *j);
void jw_end_arr(struct jw *j);

/** A member's name of `len` bytes, which needs no escaping (a literal of ours); the value follows. */
void jw_key_n(struct jw *j, const char *key, size_t len);

/** jw_key_n() for a literal: its length is known when compiling, and names are half of what is written. */
static inline void jw_key(struct jw *j, const char *key)
{
	jw_key_n(j, key, strlen(key));
}

/** A member's name that comes from outside. */
void jw_key_str(struct jw *j, struct str key);

/** One value, with the comma before it if it needs one. */
void jw_str(struct jw *j, struct str s);
void jw_i64(struct jw *j, int64_t v);
void jw_u64(struct jw *j, uint64_t v);
void jw_bool(struct jw *j, bool v);
void jw_null(struct jw *j);

/** mantissa / 10^decimals as a decimal number. */
void jw_fixed(struct jw *j, int64_t mantissa, unsigned decimals);

/** `v` with at most `decimals` (0..9) decimals; null for NaN, infinities and magnitudes above 9e15. */
void jw_double(struct jw *j, double v, unsigned decimals);

/** A value that is JSON already. */
void jw_raw(struct jw *j, struct str json);

/* Name and value at once. */

static inline void jw_kstr(struct jw *j, const char *key, struct str s)
{
	jw_key(j, key);
	jw_str(j, s);
}

static inline void jw_ki64(struct jw *j, const char *key, int64_t v)
{
	jw_key(j, key);
	jw_i64(j, v);
}

static inline void jw_kbool(struct jw *j, const char *key, bool v)
{
	jw_key(j, key);
	jw_bool(j, v);
}

static inline void jw_kdouble(struct jw *j, const char *key, double v, unsigned decimals)
{
	jw_key(j, key);
	jw_double(j, v, decimals);
}

static inline void jw_knull(struct jw *j, const char *key)
{
	jw_key(j, key);
	jw_null(j);
}

#endif
