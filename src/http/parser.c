/*
 * parser - llhttp driven over borrowed bytes, with everything it leaves open closed.
 *
 * llhttp (strict) refuses: two Content-Length, Content-Length with Transfer-Encoding, bare LF, NUL, blanks
 * before a colon. It leaves to us: sizes and counts, folded headers, Host, the versions, TRACE and CONNECT,
 * codings other than chunked, Expect, upgrades. Callbacks stop it with -1 (not 1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/parser.h"

#include <llhttp.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

enum { KEEP_TEXT = 4096, KEEP_BODY = 4096, TRAILER_SLACK = 16384 };

enum stage { STAGE_HEAD, STAGE_AT_BODY, STAGE_BODY, STAGE_DONE, STAGE_FAULT };

struct parser {
	llhttp_t ll;
	const struct http_limits *limits;
	enum stage stage;
	enum fault fault;
	bool in_value; /* the current header's value has begun */
	bool skip;     /* the body is not kept */
	size_t raw;    /* bytes of the head, then of the body, as sent */
	size_t body_max, body_len;
	const char *data;   /* what is being fed, for folds: a value must be in one piece */
	uint64_t data_at;   /* offset of `data` in the connection's stream */
	uint64_t value_end; /* where the last piece of the current value ended in it */
	struct head head;
	struct buf body;
};

const struct http_fault *parser_fault(enum fault fault)
{
	static const struct http_fault rows[N_FAULTS] = {
		[FAULT_SYNTAX] = { 400, "bad_request", "the request is not well-formed HTTP/1.1",
		                   NULL, NULL },
		[FAULT_METHOD] = { 501, "method_unknown", "the method is not one we serve", NULL,
		                   NULL },
		[FAULT_VERSION] = { 505, "version", "only HTTP/1.0 and HTTP/1.1 are spoken here",
		                    NULL, NULL },
		[FAULT_HOST] = { 400, "bad_host",
		                 "the request needs exactly one well-formed Host header", NULL,
		                 NULL },
		[FAULT_PATH] = { 400, "bad_path", "the path is not one we accept", NULL,
		                 "use a plain path without dot segments, encoded slashes or "
		                 "control characters" },
		[FAULT_QUERY] = { 400, "bad_query",
		                  "the query is malformed or has too many arguments", NULL, NULL },
		[FAULT_TARGET_LONG] = { 414, "target_too_long", "the address is too long", NULL,
		                        NULL },
		[FAULT_HEAD_LARGE] = { 431, "headers_too_large",
		                       "the headers are too many or too large", NULL,
		                       "delete the cookies of this site" },
		[FAULT_LENGTH] = { 400, "bad_length",
		                   "the length of the body is told wrongly or twice", NULL, NULL },
		[FAULT_ENCODING] = { 501, "bad_encoding",
		                     "only the chunked transfer coding is understood", NULL, NULL },
		[FAULT_EXPECT] = { 417, "bad_expect", "only 'Expect: 100-continue' is understood",
		                   NULL, NULL },
		[FAULT_BODY_LARGE] = { 413, "body_too_large",
		                       "the body is larger than this address takes", NULL, NULL },
		[FAULT_HEAD_SLOW] = { 408, "too_slow", "the request did not arrive in time", NULL,
		                      NULL },
		[FAULT_BODY_SLOW] = { 408, "too_slow", "the body did not arrive in time", NULL,
		                      NULL },
		[FAULT_NO_ANSWER] = { 503, "no_answer", "the answer was not ready in time", NULL,
		                      "try again in a moment" },
	};

	return &rows[fault];
}

static int refuse(struct parser *p, enum fault fault)
{
	if (p->fault == FAULT_NONE)
		p->fault = fault;
	return -1;
}

static int on_url(llhttp_t *ll, const char *at, size_t len)
{
	struct parser *p = ll->data;
	struct head *h = &p->head;

	if (h->target.len == 0)
		h->target.off = (uint32_t)h->text.len;
	if (h->target.len + len > p->limits->target_bytes || !buf_add(&h->text, at, len))
		return refuse(p, FAULT_TARGET_LONG);
	h->target.len += (uint32_t)len;
	return 0;
}

static int on_header_field(llhttp_t *ll, const char *at, size_t len)
{
	struct parser *p = ll->data;
	struct head *h = &p->head;

	if (p->stage != STAGE_HEAD)
		return 0; /* trailers are read over */
	if (h->n_fields == 0 || p->in_value) {
		if (h->n_fields >= p->limits->headers)
			return refuse(p, FAULT_HEAD_LARGE);
		h->fields = xgrow(h->fields, &h->cap_fields, h->n_fields + 1, sizeof(*h->fields));
		h->fields[h->n_fields++] =
			(struct pair){ { (uint32_t)h->text.len, 0 }, { (uint32_t)h->text.len, 0 } };
		p->in_value = false;
	}
	if (!buf_add(&h->text, at, len))
		return refuse(p, FAULT_HEAD_LARGE);
	struct pair *f = &h->fields[h->n_fields - 1];

	f->name.len += (uint32_t)len;
	for (char *c = h->text.p + f->name.off; c < h->text.p + h->text.len; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	return 0;
}

static int on_header_value(llhttp_t *ll, const char *at, size_t len)
{
	struct parser *p = ll->data;
	struct head *h = &p->head;
	uint64_t from = p->data_at + (uint64_t)(at - p->data);

	if (p->stage != STAGE_HEAD || h->n_fields == 0)
		return 0;
	struct pair *f = &h->fields[h->n_fields - 1];

	if (!p->in_value) {
		p->in_value = true;
		f->value = (struct span){ (uint32_t)h->text.len, 0 };
	} else if (f->value.len > 0 && from != p->value_end) {
		return refuse(p, FAULT_SYNTAX); /* folded over two lines */
	}
	if (!buf_add(&h->text, at, len))
		return refuse(p, FAULT_HEAD_LARGE);
	f->value.len += (uint32_t)len;
	p->value_end = from + len;
	return 0;
}

static int on_header_value_complete(llhttp_t *ll)
{
	struct parser *p = ll->data;

	p->in_value = true; /* also when the value is empty: the next field is a new one */
	return 0;
}

bool head_field(const struct head *h, const char *name, struct str *ret)
{
	for (size_t i = 0; i < h->n_fields; i++)
		if (str_is(head_str(h, h->fields[i].name), name)) {
			*ret = str_trim(head_str(h, h->fields[i].value));
			return true;
		}
	return false;
}

static enum http_verb verb_of(uint8_t method)
{
	switch (method) {
	case HTTP_GET:
		return VERB_GET;
	case HTTP_HEAD:
		return VERB_HEAD;
	case HTTP_POST:
		return VERB_POST;
	case HTTP_PUT:
		return VERB_PUT;
	case HTTP_PATCH:
		return VERB_PATCH;
	case HTTP_DELETE:
		return VERB_DELETE;
	case HTTP_OPTIONS:
		return VERB_OPTIONS;
	default:
		return 0;
	}
}

static bool host_is_fine(const struct head *h, bool needed)
{
	static const char others[] = "-._~:[]%!$&'()*+,;=";
	size_t n = 0;

	for (size_t i = 0; i < h->n_fields; i++) {
		if (!str_is(head_str(h, h->fields[i].name), "host"))
			continue;
		struct str v = str_trim(head_str(h, h->fields[i].value));

		n++;
		for (size_t k = 0; k < v.len; k++) {
			char c = v.p[k];
			bool alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

			if (!alnum && (c == '\0' || strchr(others, c) == NULL))
				return false;
		}
	}
	return n == 1 || (n == 0 && !needed);
}

/* Everything about the head that llhttp does not ask. */
static enum fault head_check(struct parser *p)
{
	struct head *h = &p->head;
	struct str value;
	size_t codings = 0;

	if (p->ll.http_major != 1 || p->ll.http_minor > 1)
		return FAULT_VERSION;
	h->verb = verb_of(p->ll.method);
	if (h->verb == 0)
		return FAULT_METHOD;
	if (!host_is_fine(h, p->ll.http_minor == 1))
		return FAULT_HOST;
	for (size_t i = 0; i < h->n_fields; i++) {
		if (!str_is(head_str(h, h->fields[i].name), "transfer-encoding"))
			continue;
		value = str_trim(head_str(h, h->fields[i].value));
		if (++codings > 1 || value.len != 7 || strncasecmp(value.p, "chunked", 7) != 0 ||
		    p->ll.http_minor == 0)
			return FAULT_ENCODING;
	}
	if (head_field(h, "expect", &value)) {
		if (value.len != 12 || strncasecmp(value.p, "100-continue", 12) != 0)
			return FAULT_EXPECT;
		h->expect_continue = p->ll.http_minor == 1;
	}
	h->chunked = (p->ll.flags & F_CHUNKED) != 0;
	h->length = (p->ll.flags & F_CONTENT_LENGTH) != 0 ? p->ll.content_length : 0;
	h->has_body = h->chunked || h->length > 0;
	h->keep_alive = p->ll.http_minor == 1 && llhttp_should_keep_alive(&p->ll) != 0;
	return target_parse(h, p->limits->query_args);
}

static int on_headers_complete(llhttp_t *ll)
{
	struct parser *p = ll->data;
	enum fault fault = head_check(p);

	if (fault != FAULT_NONE)
		return refuse(p, fault);
	ll->upgrade = 0; /* we upgrade to nothing: the rest is an ordinary message */
	p->stage = STAGE_AT_BODY;
	return HPE_PAUSED;
}

static int on_body(llhttp_t *ll, const char *at, size_t len)
{
	struct parser *p = ll->data;

	if (len > p->body_max - p->body_len)
		return refuse(p, FAULT_BODY_LARGE);
	p->body_len += len;
	if (!p->skip && !buf_add(&p->body, at, len))
		return refuse(p, FAULT_BODY_LARGE);
	return 0;
}

static int on_message_complete(llhttp_t *ll)
{
	struct parser *p = ll->data;

	p->stage = STAGE_DONE;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

struct parser *parser_new(const struct http_limits *limits)
{
	struct parser *p = xcalloc(1, sizeof(*p));

	p->limits = limits;
	/* The decoded path and arguments, and the copy of the target inside them. */
	p->head.text = BUF(limits->head_bytes + 2 * limits->target_bytes);
	llhttp_init(&p->ll, HTTP_REQUEST, &settings);
	p->ll.data = p;
	return p;
}

void parser_free(struct parser *p)
{
	if (p == NULL)
		return;
	buf_done(&p->head.text);
	buf_done(&p->body);
	free(p->head.fields);
	free(p->head.args);
	free(p);
}

void parser_next(struct parser *p)
{
	struct head *h = &p->head;
	struct buf text = h->text;
	struct head fresh = { .fields = h->fields,
		              .cap_fields = h->cap_fields,
		              .args = h->args,
		              .cap_args = h->cap_args };

	if (text.cap > KEEP_TEXT)
		buf_done(&text);
	buf_reset(&text);
	*h = fresh;
	h->text = text;
	if (p->body.cap > KEEP_BODY)
		buf_done(&p->body);
	buf_reset(&p->body);
	p->stage = STAGE_HEAD;
	p->fault = FAULT_NONE;
	p->in_value = p->skip = false;
	p->raw = p->body_max = p->body_len = 0;
	llhttp_init(&p->ll, HTTP_REQUEST, &settings);
	p->ll.data = p;
}

static enum fault fault_of(const struct parser *p, llhttp_errno_t e)
{
	if (p->fault != FAULT_NONE)
		return p->fault;
	switch (e) {
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE:
		return FAULT_VERSION;
	case HPE_INVALID_CONTENT_LENGTH:
	case HPE_UNEXPECTED_CONTENT_LENGTH:
		return FAULT_LENGTH;
	default:
		return FAULT_SYNTAX;
	}
}

/* Most bytes that may still come as sent: framing, white space and extensions count too. */
static size_t allowance(const struct parser *p)
{
	size_t max =
		p->stage == STAGE_HEAD ? p->limits->head_bytes : 8 * p->body_max + TRAILER_SLACK;

	return max > p->raw ? max - p->raw : 0;
}

enum parse_event parser_feed(struct parser *p, struct str data, size_t *ret_used)
{
	if (p->stage == STAGE_AT_BODY) {
		p->stage = STAGE_BODY;
		p->raw = 0;
	}
	size_t most = allowance(p);
	bool cut = data.len > most;

	*ret_used = 0;
	if (p->stage == STAGE_FAULT)
		return PARSE_FAULT;
	p->data = data.p;
	llhttp_resume(&p->ll);
	llhttp_errno_t e = llhttp_execute(&p->ll, data.p, cut ? most : data.len);
	size_t used = cut ? most : data.len;

	if (e != HPE_OK)
		used = (size_t)(llhttp_get_error_pos(&p->ll) - data.p);
	p->data_at += used;
	p->raw += used;
	*ret_used = used;
	if (e == HPE_PAUSED && p->stage == STAGE_AT_BODY)
		return PARSE_HEAD;
	if (e == HPE_PAUSED && p->stage == STAGE_DONE)
		return PARSE_DONE;
	if (e == HPE_OK && !cut)
		return PARSE_MORE;
	if (e == HPE_OK)
		(void)refuse(p, p->stage == STAGE_HEAD ? FAULT_HEAD_LARGE : FAULT_BODY_LARGE);
	p->fault = fault_of(p, e);
	p->stage = STAGE_FAULT;
	return PARSE_FAULT;
}

bool parser_in_head(const struct parser *p)
{
	return p->stage == STAGE_HEAD && p->raw > 0;
}

const struct head *parser_head(const struct parser *p)
{
	return &p->head;
}

void parser_keep_body(struct parser *p, size_t max)
{
	p->body.max = max;
	p->body_max = max;
	p->skip = false;
}

void parser_skip_body(struct parser *p, size_t max)
{
	p->body_max = max;
	p->skip = true;
}

struct str parser_body(const struct parser *p)
{
	return buf_as_str(&p->body);
}

enum fault parser_why(const struct parser *p)
{
	return p->fault;
}
