/*
 * test_reply.c - answers of a Redis, of something else, and of somebody who means harm.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/mem.h"
#include "bus/reply.h"

static int read_all(struct reply_reader *rr, const char *text, const struct reply **ret,
                    struct err *err)
{
	reply_reader_feed(rr, text, strlen(text));
	return reply_reader_next(rr, ret, err);
}

static void every_type_is_read(void **state)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };
	int64_t v = 0;

	(void)state;
	assert_int_equal(read_all(rr, "+OK\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_STATUS);
	assert_true(reply_is(r, "OK"));
	assert_int_equal(read_all(rr, "-NOPERM no\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_ERROR);
	assert_str(r->text, "NOPERM no");
	assert_ptr_equal(reply_text(r).p, NULL);
	assert_int_equal(read_all(rr, ":-42\r\n", &r, &err), 1);
	assert_true(reply_i64(r, &v));
	assert_int_equal(v, -42);
	assert_int_equal(read_all(rr, "$-1\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_NIL);
	assert_false(reply_i64(r, &v));
	assert_int_equal(read_all(rr, "*-1\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_NIL);
	assert_int_equal(read_all(rr, "$2\r\n17\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_TEXT);
	assert_true(reply_i64(r, &v));
	assert_int_equal(v, 17);
	assert_int_equal(read_all(rr, "*0\r\n", &r, &err), 1);
	assert_int_equal(r->type, REPLY_ARRAY);
	assert_int_equal(r->n, 0);
	assert_null(reply_item(r, 0));
	assert_null(reply_item(NULL, 0));
	assert_int_equal(reply_reader_next(rr, &r, &err), 0);
	reply_reader_free(rr);
}

static const char stream[] = "*2\r\n*2\r\n$3\r\n1-0\r\n*4\r\n$1\r\nh\r\n$2\r\nid\r\n$1\r\nr\r\n$-"
			     "1\r\n*2\r\n$3\r\n2-0\r\n*0\r\n";

static void check_stream(const struct reply *r)
{
	assert_int_equal(r->n, 2);
	assert_str(reply_text(reply_item(reply_item(r, 0), 0)), "1-0");

	const struct reply *fields = reply_item(reply_item(r, 0), 1);

	assert_int_equal(fields->n, 4);
	assert_str(reply_text(reply_item(fields, 2)), "r");
	assert_int_equal(reply_item(fields, 3)->type, REPLY_NIL);
	assert_int_equal(reply_item(reply_item(r, 1), 1)->n, 0);
}

static void an_answer_may_come_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct reply_reader *rr = reply_reader_new(NULL);
		const struct reply *r = NULL;
		struct err err = { 0 };
		size_t len = strlen(stream);

		for (size_t at = 0; at < len; at += piece) {
			size_t n = len - at < piece ? len - at : piece;

			reply_reader_feed(rr, stream + at, n);
			assert_int_equal(reply_reader_next(rr, &r, &err), at + n == len);
		}
		check_stream(r);
		reply_reader_free(rr);
	}
}

static void many_answers_in_one_piece_come_in_order(void **state)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };
	char text[16];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(text, sizeof(text), ":%d\r\n", i);
		reply_reader_feed(rr, text, strlen(text));
	}
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(reply_reader_next(rr, &r, &err), 1);
		assert_int_equal(r->integer, i);
	}
	assert_int_equal(reply_reader_next(rr, &r, &err), 0);
	assert_int_equal(reply_reader_held(rr), 0);
	reply_reader_free(rr);
}

static void what_is_not_redis_is_named(void **state)
{
	static const struct {
		const char *text, *reason;
	} table[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n",
		  "does not speak Redis (answered 'HTTP/1.1 400 Bad Request')" },
		{ "SSH-2.0-OpenSSH_9.2p1\r\n",
		  "does not speak Redis (answered 'SSH-2.0-OpenSSH_9.2p1')" },
		{ "\x15\x03\x01\x02\x02\x50", "does not speak Redis (answered '?????P')" },
		{ "%1\r\n+a\r\n+b\r\n", "does not speak Redis (answered '%1')" },
		{ "_\r\n", "does not speak Redis (answered '_')" },
		{ "0123456789012345678901234567890123456789012345",
		  "does not speak Redis (answered '0123456789012345678901234567890123456789...')" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct reply_reader *rr = reply_reader_new(NULL);
		const struct reply *r = NULL;
		struct err err = { 0 };

		assert_int_equal(read_all(rr, table[i].text, &r, &err), -EPROTO);
		assert_string_equal(err.msg, table[i].reason);
		assert_int_equal(reply_reader_next(rr, &r, &err), -EPROTO);
		reply_reader_free(rr);
	}
}

static void broken_syntax_ends_the_stream(void **state)
{
	static const char *const texts[] = {
		"+OK\r\nnonsense\r\n", "+OK\r\n*x\r\n",  "+OK\r\n$12x\r\n", "+OK\r\n:1x\r\n",
		"+OK\r\n*-2\r\n",      "+OK\r\n$-2\r\n", "+OK\r\n*\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply_reader *rr = reply_reader_new(NULL);
		const struct reply *r = NULL;
		struct err err = { 0 };

		assert_int_equal(read_all(rr, texts[i], &r, &err), 1);
		if (reply_reader_next(rr, &r, &err) != -EPROTO)
			fail_msg("'%s' was taken", texts[i]);
		reply_reader_free(rr);
	}
}

/* Heap in use, as malloc counts it. */
static size_t heap(void)
{
	return mallinfo2().uordblks;
}

static void a_header_is_never_taken_for_memory(void **state)
{
	static const char *const texts[] = {
		"*1073741824\r\n",
		"*2147483647\r\n",
		"*100001\r\n",
		"$1073741824\r\n",
		"$8388609\r\nx",
		"*1\r\n$536870912\r\n",
		/* Each is allowed, all together are not. */
		"*2\r\n*60000\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct reply_reader *rr = reply_reader_new(NULL);
		const struct reply *r = NULL;
		struct err err = { 0 };
		size_t before = heap();
		int n = read_all(rr, texts[i], &r, &err);

		if (n == 0) {
			for (int k = 0; k < 60000 && n == 0; k++)
				n = read_all(rr, ":1\r\n", &r, &err);
			if (n == 0)
				n = read_all(rr, "*60000\r\n", &r, &err);
		}
		assert_int_equal(n, -EMSGSIZE);
		assert_non_null(strstr(err.msg, "sends more than our limits allow"));
		assert_true(heap() < before + ((size_t)8 << 20));
		reply_reader_free(rr);
	}
}

static void caps_can_be_set(void **state)
{
	const struct reply_limits limits = { .elements = 3, .text_bytes = 4, .total_bytes = 6 };
	static const struct {
		const char *text;
		int result;
	} table[] = {
		{ "*3\r\n:1\r\n:2\r\n:3\r\n", 1 },
		{ "*4\r\n", -EMSGSIZE },
		{ "$4\r\nabcd\r\n", 1 },
		{ "$5\r\n", -EMSGSIZE },
		{ "*2\r\n$3\r\nabc\r\n$3\r\nabc\r\n", 1 },
		{ "*2\r\n$3\r\nabc\r\n$4\r\nabcd\r\n", -EMSGSIZE },
		{ "+abcde\r\n", -EMSGSIZE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct reply_reader *rr = reply_reader_new(&limits);
		const struct reply *r = NULL;
		struct err err = { 0 };

		assert_int_equal(read_all(rr, table[i].text, &r, &err), table[i].result);
		reply_reader_free(rr);
	}
}

static void a_line_without_an_end_is_cut(void **state)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };
	char piece[4096];
	int n = 0;

	(void)state;
	memset(piece, 'a', sizeof(piece));
	reply_reader_feed(rr, "+", 1);
	for (int i = 0; i < 100 && n == 0; i++) {
		reply_reader_feed(rr, piece, sizeof(piece));
		n = reply_reader_next(rr, &r, &err);
	}
	assert_int_equal(n, -EPROTO);
	assert_string_equal(err.msg, "sends a line without an end");
	reply_reader_free(rr);
}

static void too_deep_is_refused(void **state)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(read_all(rr, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", &r, &err),
	                 1);
	assert_int_equal(read_all(rr,
	                          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
	                          &r, &err),
	                 -EPROTO);
	reply_reader_free(rr);
}

static void a_large_answer_leaves_no_memory_behind(void **state)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };
	AUTO_FREE char *text = xcalloc(1, (size_t)4 << 20);
	size_t before;

	(void)state;
	memset(text, 'x', (size_t)4 << 20);
	assert_int_equal(read_all(rr, "+OK\r\n", &r, &err), 1);
	before = heap();
	reply_reader_feed(rr, "$4194304\r\n", 10);
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(reply_reader_next(rr, &r, &err), 0);
		reply_reader_feed(rr, text, 65536);
	}
	assert_int_equal(read_all(rr, "\r\n", &r, &err), 1);
	assert_int_equal(r->text.len, 4 << 20);
	assert_int_equal(read_all(rr, "+OK\r\n", &r, &err), 1);
	assert_int_equal(read_all(rr, "+OK\r\n", &r, &err), 1);
	assert_true(heap() < before + 65536);
	reply_reader_free(rr);
}

/* How many answers a text comes to, and how it ends, when it is fed in pieces. */
static int count(struct str text, size_t piece, size_t *ret_answers)
{
	struct reply_reader *rr = reply_reader_new(NULL);
	const struct reply *r = NULL;
	struct err err = { 0 };
	int got = 0;

	*ret_answers = 0;
	for (size_t at = 0; at < text.len && got >= 0; at += piece) {
		reply_reader_feed(rr, text.p + at, text.len - at < piece ? text.len - at : piece);
		while ((got = reply_reader_next(rr, &r, &err)) > 0)
			(*ret_answers)++;
	}
	reply_reader_free(rr);
	return got;
}

static void the_corpus_means_the_same_whole_and_in_pieces(void **state)
{
	DIR *d = opendir(CORPUS "/bus_reply");
	size_t files = 0;

	(void)state;
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char text[8192];
		size_t whole, bytes;

		if (e->d_name[0] == '.')
			continue;
		ssize_t n = fd_read_file(dirfd(d), e->d_name, text, sizeof(text));
		assert_true(n >= 0);

		struct str s = { text, (size_t)n };
		int end = count(s, sizeof(text), &whole);

		assert_int_equal(count(s, 1, &bytes), end);
		assert_int_equal(whole, bytes);
		files++;
	}
	(void)closedir(d);
	assert_true(files >= 8);
}

RUN_TESTS(cmocka_unit_test(every_type_is_read),
          cmocka_unit_test(an_answer_may_come_in_pieces_of_any_size),
          cmocka_unit_test(many_answers_in_one_piece_come_in_order),
          cmocka_unit_test(what_is_not_redis_is_named),
          cmocka_unit_test(broken_syntax_ends_the_stream),
          cmocka_unit_test(a_header_is_never_taken_for_memory), cmocka_unit_test(caps_can_be_set),
          cmocka_unit_test(a_line_without_an_end_is_cut), cmocka_unit_test(too_deep_is_refused),
          cmocka_unit_test(the_corpus_means_the_same_whole_and_in_pieces),
          cmocka_unit_test(a_large_answer_leaves_no_memory_behind))
