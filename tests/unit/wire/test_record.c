/*
 * test_record.c - what a host keeps about itself in keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "fuzz/fuzz_record.c"
#include "tests/unit/wire/corpus.h"

#define ID "5aa55aa55aa55aa55aa55aa55aa55aa5"

static void the_workers_record_reads_back_as_it_was_written(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF(1024);
	struct worker_record rec;

	assert_true(worker_write(&b, 1732140000, STR("10.0.0.7"), STR("db\"1\""), 41, -1));
	assert_str(buf_as_str(&b), "[1732140000,\"10.0.0.7\",\"db\\\"1\\\"\",41,null]");
	assert_true(worker_record_read(buf_as_str(&b), STR("10.0.0.7"), &rec));
	assert_int_equal(rec.updatetime_s, 1732140000);
	assert_string_equal(rec.hostname, "db\"1\"");
	assert_int_equal(rec.mem, 41);
	assert_int_equal(rec.disk, -1);
}

static void a_sign_of_life_needs_an_id_and_a_time(void **state)
{
	(void)state;
	struct life life = { 0 };
	struct str v[LIFE_N] = { STR(ID), STR("1732140000123"), STR("17"), STR("2.5"), STR("0") };

	assert_true(life_read(v, &life));
	assert_string_equal(life.id, ID);
	assert_int_equal(life.seen_ms, 1732140000123);
	assert_int_equal(life.seq, 17);
	assert_int_equal(life.interval_ms, 2500);
	assert_false(life.running);
	v[LIFE_SEQ] = v[LIFE_INTERVAL] = v[LIFE_RUN] = (struct str){ 0 };
	assert_true(life_read(v, &life));
	assert_int_equal(life.interval_ms, 0);
	assert_true(life.running);
	v[LIFE_INTERVAL] = STR("-1");
	assert_false(life_read(v, &life));
	v[LIFE_INTERVAL] = (struct str){ 0 };
	v[LIFE_SEEN] = (struct str){ 0 };
	assert_false(life_read(v, &life));
	v[LIFE_SEEN] = STR("1");
	v[LIFE_ID] = (struct str){ 0 };
	assert_false(life_read(v, &life));
}

static void a_member_of_the_workload_reads_back(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = BUF(1024);
	struct str info;
	int64_t ts;

	assert_true(workload_write(&b, 1732140000120));
	buf_puts(&b, "{\"seq\":1}}");
	assert_str(buf_as_str(&b), "{\"timestamp\":1732140000.12,\"info\":{\"seq\":1}}");
	assert_true(workload_read(buf_as_str(&b), &ts, &info));
	assert_int_equal(ts, 1732140000120);
	assert_str(info, "{\"seq\":1}");
	assert_false(workload_read(STR("{\"timestamp\":1}"), &ts, &info));
	assert_false(workload_read(STR("{\"info\":{}}"), &ts, &info));
	assert_false(workload_read(STR("{\"timestamp\":1,\"info\":{}}x"), &ts, &info));
	assert_false(workload_read(STR(""), &ts, &info));
}

static void every_input_of_the_corpus_is_survived(void **state)
{
	(void)state;
	assert_true(corpus_run(CORPUS "/record", LLVMFuzzerTestOneInput) >= 10);
}

RUN_TESTS(cmocka_unit_test(the_workers_record_reads_back_as_it_was_written),
          cmocka_unit_test(a_sign_of_life_needs_an_id_and_a_time),
          cmocka_unit_test(a_member_of_the_workload_reads_back),
          cmocka_unit_test(every_input_of_the_corpus_is_survived))
