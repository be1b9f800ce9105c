/*
 * target - the request target, and the small lists inside header values, taken apart.
 *
 * Decoding happens once and here. A path that could mean two things to two programs (an encoded slash, a dot
 * segment, an empty segment, a NUL) is refused instead of being normalised.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <strings.h>

#include "base/mem.h"
#include "http/parser.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Appends `s` decoded. `plus` makes '+' a blank; `slash` lets "%2F" pass. */
static bool decode(struct head *h, struct str s, bool plus, bool slash, struct span *ret)
{
	size_t from = h->text.len;
	char *out = buf_room(&h->text, s.len);
	size_t n = 0;

	if (out == NULL)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '%') {
			if (s.len - i < 3)
				return false;
			int hi = hex_value(s.p[i + 1]), lo = hex_value(s.p[i + 2]);

			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			if (c == '\0' || (c == '/' && !slash))
				return false;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[n++] = c;
	}
	if (!utf8_is_valid((struct str){ out, n }))
		return false;
	h->text.len += n;
	*ret = (struct span){ (uint32_t)from, (uint32_t)n };
	return true;
}

static bool path_is_plain(struct str path)
{
	struct str rest = str_skip(path, 1), segment;

	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f || path.p[i] == '\\')
			return false;
	while (str_cut(&rest, '/', &segment))
		if (segment.len == 0 || str_is(segment, ".") || str_is(segment, ".."))
			return false;
	return !str_is(rest, ".") && !str_is(rest, "..");
}

/* "http://host/path" becomes "/path". */
static bool strip_authority(struct str *target)
{
	static const struct str schemes[] = { { "http://", 7 }, { "https://", 8 } };

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		struct str s = schemes[i];

		if (target->len < s.len || strncasecmp(target->p, s.p, s.len) != 0)
			continue;
		struct str rest = str_skip(*target, s.len);
		size_t end = str_find(rest, '/');

		if (end == 0 || end == rest.len || str_find(rest, '?') < end ||
		    str_find(rest, '@') < end)
			return false;
		*target = str_skip(rest, end);
		return true;
	}
	return false;
}

static bool parse_args(struct head *h, struct str query, size_t max)
{
	while (query.len > 0) {
		struct str item = { query.p, str_find(query, '&') }, name;
		struct pair pair = { 0 };

		query = str_skip(query, item.len + 1);
		if (item.len == 0)
			continue;
		if (h->n_args >= max)
			return false;
		if (!str_cut(&item, '=', &name)) {
			name = item;
			item.len = 0;
		}
		if (!decode(h, name, true, true, &pair.name) ||
		    !decode(h, item, true, true, &pair.value))
			return false;
		h->args = xgrow(h->args, &h->cap_args, h->n_args + 1, sizeof(*h->args));
		h->args[h->n_args++] = pair;
	}
	return true;
}

enum fault target_parse(struct head *h, size_t args)
{
	/* The text may move while we append to it: work on a copy of the target. */
	AUTO_FREE char *copy = str_dup(head_str(h, h->target));
	struct str target = { copy, h->target.len };

	if (target.len == 0)
		return FAULT_PATH;
	if (target.p[0] != '/' && !strip_authority(&target))
		return FAULT_PATH;
	if (str_find(target, '#') < target.len)
		return FAULT_PATH;

	size_t mark = str_find(target, '?');
	struct str path = { target.p, mark }, query = str_skip(target, mark + 1);

	if (!decode(h, path, false, false, &h->path) || !path_is_plain(head_str(h, h->path)))
		return FAULT_PATH;
	h->query = (struct span){ (uint32_t)(h->target.off + (size_t)(query.p - copy)),
		                  (uint32_t)query.len };
	return parse_args(h, query, args) ? FAULT_NONE : FAULT_QUERY;
}

bool accepts_gzip(struct str value)
{
	while (value.len > 0) {
		struct str item = { value.p, str_find(value, ',') };

		value = str_skip(value, item.len + 1);
		struct str name = str_trim((struct str){ item.p, str_find(item, ';') });
		struct str weight = str_trim(str_skip(item, str_find(item, ';') + 1));

		if ((name.len != 4 || strncasecmp(name.p, "gzip", 4) != 0) && !str_is(name, "*"))
			continue;
		double q = 1;

		if (str_starts(weight, STR("q=")) && !str_double(str_trim(str_skip(weight, 2)), &q))
			continue;
		return q > 0;
	}
	return false;
}

bool etag_matches(struct str value, struct str etag)
{
	if (str_is(str_trim(value), "*"))
		return true;
	while (value.len > 0) {
		struct str item = { value.p, str_find(value, ',') };

		value = str_skip(value, item.len + 1);
		item = str_trim(item);
		if (str_starts(item, STR("W/")))
			item = str_skip(item, 2);
		if (str_eq(item, etag))
			return true;
	}
	return false;
}
