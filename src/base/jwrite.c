/*
 * jwrite.c - JSON written straight into a buffer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/jwrite.h"

#include <math.h>

/* buf_room(), without the call where there is room: a roll is hundreds of thousands of small pieces. */
static inline char *room_for(struct buf *b, size_t len)
{
	if (b->len + len < b->cap && b->len + len <= b->max)
		return b->p + b->len;
	return buf_room(b, len);
}

static void add_char(struct buf *b, char c)
{
	char *at = room_for(b, 1);

	if (at == NULL)
		return;
	*at = c;
	b->len++;
}

static void before_value(struct jw *j)
{
	if (j->comma)
		add_char(j->b, ',');
	j->comma = true;
}

static void open_with(struct jw *j, char c)
{
	before_value(j);
	add_char(j->b, c);
	j->comma = false;
}

static void close_with(struct jw *j, char c)
{
	add_char(j->b, c);
	j->comma = true;
}

void jw_obj(struct jw *j)
{
	open_with(j, '{');
}

void jw_end_obj(struct jw *j)
{
	close_with(j, '}');
}

void jw_arr(struct jw *j)
{
	open_with(j, '[');
}

void jw_end_arr(struct jw *j)
{
	close_with(j, ']');
}

static void add_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		buf_puts(b, "\\\"");
		break;
	case '\\':
		buf_puts(b, "\\\\");
		break;
	case '\n':
		buf_puts(b, "\\n");
		break;
	case '\t':
		buf_puts(b, "\\t");
		break;
	default:
		buf_printf(b, "\\u%04x", c);
	}
}

/* Length of the well-formed UTF-8 sequence at the start of `s`, 0 when there is none. */
static size_t sequence_length(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.len; n++)
		if (utf8_is_valid((struct str){ s.p, n }))
			return n;
	return 0;
}

/* Most texts need no escapes: in one piece. */
static bool add_plain(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			return false;
	}
	char *at = room_for(b, s.len + 2);

	if (at == NULL)
		return true;
	at[0] = '"';
	if (s.len != 0)
		memcpy(at + 1, s.p, s.len);
	at[s.len + 1] = '"';
	b->len += s.len + 2;
	return true;
}

static void add_quoted(struct buf *b, struct str s)
{
	size_t plain = 0; /* start of the run not yet copied */

	if (add_plain(b, s))
		return;
	buf_char(b, '"');
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = 1;
		bool good = c >= 0x20 && c != '"' && c != '\\' && c < 0x7f;

		if (c >= 0x80) {
			n = sequence_length(str_skip(s, i));
			good = n != 0;
		}
		if (good) {
			i += n;
			continue;
		}
		buf_add(b, s.p + plain, i - plain);
		if (c >= 0x80)
			buf_puts(b, "\xef\xbf\xbd");
		else
			add_escape(b, c);
		plain = ++i;
	}
	buf_add(b, s.p + plain, s.len - plain);
	buf_char(b, '"');
}

void jw_key_n(struct jw *j, const char *key, size_t len)
{
	char *at = room_for(j->b, len + 4), *p = at;

	if (at == NULL)
		return;
	if (j->comma)
		*p++ = ',';
	*p++ = '"';
	memcpy(p, key, len);
	p += len;
	*p++ = '"';
	*p++ = ':';
	j->b->len += (size_t)(p - at);
	j->comma = false;
}

void jw_key_str(struct jw *j, struct str key)
{
	before_value(j);
	add_quoted(j->b, key);
	buf_char(j->b, ':');
	j->comma = false;
}

void jw_str(struct jw *j, struct str s)
{
	before_value(j);
	add_quoted(j->b, s);
}

void jw_i64(struct jw *j, int64_t v)
{
	before_value(j);
	buf_i64(j->b, v);
}

void jw_u64(struct jw *j, uint64_t v)
{
	before_value(j);
	buf_u64(j->b, v);
}

void jw_bool(struct jw *j, bool v)
{
	before_value(j);
	buf_puts(j->b, v ? "true" : "false");
}

void jw_null(struct jw *j)
{
	before_value(j);
	buf_puts(j->b, "null");
}

void jw_fixed(struct jw *j, int64_t mantissa, unsigned decimals)
{
	before_value(j);
	buf_fixed(j->b, mantissa, decimals);
}

void jw_double(struct jw *j, double v, unsigned decimals)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };

	decimals = decimals < COUNT_OF(powers) ? decimals : COUNT_OF(powers) - 1;
	double scaled = v * powers[decimals];
	if (!(fabs(scaled) < 9e15))
		jw_null(j);
	else
		jw_fixed(j, (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5), decimals);
}

void jw_raw(struct jw *j, struct str json)
{
	before_value(j);
	buf_str(j->b, json);
}
