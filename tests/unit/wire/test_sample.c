/*
 * test_sample.c - schemas that stay while nothing changes, and sinks that notice when something
 * does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "wire/sample.h"

static const struct metric a = { "t.a", METRIC_GAUGE, 0, "1", NULL, "", "A." };
static const struct metric b = { "t.b", METRIC_COUNTER, 2, "s", "x", "", "B." };
static const struct metric c = { "t.c", METRIC_COUNTER, 0, "B", NULL, "", "C." };

struct bench {
	struct sink sink;
	struct sample now, before;
	struct tags *one, *two;
};

static int set_up(void **state)
{
	static struct bench t;

	t = (struct bench){ .one = tags_new(STR("x=1")), .two = tags_new(STR("x=2")) };
	*state = &t;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *t = *state;

	sample_done(&t->now);
	sample_done(&t->before);
	sink_done(&t->sink);
	tags_unref(t->one);
	tags_unref(t->two);
	return 0;
}

static bool fill(struct bench *t, int64_t v, bool with_two)
{
	struct sample spare = t->before;

	t->before = t->now;
	t->now = spare;
	sink_begin(&t->sink, &t->now, v, v);
	sink_emit(&t->sink, &a, NULL, v);
	sink_emit(&t->sink, &b, t->one, v + 1);
	if (with_two)
		sink_emit(&t->sink, &b, t->two, v + 2);
	sink_emit_u64(&t->sink, &c, NULL, (uint64_t)v + 3);
	return sink_finish(&t->sink);
}

static void the_schema_stays_while_the_series_do(void **state)
{
	struct bench *t = *state;

	assert_true(fill(t, 10, false));
	assert_false(fill(t, 20, false));
	assert_false(fill(t, 30, false));
	assert_ptr_equal(t->now.schema, t->before.schema);
	assert_int_equal(t->now.schema->n, 3);
	assert_int_equal(t->now.values[1], 31);
	assert_int_equal(t->before.values[2], 23);
	assert_int_equal(t->now.ts_ms, 30);
}

static void a_series_that_comes_or_goes_loses_no_value(void **state)
{
	struct bench *t = *state;

	(void)fill(t, 10, false);
	assert_true(fill(t, 20, true));
	assert_int_equal(t->now.schema->n, 4);
	assert_int_equal(t->now.values[2], 22);
	assert_int_equal(t->now.values[3], 23);
	assert_int_equal(t->before.values[2], 13);
	assert_true(fill(t, 30, false));
	assert_int_equal(t->now.schema->n, 3);
	assert_int_equal(t->now.values[2], 33);
}

static void fewer_series_at_the_end_are_noticed(void **state)
{
	struct bench *t = *state;

	(void)fill(t, 10, true);
	sink_begin(&t->sink, &t->now, 1, 1);
	sink_emit(&t->sink, &a, NULL, 5);
	assert_true(sink_finish(&t->sink));
	assert_int_equal(t->now.schema->n, 1);
	assert_int_equal(t->now.values[0], 5);
}

static void equal_lists_have_equal_hashes(void **state)
{
	struct bench *t = *state;
	struct tags *again = tags_new(STR("x=1"));
	struct series list[] = { { &a, NULL }, { &b, t->one } };
	struct series same[] = { { &a, NULL }, { &b, again } };
	struct series other[] = { { &a, NULL }, { &b, t->two } };
	struct schema *s = schema_new(list, 2), *s2 = schema_new(same, 2),
		      *s3 = schema_new(other, 2);

	assert_true(s->hash == s2->hash);
	assert_true(s->hash != s3->hash);
	assert_int_equal(schema_find(s, &same[1], 0), 1);
	assert_int_equal(schema_find(s, &same[1], 1), 1);
	assert_int_equal(schema_find(s, &same[0], 1), 0);
	assert_int_equal(schema_find(s, &other[1], 0), -1);
	assert_int_equal(schema_find_name(s, "t.a"), 0);
	assert_int_equal(schema_find_name(s, "t.b"), -1);
	schema_unref(s);
	schema_unref(s2);
	schema_unref(s3);
	tags_unref(again);
}

static void what_is_taken_back_was_never_there(void **state)
{
	struct bench *t = *state;

	(void)fill(t, 10, false);
	sink_begin(&t->sink, &t->now, 2, 2);
	sink_emit(&t->sink, &a, NULL, 1);
	size_t mark = sink_count(&t->sink);
	sink_emit(&t->sink, &b, t->one, 2);
	sink_rewind(&t->sink, mark);
	sink_miss(&t->sink, &b, t->one);
	sink_emit(&t->sink, &c, NULL, 3);
	assert_false(sink_finish(&t->sink));
	assert_false(sample_has(&t->now, 1));
	assert_int_equal(t->now.values[2], 3);
	/* Also while another list is being built. */
	sink_begin(&t->sink, &t->now, 3, 3);
	sink_emit(&t->sink, &c, NULL, 7);
	sink_emit(&t->sink, &a, NULL, 8);
	sink_rewind(&t->sink, 1);
	sink_emit(&t->sink, &b, t->two, 9);
	assert_true(sink_finish(&t->sink));
	assert_int_equal(t->now.schema->n, 2);
	assert_int_equal(t->now.values[0], 7);
	assert_int_equal(t->now.values[1], 9);
}

static void a_copy_is_equal_and_lives_on(void **state)
{
	struct bench *t = *state;
	struct sample copy = { 0 };

	(void)fill(t, 10, true);
	sample_copy(&copy, &t->now);
	(void)fill(t, 20, false);
	(void)fill(t, 30, false);
	assert_int_equal(copy.schema->n, 4);
	assert_int_equal(copy.values[2], 12);
	sample_copy(&copy, &copy);
	assert_int_equal(copy.values[2], 12);
	sample_done(&copy);
}

static void the_number_of_series_has_a_limit(void **state)
{
	struct bench *t = *state;

	sink_begin(&t->sink, &t->now, 1, 1);
	for (int64_t i = 0; i < SCHEMA_MAX_SERIES + 5; i++)
		sink_emit(&t->sink, &a, NULL, i);
	(void)sink_finish(&t->sink);
	assert_int_equal(t->now.schema->n, SCHEMA_MAX_SERIES);
	assert_int_equal(t->sink.dropped, 5);
}

static void huge_numbers_stay_at_the_end_of_the_scale(void **state)
{
	struct bench *t = *state;

	sink_begin(&t->sink, &t->now, 1, 1);
	sink_emit_u64(&t->sink, &c, NULL, UINT64_MAX);
	(void)sink_finish(&t->sink);
	assert_true(t->now.values[0] == INT64_MAX);
}

static void tags_are_canonical_and_come_back(void **state)
{
	static const char evil[] = "a,b=\"c\"\\{%}\n\xff\xc3(\xe4\xb8\xbb";
	AUTO_BUF struct buf text = BUF(1000), back = BUF(1000);

	(void)state;
	assert_true(tags_add(&text, "device", str_of(evil)));
	assert_true(tags_add(&text, "mount", STR("/")));
	assert_string_equal(buf_cstr(&text),
	                    "device=a%2Cb%3D%22c%22%5C%7B%25%7D%0A%FF%C3(\xe4\xb8\xbb,mount=/");
	assert_true(tags_get(buf_as_str(&text), "device", &back));
	assert_string_equal(buf_cstr(&back), evil);
	buf_reset(&back);
	assert_true(tags_get(buf_as_str(&text), "mount", &back));
	assert_string_equal(buf_cstr(&back), "/");
	assert_false(tags_get(buf_as_str(&text), "moun", &back));
	assert_false(tags_get(STR(""), "x", &back));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

RUN_TESTS(TEST(the_schema_stays_while_the_series_do),
          TEST(a_series_that_comes_or_goes_loses_no_value),
          TEST(fewer_series_at_the_end_are_noticed), TEST(equal_lists_have_equal_hashes),
          TEST(what_is_taken_back_was_never_there), TEST(a_copy_is_equal_and_lives_on),
          TEST(the_number_of_series_has_a_limit), TEST(huge_numbers_stay_at_the_end_of_the_scale),
          TEST(tags_are_canonical_and_come_back))
