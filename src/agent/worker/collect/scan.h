/*
 * scan.h - taking numbers and words from the front of borrowed text, as kernel files want it.
 *
 * The hot half of every parse: inline, no copies, nothing behind the text's end is touched.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_SCAN_H
#define AGENT_WORKER_COLLECT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/**
 * Skips blanks and takes an unsigned number, up to the first byte that is no digit. False (the text
 * then stands at
 * the fault) when there is no number or it is above 2^64-1.
 */
static inline bool scan_u64(struct str *s, uint64_t *ret)
{
	const char *p = s->p, *end = s->p + s->len;
	uint64_t v = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	const char *from = p;
	for (unsigned digit; p < end && (digit = (unsigned)(unsigned char)*p - '0') <= 9; p++) {
		/* Nineteen digits always fit: only longer numbers pay for the checks. */
		if (__builtin_expect(p - from < 19, 1))
			v = v * 10 + digit;
		else if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		         __builtin_add_overflow(v, (uint64_t)digit, &v))
			return false;
	}
	s->len -= (size_t)(p - s->p);
	s->p = p;
	*ret = v;
	return p != from;
}

/** Takes numbers into `ret` until one is missing or `max` are there; returns how many. */
static inline size_t scan_numbers(struct str *s, uint64_t *ret, size_t max)
{
	size_t n = 0;

	while (n < max && scan_u64(s, &ret[n]))
		n++;
	return n;
}

/** Skips `n` words and the blanks before each. */
static inline void scan_skip(struct str *s, size_t n)
{
	const char *p = s->p, *end = s->p + s->len;

	for (; n != 0; n--) {
		while (p < end && *p == ' ')
			p++;
		while (p < end && *p != ' ')
			p++;
	}
	s->len = (size_t)(end - p);
	s->p = p;
}

/** Takes a line; like str_line, inline. */
static inline bool scan_line(struct str *s, struct str *ret)
{
	if (s->len == 0)
		return false;
	const char *nl = memchr(s->p, '\n', s->len);
	size_t n = nl != NULL ? (size_t)(nl - s->p) : s->len;
	*ret = (struct str){ s->p, n };
	n += nl != NULL;
	s->p += n;
	s->len -= n;
	return true;
}

/** At most the first 40 bytes of `s`, for error sentences. */
static inline struct str scan_sample(struct str s)
{
	return (struct str){ s.p, s.len < 40 ? s.len : 40 };
}

#endif
