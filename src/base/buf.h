/*
 * buf.h - a growing byte buffer with a limit.
 *
 * The limit is given when the buffer is made. What would pass it is not added
 * and `over` stays set, so a writer may add a hundred pieces and look once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct buf {
	char *p; /* owned; may be NULL while empty; no NUL at the end unless buf_cstr() put one */
	size_t len, cap;
	size_t max; /* most bytes it will ever hold */
	bool over;  /* something did not fit */
};

/* An empty buffer that holds at most `limit` bytes. */
#define BUF(limit) ((struct buf){ .max = (limit) })

/** Frees the bytes; the limit stays, the buffer can be used again. */
void buf_done(struct buf *b);

/** Forgets the content and `over`, keeps the memory. */
void buf_reset(struct buf *b);

/** Adds `len` bytes, or nothing and sets `over`. Returns whether they were added. */
bool buf_add(struct buf *b, const void *p, size_t len);

/** Room for `len` more bytes at b->p + b->len (the caller then raises b->len); NULL and `over` if too much. */
MUST_CHECK char *buf_room(struct buf *b, size_t len);

/** As buf_add(): one byte; a borrowed text; a C string. */
bool buf_char(struct buf *b, char c);
bool buf_str(struct buf *b, struct str s);
bool buf_puts(struct buf *b, const char *s);

/** Adds a formatted text. */
bool buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Adds a decimal number; much faster than buf_printf. */
bool buf_u64(struct buf *b, uint64_t v);
bool buf_i64(struct buf *b, int64_t v);

/**
 * Adds mantissa / 10^decimals (0..18) as a plain decimal without trailing zeros:
 * (1250, 2) gives "12.5", (-5, 1) gives "-0.5".
 */
bool buf_fixed(struct buf *b, int64_t mantissa, unsigned decimals);

/** Removes the first `n` bytes (clipped). */
void buf_drop(struct buf *b, size_t n);

/** The content as a C string, valid until the next change; "" when it would pass the limit. */
const char *buf_cstr(struct buf *b);

/** The content, borrowed until the next change. */
static inline struct str buf_as_str(const struct buf *b)
{
	return (struct str){ b->p != NULL ? b->p : "", b->len };
}

/** Gives the bytes away with a NUL behind them; the buffer is empty afterwards. */
MUST_CHECK char *buf_give(struct buf *b);

static inline void auto_buf_(struct buf *b)
{
	buf_done(b);
}

/* A buffer released when its scope ends. */
#define AUTO_BUF __attribute__((cleanup(auto_buf_)))

#endif
