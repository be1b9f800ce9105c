/*
 * test_update.c - messages of update:info, and what is refused of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>

#include "fuzz/fuzz_update.c"
#include "tests/unit/wire/corpus.h"

#define ID "5aa55aa55aa55aa55aa55aa55aa55aa5"

static void messages_are_those_of_the_contract(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF(4096);
	struct update u = { .kind = UPDATE_ALIVE, .ip = "10.0.0.7", .alive = true };

	assert_true(update_write(&b, &u));
	assert_str(buf_as_str(&b), "{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\"}");
	buf_reset(&b);
	u.alive = false;
	memcpy(u.id, ID, sizeof(u.id));
	u.seq = 17;
	u.ts_ms = 1732140000123;
	u.interval_ms = 2500;
	assert_true(update_write(&b, &u));
	assert_str(buf_as_str(&b),
	           "{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"id\":\"" ID
	           "\",\"alive\":\"0\",\"seq\":17,\"ts\":1732140000.123,\"interval\":2.5}");
	buf_reset(&b);
	assert_true(update_write_workload(&b, STR("10.0.0.7"), STR("")));
	assert_str(buf_as_str(&b), "{\"type\":\"workload\",\"ip\":\"10.0.0.7\",\"info\":");
	buf_reset(&b);
	u = (struct update){ .kind = UPDATE_EVENT,
		             .ip = "10.0.0.7",
		             .event = { "clock.step", EVENT_WARN, "it \"jumped\"",
		                        STR("{\"ms\":7}") } };
	assert_true(update_write(&b, &u));
	assert_str(buf_as_str(&b),
	           "{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"clock.step\","
	           "\"level\":\"warn\",\"text\":\"it \\\"jumped\\\"\",\"data\":{\"ms\":7}}}");
}

static struct update taken(const char *text)
{
	struct err err = { 0 };
	struct update u = { 0 };

	if (update_read(str_of(text), &u, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return u;
}

static void what_others_write_is_taken_as_it_is_meant(void **state)
{
	(void)state;
	struct update u =
		taken("{\"alive\":\"1\", \"ip\":\"10.0.0.7\",\"type\":\"alive\",\"x\":[{}]}");

	assert_int_equal(u.kind, UPDATE_ALIVE);
	assert_true(u.alive);
	assert_string_equal(u.id, "");
	u = taken("{\"type\":\"alive\",\"ip\":\"::1\",\"alive\":0,\"id\":"
	          "\"5AA55AA55AA55AA55AA55AA55AA55AA5\","
	          "\"interval\":\"1.5\",\"ts\":1732140000,\"seq\":null}");
	assert_false(u.alive);
	assert_string_equal(u.id, ID);
	assert_int_equal(u.interval_ms, 1500);
	assert_int_equal(u.ts_ms, 1732140000000);
	u = taken("{\"type\":\"workload\",\"ip\":\"10.0.0.7\",\"info\": {\"a\":1} }");
	assert_str(u.info, "{\"a\":1}");
	assert_int_equal(taken("{\"type\":\"service\",\"role\":\"redis\",\"alive\":7}").kind,
	                 UPDATE_OTHER);
	assert_int_equal(taken("{\"type\":\"waiting\",\"ip\":\"10.0.0.7\"}").kind, UPDATE_WAITING);
	u = taken("{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"agent.crash\","
	          "\"level\":\"error\","
	          "\"text\":\"worker \\u00e4nded\"}}");
	assert_string_equal(u.event.text, "worker \303\244nded");
	assert_int_equal(u.event.data.len, 0);
}

static void a_long_text_is_cut_between_characters(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF(8192);

	buf_puts(&b, "{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"a\",\"level\":"
	             "\"info\",\"text\":\"");
	for (int i = 0; i < 400; i++)
		buf_puts(&b, "\303\244");
	buf_puts(&b, "\"}}");
	struct update u = taken(buf_cstr(&b));
	assert_int_equal(strlen(u.event.text), EVENT_TEXT_SIZE - 2);
	assert_true(utf8_is_valid(str_of(u.event.text)));
}

static void what_is_no_message_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"type\":7}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\"}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"2\"}",
		"{\"type\":\"alive\",\"alive\":\"1\"}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\"} x",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7*\",\"alive\":\"1\"}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"id\":\"zz\"}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"seq\":-1}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"ts\":"
		"99999999999999999999}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"interval\":86401}",
		"{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"interval\":{}}",
		"{\"type\":\"workload\",\"ip\":\"10.0.0.7\",\"info\":[]}",
		"{\"type\":\"workload\",\"ip\":\"10.0.0.7\"}",
		"{\"type\":\"event\",\"ip\":\"10.0.0.7\"}",
		"{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"A "
		"b\",\"level\":\"info\",\"text\":\"\"}}",
		"{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"a\",\"level\":"
		"\"loud\",\"text\":\"\"}}",
		"{\"type\":\"event\",\"ip\":\"10.0.0.7\",\"event\":{\"kind\":\"a\",\"level\":"
		"\"info\",\"text\":\"\",\"data\":1}}",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err err = { 0 };
		struct update u = { .seq = 7 };

		if (update_read(str_of(bad[i]), &u, &err) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
		assert_true(strncmp(err.msg, "not a message: ", 15) == 0);
		assert_int_equal(u.seq, 7);
	}
}

static void a_message_too_long_is_not_even_looked_at(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct update u;

	assert_int_equal(update_read((struct str){ "{", UPDATE_MAX_BYTES + 1 }, &u, &err),
	                 -EMSGSIZE);
}

static void every_input_of_the_corpus_is_survived(void **state)
{
	(void)state;
	assert_true(corpus_run(CORPUS "/update", LLVMFuzzerTestOneInput) > 10);
}

RUN_TESTS(cmocka_unit_test(messages_are_those_of_the_contract),
          cmocka_unit_test(what_others_write_is_taken_as_it_is_meant),
          cmocka_unit_test(a_long_text_is_cut_between_characters),
          cmocka_unit_test(what_is_no_message_is_refused),
          cmocka_unit_test(a_message_too_long_is_not_even_looked_at),
          cmocka_unit_test(every_input_of_the_corpus_is_survived))
