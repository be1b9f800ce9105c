/*
 * str.h - borrowed text: a pointer and a length, no NUL needed, never owned.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

struct str {
	const char *p;
	size_t len;
};

/* A literal as struct str, and the two halves for printf's "%.*s". */
#define STR(lit)   ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, (s).p

/** The C string `s` (NULL counts as empty), borrowed. */
static inline struct str str_of(const char *s)
{
	return (struct str){ s != NULL ? s : "", s != NULL ? strlen(s) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_is(struct str a, const char *s)
{
	return str_eq(a, str_of(s));
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && memcmp(s.p, prefix.p, prefix.len) == 0;
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && memcmp(s.p + s.len - suffix.len, suffix.p, suffix.len) == 0;
}

/** `s` without its first `n` bytes; n is clipped to the length. */
static inline struct str str_skip(struct str s, size_t n)
{
	n = n < s.len ? n : s.len;
	return (struct str){ s.p + n, s.len - n };
}

/** Order as memcmp, shorter first: <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/** Index of the first `c`, or s.len. */
size_t str_find(struct str s, char c);

/** Index of the first `needle`, or s.len. */
size_t str_search(struct str s, struct str needle);

/**
 * Cuts up to the first `sep`: `*ret` gets what is before it, `*s` keeps what is behind it.
 * Without a `sep` nothing changes and false comes back.
 */
MUST_CHECK bool str_cut(struct str *s, char sep, struct str *ret);

/** Takes the next line without its newline; the last one may lack it. False when nothing is left. */
MUST_CHECK bool str_line(struct str *s, struct str *ret);

/** Takes the next word (separated by blanks and tabs). False when only blanks are left. */
MUST_CHECK bool str_word(struct str *s, struct str *ret);

/** `s` without white space at both ends. */
struct str str_trim(struct str s);

/** All of `s` is a decimal number 0..2^64-1. */
MUST_CHECK bool str_u64(struct str s, uint64_t *ret);

/** All of `s` is a decimal number, maybe with a sign, -2^63..2^63-1. */
MUST_CHECK bool str_i64(struct str s, int64_t *ret);

/**
 * All of `s` is a decimal like "0.52" or "-3"; `*ret` is the value times 10^decimals (0..9), further
 * digits cut off. False on anything else or when it does not fit.
 */
MUST_CHECK bool str_fixed(struct str s, unsigned decimals, int64_t *ret);

/** All of `s` is a finite decimal floating-point number (no hex, no inf, no nan; the C locale's dot). */
MUST_CHECK bool str_double(struct str s, double *ret);

/**
 * Copies `s` with a NUL into `dst` of `size` bytes. False (and an empty string) when it does not fit or
 * holds a NUL.
 */
bool str_copy(struct str s, char *dst, size_t size);

/** A heap copy with a NUL behind it; the caller frees. */
MUST_CHECK char *str_dup(struct str s);

/** Writes `len` bytes as 2*len lower-case hex digits and a NUL. */
void hex_encode(const uint8_t *p, size_t len, char *dst);

/** Reads exactly 2*len hex digits. */
MUST_CHECK bool hex_decode(struct str s, uint8_t *dst, size_t len);

/** Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates). */
bool utf8_is_valid(struct str s);

#endif
