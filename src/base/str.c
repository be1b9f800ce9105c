/*
 * str.c - cutting and reading borrowed text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/str.h"

#include <stdlib.h>

#include "base/mem.h"

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n != 0 ? memcmp(a.p, b.p, n) : 0;

	if (r != 0)
		return r;
	return a.len < b.len ? -1 : a.len > b.len;
}

size_t str_find(struct str s, char c)
{
	const char *q = s.len != 0 ? memchr(s.p, c, s.len) : NULL;

	return q != NULL ? (size_t)(q - s.p) : s.len;
}

size_t str_search(struct str s, struct str needle)
{
	const char *q = s.len != 0 ? memmem(s.p, s.len, needle.p, needle.len) : NULL;

	return q != NULL ? (size_t)(q - s.p) : s.len;
}

bool str_cut(struct str *s, char sep, struct str *ret)
{
	size_t i = str_find(*s, sep);

	if (i == s->len)
		return false;
	*ret = (struct str){ s->p, i };
	*s = str_skip(*s, i + 1);
	return true;
}

bool str_line(struct str *s, struct str *ret)
{
	if (s->len == 0)
		return false;
	if (!str_cut(s, '\n', ret)) {
		*ret = *s;
		*s = str_skip(*s, s->len);
	}
	return true;
}

bool str_word(struct str *s, struct str *ret)
{
	size_t i = 0;

	while (i < s->len && (s->p[i] == ' ' || s->p[i] == '\t'))
		i++;
	size_t from = i;
	while (i < s->len && s->p[i] != ' ' && s->p[i] != '\t')
		i++;
	if (i == from)
		return false;
	*ret = (struct str){ s->p + from, i - from };
	*s = str_skip(*s, i);
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.len != 0 && is_space(s.p[0]))
		s = str_skip(s, 1);
	while (s.len != 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool str_u64(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		/* Nineteen digits always fit: only longer numbers pay for the overflow checks. */
		if (digit > 9)
			return false;
		if (i >= 19 && (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		                __builtin_add_overflow(v, (uint64_t)digit, &v)))
			return false;
		if (i < 19)
			v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

static bool with_sign(uint64_t v, bool negative, int64_t *ret)
{
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static bool take_sign(struct str *s)
{
	bool negative = s->len != 0 && s->p[0] == '-';

	if (negative || (s->len != 0 && s->p[0] == '+'))
		*s = str_skip(*s, 1);
	return negative;
}

bool str_i64(struct str s, int64_t *ret)
{
	bool negative = take_sign(&s);
	uint64_t v;

	return str_u64(s, &v) && with_sign(v, negative, ret);
}

bool str_fixed(struct str s, unsigned decimals, int64_t *ret)
{
	bool negative = take_sign(&s);
	size_t dot = str_find(s, '.');
	struct str frac = str_skip(s, dot + 1);
	uint64_t v, digit;

	if (!str_u64((struct str){ s.p, dot }, &v) || (dot < s.len && frac.len == 0))
		return false;
	for (size_t i = 0; i < frac.len || i < decimals; i++) {
		if (!str_u64(i < frac.len ? (struct str){ frac.p + i, 1 } : STR("0"), &digit))
			return false;
		if (i < decimals && (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		                     __builtin_add_overflow(v, digit, &v)))
			return false;
	}
	return with_sign(v, negative, ret);
}

bool str_double(struct str s, double *ret)
{
	char text[64];
	char *end;

	/* strtod also takes hex, inf and nan: let only the letters of a decimal through. */
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr("0123456789+-.eE", s.p[i]) == NULL)
			return false;
	if (s.len == 0 || !str_copy(s, text, sizeof(text)))
		return false;
	double v = strtod(text, &end);
	if (*end != '\0' || end == text || v - v != 0)
		return false;
	*ret = v;
	return true;
}

bool str_copy(struct str s, char *dst, size_t size)
{
	if (s.len >= size || str_find(s, '\0') != s.len) {
		if (size != 0)
			dst[0] = '\0';
		return false;
	}
	if (s.len != 0)
		memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return true;
}

char *str_dup(struct str s)
{
	return xmemdup0(s.p, s.len);
}

void hex_encode(const uint8_t *p, size_t len, char *dst)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		dst[2 * i] = digits[p[i] >> 4];
		dst[2 * i + 1] = digits[p[i] & 15];
	}
	dst[2 * len] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(struct str s, uint8_t *dst, size_t len)
{
	if (s.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(s.p[2 * i]) < 0 || hex_digit(s.p[2 * i + 1]) < 0)
			return false;
	for (size_t i = 0; i < len; i++)
		dst[i] = (uint8_t)(hex_digit(s.p[2 * i]) << 4 | hex_digit(s.p[2 * i + 1]));
	return true;
}

/* How many bytes the sequence starting with `c` has, with its smallest code point; 0 = not a start. */
static size_t utf8_length(unsigned char c, uint32_t *ret_least)
{
	*ret_least = c < 0x80 ? 0 : c < 0xe0 ? 0x80 : c < 0xf0 ? 0x800 : 0x10000;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

bool utf8_is_valid(struct str s)
{
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t least;
		size_t n = utf8_length(c, &least);

		if (n == 0 || n > s.len - i)
			return false;
		uint32_t point = n == 1 ? c : c & (0x7fu >> n);
		for (size_t k = 1; k < n; k++) {
			unsigned char t = (unsigned char)s.p[i + k];

			if ((t & 0xc0) != 0x80)
				return false;
			point = point << 6 | (t & 0x3f);
		}
		if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return false;
		i += n;
	}
	return true;
}
