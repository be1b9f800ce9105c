/*
 * jread.c - a validating JSON cursor over borrowed bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/jread.h"

static bool fail(struct jread *j, const char *fault)
{
	if (j->fault == NULL)
		j->fault = fault;
	return false;
}

static void skip_blanks(struct jread *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static char peek(struct jread *j)
{
	skip_blanks(j);
	return j->fault == NULL && j->p < j->end ? *j->p : '\0';
}

enum jr_type jr_type(struct jread *j)
{
	char c = peek(j);

	switch (c) {
	case '{':
		return JR_OBJ;
	case '[':
		return JR_ARR;
	case '"':
		return JR_STR;
	case 't':
		return JR_TRUE;
	case 'f':
		return JR_FALSE;
	case 'n':
		return JR_NULL;
	default:
		return c == '-' || (c >= '0' && c <= '9') ? JR_NUM : JR_BAD;
	}
}

static bool enter(struct jread *j, char c, const char *fault)
{
	if (peek(j) != c)
		return fail(j, fault);
	if (j->depth == JR_DEPTH)
		return fail(j, "nested too deeply");
	j->p++;
	j->depth++;
	j->first = true;
	return true;
}

bool jr_obj(struct jread *j)
{
	return enter(j, '{', "want an object");
}

bool jr_arr(struct jread *j)
{
	return enter(j, '[', "want an array");
}

/* Whether another member comes before `close`; takes the comma, or the closing bracket. */
static bool has_more(struct jread *j, char close)
{
	char c = peek(j);

	if (j->fault != NULL)
		return false;
	if (c == close && j->depth != 0) {
		j->p++;
		j->depth--;
		j->first = false;
		return false;
	}
	if (j->first) {
		j->first = false;
		return c != '\0' ? true : fail(j, "cut short");
	}
	if (c != ',')
		return fail(j, c == '\0' ? "cut short" : "want a comma");
	j->p++;
	return true;
}

bool jr_item(struct jread *j)
{
	return has_more(j, ']');
}

bool jr_key(struct jread *j, struct str *ret)
{
	if (!has_more(j, '}') || !jr_str(j, ret))
		return false;
	if (peek(j) != ':')
		return fail(j, "want a colon");
	j->p++;
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool take_escape(struct jread *j)
{
	if (j->p == j->end)
		return fail(j, "cut short");
	char c = *j->p++;
	if (c != 'u')
		return (c != '\0' && strchr("\"\\/bfnrt", c) != NULL) || fail(j, "bad escape");
	if (j->end - j->p < 4)
		return fail(j, "cut short");
	for (int i = 0; i < 4; i++)
		if (!is_hex(*j->p++))
			return fail(j, "bad \\u escape");
	return true;
}

bool jr_str(struct jread *j, struct str *ret)
{
	bool ascii = true;

	if (peek(j) != '"')
		return fail(j, "want a string");
	const char *from = ++j->p;
	while (j->p < j->end && *j->p != '"') {
		unsigned char c = (unsigned char)*j->p++;

		if (c < 0x20)
			return fail(j, "control character in a string");
		if (c == '\\' && !take_escape(j))
			return false;
		ascii &= c < 0x80;
	}
	if (j->p == j->end)
		return fail(j, "cut short");
	struct str s = { from, (size_t)(j->p++ - from) };
	if (!ascii && !utf8_is_valid(s))
		return fail(j, "not UTF-8");
	*ret = s;
	return true;
}

static size_t take_digits(struct jread *j)
{
	const char *from = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return (size_t)(j->p - from);
}

bool jr_num(struct jread *j, struct str *ret)
{
	if (jr_type(j) != JR_NUM)
		return fail(j, "want a number");
	const char *from = j->p;
	if (*j->p == '-')
		j->p++;
	bool zero = j->p < j->end && *j->p == '0';
	size_t n = take_digits(j);
	if (n == 0 || (zero && n > 1))
		return fail(j, "bad number");
	if (j->p < j->end && *j->p == '.') {
		j->p++;
		if (take_digits(j) == 0)
			return fail(j, "bad number");
	}
	if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		if (take_digits(j) == 0)
			return fail(j, "bad number");
	}
	*ret = (struct str){ from, (size_t)(j->p - from) };
	return true;
}

static bool take_word(struct jread *j, struct str word)
{
	(void)peek(j);
	if (j->fault != NULL || !str_starts((struct str){ j->p, (size_t)(j->end - j->p) }, word))
		return fail(j, "bad word");
	j->p += word.len;
	return true;
}

bool jr_double(struct jread *j, double dflt, double *ret)
{
	struct str text;
	double v = dflt;

	if (jr_type(j) == JR_NULL) {
		if (!take_word(j, STR("null")))
			return false;
	} else if (!jr_num(j, &text)) {
		return false;
	} else if (!str_double(text, &v)) {
		return fail(j, "number out of range");
	}
	*ret = v;
	return true;
}

bool jr_i64(struct jread *j, int64_t *ret)
{
	struct str text;

	if (!jr_num(j, &text))
		return false;
	return str_i64(text, ret) || fail(j, "want a whole number");
}

bool jr_bool(struct jread *j, bool *ret)
{
	bool v = jr_type(j) == JR_TRUE;

	if (!v && jr_type(j) != JR_FALSE)
		return fail(j, "want true or false");
	if (!take_word(j, v ? STR("true") : STR("false")))
		return false;
	*ret = v;
	return true;
}

static bool skip_scalar(struct jread *j)
{
	struct str s;

	switch (jr_type(j)) {
	case JR_STR:
		return jr_str(j, &s);
	case JR_NUM:
		return jr_num(j, &s);
	case JR_TRUE:
		return take_word(j, STR("true"));
	case JR_FALSE:
		return take_word(j, STR("false"));
	case JR_NULL:
		return take_word(j, STR("null"));
	case JR_OBJ:
	case JR_ARR:
	case JR_BAD:
	default:
		return fail(j, "want a value");
	}
}

/* Iterative, so that the depth of the input never becomes depth of our stack. */
bool jr_skip(struct jread *j)
{
	bool in_array[JR_DEPTH + 1] = { false };
	uint8_t outside = j->depth;
	struct str key;

	do {
		enum jr_type t = jr_type(j);

		if (t == JR_OBJ || t == JR_ARR) {
			if (!(t == JR_OBJ ? jr_obj(j) : jr_arr(j)))
				return false;
			in_array[j->depth] = t == JR_ARR;
		} else if (!skip_scalar(j)) {
			return false;
		}
		/* Leave whatever ends here, up to the next value or the level we started from. */
		while (j->depth > outside && !(in_array[j->depth] ? jr_item(j) : jr_key(j, &key)))
			if (j->fault != NULL)
				return false;
	} while (j->depth > outside);
	return true;
}

bool jr_raw(struct jread *j, struct str *ret)
{
	(void)peek(j);
	const char *from = j->p;
	if (!jr_skip(j))
		return false;
	*ret = (struct str){ from, (size_t)(j->p - from) };
	return true;
}

bool jr_end(struct jread *j)
{
	skip_blanks(j);
	if (j->fault == NULL && (j->depth != 0 || j->p != j->end))
		return fail(j, j->depth != 0 ? "cut short" : "something behind the value");
	return j->fault == NULL;
}

static uint32_t hex4(const char *p)
{
	uint8_t b[2] = { 0 };

	return hex_decode((struct str){ p, 4 }, b, 2) ? (uint32_t)(b[0] << 8 | b[1]) : 0xfffd;
}

static bool add_point(struct buf *b, uint32_t c)
{
	if (c < 0x80)
		return buf_char(b, (char)c);
	if (c < 0x800)
		return buf_char(b, (char)(0xc0 | c >> 6)) && buf_char(b, (char)(0x80 | (c & 0x3f)));
	if (c < 0x10000)
		return buf_char(b, (char)(0xe0 | c >> 12)) &&
		       buf_char(b, (char)(0x80 | (c >> 6 & 0x3f))) &&
		       buf_char(b, (char)(0x80 | (c & 0x3f)));
	return buf_char(b, (char)(0xf0 | c >> 18)) &&
	       buf_char(b, (char)(0x80 | (c >> 12 & 0x3f))) &&
	       buf_char(b, (char)(0x80 | (c >> 6 & 0x3f))) &&
	       buf_char(b, (char)(0x80 | (c & 0x3f)));
}

/* The code point of a \u escape at `*s` (behind the 'u'), pairs joined, lone halves replaced. */
static uint32_t take_u(struct str *s)
{
	uint32_t c = hex4(s->p), low;

	*s = str_skip(*s, 4);
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || s->len < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return 0xfffd;
	low = hex4(s->p + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*s = str_skip(*s, 6);
	return 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
}

bool jr_unescape(struct str raw, struct buf *ret)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	while (raw.len != 0) {
		size_t n = str_find(raw, '\\');

		if (!buf_add(ret, raw.p, n))
			return false;
		raw = str_skip(raw, n);
		if (raw.len < 2)
			break;
		char c = raw.p[1];
		raw = str_skip(raw, 2);
		const char *at = strchr(from, c);
		if (c == 'u' && raw.len >= 4) {
			if (!add_point(ret, take_u(&raw)))
				return false;
		} else if (!buf_char(ret, at != NULL && c != '\0' ? to[at - from] : c)) {
			return false;
		}
	}
	return true;
}
