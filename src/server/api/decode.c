/*
 * decode - a request's fields out of its path, query and body, checked by the route's table.
 *
 * What a table does not name is refused: a mistyped argument that is silently ignored does something else
 * than what was meant.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "server/api/api_int.h"

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool take_text(struct call *call, const struct field *f, struct str s, struct value *ret)
{
	size_t n = characters(s);

	if (str_find(s, '\0') < s.len) {
		call_bad_field(call, f->name, "%s must not hold a NUL", f->name);
		return false;
	}
	if ((int64_t)n < f->min || (int64_t)n > f->max) {
		call_bad_field(call, f->name,
		               "%s needs %" PRId64 " to %" PRId64 " characters, not %zu", f->name,
		               f->min, f->max, n);
		return false;
	}
	*ret = (struct value){ .given = true, .text = s };
	return true;
}

static bool take_word(struct call *call, const struct field *f, struct str s, struct value *ret)
{
	AUTO_BUF struct buf all = BUF(200);

	for (size_t i = 0; f->words[i] != NULL; i++) {
		if (str_is(s, f->words[i])) {
			*ret = (struct value){ .given = true, .text = s, .number = (int64_t)i };
			return true;
		}
		buf_puts(&all, i > 0 ? ", " : "");
		buf_puts(&all, f->words[i]);
	}
	call_bad_field(call, f->name, "%s is one of: %s", f->name, buf_cstr(&all));
	return false;
}

static bool take_int(struct call *call, const struct field *f, int64_t v, struct value *ret)
{
	if (v < f->min || v > f->max) {
		call_bad_field(call, f->name, "%s is from %" PRId64 " to %" PRId64, f->name, f->min,
		               f->max);
		return false;
	}
	*ret = (struct value){ .given = true, .number = v };
	return true;
}

/* From the path or the query, where everything is text. */
static bool take_from_text(struct call *call, const struct field *f, struct str s,
                           struct value *ret)
{
	int64_t v = 0;

	switch (f->type) {
	case FIELD_TEXT:
		return take_text(call, f, s, ret);
	case FIELD_WORD:
		return take_word(call, f, s, ret);
	case FIELD_INT:
	case FIELD_TIME:
		if (str_i64(s, &v))
			return take_int(call, f, v, ret);
		call_bad_field(call, f->name, "%s is a whole number", f->name);
		return false;
	default:
		call_bad_field(call, f->name, "%s cannot be given here", f->name);
		return false;
	}
}

static bool take_from_json(struct call *call, const struct field *f, const json_t *j,
                           struct value *ret)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		if (!json_is_string(j))
			break;
		return take_from_text(
			call, f, (struct str){ json_string_value(j), json_string_length(j) }, ret);
	case FIELD_INT:
	case FIELD_TIME:
		if (!json_is_integer(j))
			break;
		return take_int(call, f, json_integer_value(j), ret);
	case FIELD_BOOL:
		if (!json_is_boolean(j))
			break;
		*ret = (struct value){ .given = true, .flag = json_is_true(j) };
		return true;
	default:
		break;
	}
	call_bad_field(call, f->name, "%s is of the wrong type", f->name);
	return false;
}

static const struct field *find_field(const struct call *call, enum field_place place,
                                      struct str name, size_t *ret_i)
{
	for (size_t i = 0; i < call->route->n_request; i++)
		if (call->route->request[i].place == place &&
		    str_is(name, call->route->request[i].name)) {
			*ret_i = i;
			return &call->route->request[i];
		}
	return NULL;
}

static bool decode_query(struct call *call)
{
	struct str name, text;
	size_t at = 0;

	for (size_t i = 0; http_query_at(call->req, i, &name, &text); i++) {
		const struct field *f = find_field(call, IN_QUERY, name, &at);
		char shown[64];

		if (f == NULL) {
			if (!str_copy(name, shown, sizeof(shown)))
				(void)str_copy(STR("a long name"), shown, sizeof(shown));
			call_bad_field(call, shown, "there is no argument of that name");
			return false;
		}
		if (call->values[at].given) {
			call_bad_field(call, f->name, "%s is given twice", f->name);
			return false;
		}
		/* "?state=" means the same as none. */
		if (text.len == 0 && f->optional)
			continue;
		if (!take_from_text(call, f, text, &call->values[at]))
			return false;
	}
	return true;
}

static bool decode_object(struct call *call)
{
	const char *key;
	json_t *value;
	size_t at = 0;

	json_object_foreach(call->body, key, value)
	{
		const struct field *f = find_field(call, IN_BODY, str_of(key), &at);

		if (f == NULL) {
			call_bad_field(call, key, "there is no member of that name");
			return false;
		}
		if (json_is_null(value) && f->optional)
			continue;
		if (!take_from_json(call, f, value, &call->values[at]))
			return false;
	}
	return true;
}

static bool is_json_type(struct str type)
{
	static const struct str want = { "application/json", 16 };

	type = str_trim((struct str){ type.p, str_find(type, ';') });
	return type.len == want.len && strncasecmp(type.p, want.p, want.len) == 0;
}

static bool decode_body(struct call *call, struct str body)
{
	struct err err = { 0 };
	struct str type;

	if (body.len == 0)
		return true;
	/* A form of another site can send text, but not this type, without being asked about. */
	if (!http_header(call->req, "content-type", &type) || !is_json_type(type)) {
		call_refuse(call,
		            &(struct http_fault){ 415, "bad_type", "the body is not JSON", NULL,
		                                  "send Content-Type: application/json" });
		return false;
	}
	call->body = json_parse(body, &err);
	if (call->body == NULL || !json_is_object(call->body)) {
		if (call->body != NULL)
			(void)err_set(&err, -EBADMSG, "the body is not an object");
		call_refuse(call, &(struct http_fault){ 400, "bad_json", err.msg, NULL, NULL });
		return false;
	}
	return decode_object(call);
}

bool call_decode(struct call *call, struct str body)
{
	const struct route *r = call->route;

	for (size_t i = 0; i < r->n_request; i++)
		if (r->request[i].place == IN_PATH &&
		    !take_from_text(call, &r->request[i], str_of(call->path_arg), &call->values[i]))
			return false;
	if (!decode_query(call) || !decode_body(call, body))
		return false;
	for (size_t i = 0; i < r->n_request; i++)
		if (!r->request[i].optional && !call->values[i].given) {
			call_bad_field(call, r->request[i].name, "%s is missing",
			               r->request[i].name);
			return false;
		}
	return true;
}
