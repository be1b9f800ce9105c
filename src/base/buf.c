/*
 * buf.c - the growing byte buffer, and numbers into it without printf.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->over = false;
}

char *buf_room(struct buf *b, size_t len)
{
	if (len > b->max || b->len > b->max - len) {
		b->over = true;
		return NULL;
	}
	if (b->cap - b->len < len + 1) { /* one more for buf_cstr() */
		size_t want = b->len + len + 1;

		want = want < 64 ? 64 : want;
		b->p = xgrow(b->p, &b->cap, want, 1);
	}
	return b->p + b->len;
}

bool buf_add(struct buf *b, const void *p, size_t len)
{
	char *at = buf_room(b, len);

	if (at == NULL)
		return false;
	if (len != 0)
		memcpy(at, p, len);
	b->len += len;
	return true;
}

bool buf_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.len);
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *at = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (at == NULL)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return true;
}

/* Writes the digits of `v` so that they end before `end`; returns their start. */
static char *digits(uint64_t v, char *end)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	return end;
}

bool buf_u64(struct buf *b, uint64_t v)
{
	char text[20];
	char *from = digits(v, text + sizeof(text));

	return buf_add(b, from, (size_t)(text + sizeof(text) - from));
}

bool buf_i64(struct buf *b, int64_t v)
{
	return buf_fixed(b, v, 0);
}

bool buf_fixed(struct buf *b, int64_t mantissa, unsigned decimals)
{
	char text[48];
	char *end = text + sizeof(text), *from;
	uint64_t v = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;

	for (; decimals != 0 && v % 10 == 0; decimals--)
		v /= 10;
	from = digits(v, end);
	if (decimals != 0) {
		while ((size_t)(end - from) <= decimals)
			*--from = '0';
		size_t whole = (size_t)(end - from) - decimals;
		memmove(from - 1, from, whole);
		from--;
		from[whole] = '.';
	}
	if (mantissa < 0)
		*--from = '-';
	return buf_add(b, from, (size_t)(end - from));
}

void buf_drop(struct buf *b, size_t n)
{
	n = n < b->len ? n : b->len;
	b->len -= n;
	if (n != 0 && b->len != 0)
		memmove(b->p, b->p + n, b->len);
}

const char *buf_cstr(struct buf *b)
{
	if (b->p == NULL)
		return "";
	b->p[b->len] = '\0';
	return b->p;
}

char *buf_give(struct buf *b)
{
	char *p = b->p != NULL ? b->p : xrealloc(NULL, 1, 1);

	p[b->len] = '\0';
	*b = (struct buf){ .max = b->max };
	return p;
}
