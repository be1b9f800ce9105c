/*
 * test_parser.c - requests out of bytes: what is taken apart how, and where the parser stops.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "http/parser.h"

static const struct http_limits limits = {
	.target_bytes = 100,
	.head_bytes = 300,
	.headers = 5,
	.query_args = 3,
};

/* Feeds all of `text`; the first event that is not MORE. */
static enum parse_event feed(struct parser *p, struct str text, struct str *ret_rest)
{
	size_t used = 0;
	enum parse_event ev = parser_feed(p, text, &used);

	*ret_rest = str_skip(text, used);
	return ev;
}

static void stops_at_the_head_and_at_the_end_and_takes_nothing_of_the_next(void **state)
{
	(void)state;
	struct parser *p = parser_new(&limits);
	struct str rest, value;

	assert_int_equal(feed(p,
	                      STR("POST /a%20b?x=1+1&y HTTP/1.1\r\nHost: h\r\nX-A:  v w \r\n"
	                          "Content-Length: 3\r\n\r\nabcGET"),
	                      &rest),
	                 PARSE_HEAD);
	const struct head *h = parser_head(p);

	assert_str(head_str(h, h->path), "/a b");
	assert_str(head_str(h, h->query), "x=1+1&y");
	assert_int_equal(h->n_args, 2);
	assert_str(head_str(h, h->args[0].value), "1 1");
	assert_str(head_str(h, h->args[1].name), "y");
	assert_int_equal(h->verb, VERB_POST);
	assert_true(h->has_body && h->keep_alive && !h->chunked);
	assert_true(head_field(h, "x-a", &value));
	assert_str(value, "v w");
	assert_false(head_field(h, "x-b", &value));
	parser_keep_body(p, 3);
	assert_int_equal(feed(p, rest, &rest), PARSE_DONE);
	assert_str(parser_body(p), "abc");
	assert_str(rest, "GET");
	parser_next(p);
	assert_int_equal(feed(p, rest, &rest), PARSE_MORE);
	assert_true(parser_in_head(p));
	parser_free(p);
}

static void a_body_nobody_asked_for_is_too_large(void **state)
{
	(void)state;
	struct parser *p = parser_new(&limits);
	struct str rest;

	assert_int_equal(
		feed(p, STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"), &rest),
		PARSE_HEAD);
	assert_int_equal(feed(p, rest, &rest), PARSE_FAULT);
	assert_int_equal(parser_why(p), FAULT_BODY_LARGE);
	parser_free(p);
}

static void an_empty_header_value_does_not_swallow_the_next_header(void **state)
{
	(void)state;
	struct parser *p = parser_new(&limits);
	struct str rest, value;

	assert_int_equal(
		feed(p, STR("GET / HTTP/1.1\r\nA:\r\nHost: h\r\nB: \r\nC: c\r\n\r\n"), &rest),
		PARSE_HEAD);
	assert_int_equal(parser_head(p)->n_fields, 4);
	assert_true(head_field(parser_head(p), "a", &value));
	assert_int_equal(value.len, 0);
	assert_true(head_field(parser_head(p), "c", &value));
	assert_str(value, "c");
	parser_free(p);
}

static void every_fault_has_an_answer(void **state)
{
	(void)state;
	for (enum fault f = FAULT_NONE + 1; f < N_FAULTS; f++) {
		const struct http_fault *row = parser_fault(f);

		assert_true(row->status >= 400 && row->status < 600);
		assert_non_null(row->code);
		assert_non_null(row->message);
	}
}

static void gzip_is_taken_when_named_and_not_refused(void **state)
{
	(void)state;
	assert_true(accepts_gzip(STR("gzip")));
	assert_true(accepts_gzip(STR("br, GZIP ; q=0.1")));
	assert_true(accepts_gzip(STR("*")));
	assert_false(accepts_gzip(STR("")));
	assert_false(accepts_gzip(STR("br, deflate")));
	assert_false(accepts_gzip(STR("gzip;q=0, br")));
	assert_false(accepts_gzip(STR("gzip;q=0.000")));
	assert_false(accepts_gzip(STR("gzipx")));
}

static void etags_are_compared_weakly(void **state)
{
	(void)state;
	assert_true(etag_matches(STR("\"a\""), STR("\"a\"")));
	assert_true(etag_matches(STR(" \"b\" , W/\"a\""), STR("\"a\"")));
	assert_true(etag_matches(STR("*"), STR("\"a\"")));
	assert_false(etag_matches(STR("a"), STR("\"a\"")));
	assert_false(etag_matches(STR("\"ab\""), STR("\"a\"")));
	assert_false(etag_matches(STR(""), STR("\"a\"")));
}

RUN_TESTS(cmocka_unit_test(stops_at_the_head_and_at_the_end_and_takes_nothing_of_the_next),
          cmocka_unit_test(a_body_nobody_asked_for_is_too_large),
          cmocka_unit_test(an_empty_header_value_does_not_swallow_the_next_header),
          cmocka_unit_test(every_fault_has_an_answer),
          cmocka_unit_test(gzip_is_taken_when_named_and_not_refused),
          cmocka_unit_test(etags_are_compared_weakly))
