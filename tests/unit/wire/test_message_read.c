/*
 * test_message_read.c - what the server takes out of a message, and what it refuses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>

#include "fuzz/fuzz_message.c"
#include "tests/unit/wire/corpus.h"

static const char whole[] =
	"{\"cluster\":\"west\",\"ip\":\"10.0.0.7\",\"mac\":\"aa:bb:cc:dd:ee:ff\",\"hostname\":"
	"\"h\\u00e9\","
	"\"ts\":1732140000.123,\"seq\":17,\"interval\":10,"
	"\"load\":{\"w1_avg\":0.12,\"w5_avg\":null},"
	"\"cpu\":{\"user\":10,\"idle\":80.5,\"iowait\":4.5,\"count\":2,\"cores\":[{\"idle\":1}]},"
	"\"mem\":{\"total\":1000,\"free\":100,\"available\":250},"
	"\"disk\":{\"used\":1,\"free\":1,\"filesystems\":["
	"{\"mount\":\"/\",\"percent\":20.5,\"state\":\"ok\",\"remote\":false},"
	"{\"mount\":\"/b\",\"percent\":81.25,\"state\":\"ok\",\"remote\":false},"
	"{\"mount\":\"/cd\",\"percent\":100,\"read_only\":1,\"state\":\"ok\",\"remote\":false},"
	"{\"mount\":\"/mnt\",\"percent\":99,\"state\":\"stuck\",\"remote\":true}]},"
	"\"net\":{\"lo\":{\"read\":5,\"write\":5},\"eth0\":{\"read\":1.5,\"write\":2.5}},"
	"\"new\":[{\"x\":[]}],\"agent\":{\"version\":\"1.2\",\"offset_ms\":-3.5,\"missed\":4}}";

static void all_that_the_roll_needs_is_read(void **state)
{
	struct message_digest d;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(message_read(str_of(whole), &d, &err), 0);
	assert_string_equal(d.ip, "10.0.0.7");
	assert_string_equal(d.cluster, "west");
	assert_string_equal(d.mac, "aa:bb:cc:dd:ee:ff");
	assert_string_equal(d.hostname, "h\xc3\xa9");
	assert_string_equal(d.version, "1.2");
	assert_true(d.ts_ms == 1732140000123);
	assert_int_equal(d.seq, 17);
	assert_true(d.interval_s == 10 && d.load1 == 0.12 && d.cpu == 15 && d.cores == 2);
	assert_true(d.mem == 75 && d.disk == 81.25 && d.net_in == 1.5 && d.net_out == 2.5);
	assert_true(d.offset_ms == -3.5 && d.missed == 4);
	assert_int_equal(d.n_stuck, 1);
	assert_string_equal(d.stuck[0], "/mnt");
}

static void what_is_missing_is_not_a_number(void **state)
{
	struct message_digest d;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(message_read(STR("{}"), &d, &err), 0);
	assert_true(isnan(d.cpu) && isnan(d.mem) && isnan(d.disk) && isnan(d.net_in));
	assert_true(isnan(d.load1) && isnan(d.cores) && isnan(d.offset_ms) && isnan(d.interval_s));
	assert_string_equal(d.ip, "");
	assert_int_equal(d.ts_ms, 0);
	assert_int_equal(
		message_read(STR("{\"ip\":null,\"ts\":null,\"cpu\":{\"idle\":null}}"), &d, &err),
		0);
	assert_true(isnan(d.cpu));
	/* An old kernel gives no estimate of what is available. */
	assert_int_equal(message_read(STR("{\"mem\":{\"total\":100,\"free\":10,\"buffers\":5,"
	                                  "\"cached\":35},\"disk\":{\"used\":30,\"free\":10}}"),
	                              &d, &err),
	                 0);
	assert_true(d.mem == 50 && d.disk == 75);
}

static void hardware_is_preferred_to_all_interfaces(void **state)
{
	struct message_digest d;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(message_read(STR("{\"net\":{\"br0\":{\"read\":9,\"write\":9}},"
	                                  "\"net_total\":{\"read\":4,\"write\":null}}"),
	                              &d, &err),
	                 0);
	assert_true(d.net_in == 4 && d.net_out == 9);
}

static void what_is_not_ours_is_refused_as_a_whole(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", NULL },
		{ "[]", NULL },
		{ "{\"ip\":5}", NULL },
		{ "{\"seq\":1.5}", NULL },
		{ "{\"cpu\":[]}", NULL },
		{ "{\"cpu\":{\"idle\":\"x\"}}", NULL },
		{ "{} {}", NULL },
		{ "{\"ip\":\"1.2.3.4\"", NULL },
		{ "{\"seq\":-1}", "seq is negative" },
		{ "{\"ts\":-5}", "ts is no time" },
		{ "{\"ts\":1e300}", "ts is no time" },
		{ "{\"ip\":\"0123456789012345678901234567890123456789012345\"}", "ip is too long" },
		{ "{\"hostname\":\"a\\u0000b\"}", "hostname is too long" },
	};
	struct message_digest d = { .seq = 99 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (message_read(str_of(rows[i].text), &d, &err) != -EBADMSG)
			fail_msg("taken: %s", rows[i].text);
		assert_int_equal(d.seq, 99);
		if (rows[i].why != NULL)
			assert_string_equal(err.msg, rows[i].why);
	}
}

static void more_stuck_mounts_than_fit_are_counted(void **state)
{
	AUTO_BUF struct buf b = BUF(100000);
	struct message_digest d;
	struct err err = { 0 };

	(void)state;
	buf_puts(&b, "{\"disk\":{\"filesystems\":[");
	for (unsigned i = 0; i < 20; i++)
		buf_printf(&b, "%s{\"mount\":\"/%0200u\",\"state\":\"stuck\"}", i != 0 ? "," : "",
		           i);
	buf_puts(&b, "]}}");
	assert_int_equal(message_read(buf_as_str(&b), &d, &err), 0);
	assert_int_equal(d.n_stuck, 20);
	assert_int_equal(strlen(d.stuck[MESSAGE_STUCK_MAX - 1]), sizeof(d.stuck[0]) - 1);
}

static void every_input_of_the_corpus_is_survived(void **state)
{
	(void)state;
	assert_true(corpus_run(CORPUS "/message", LLVMFuzzerTestOneInput) > 10);
}

RUN_TESTS(cmocka_unit_test(all_that_the_roll_needs_is_read),
          cmocka_unit_test(what_is_missing_is_not_a_number),
          cmocka_unit_test(hardware_is_preferred_to_all_interfaces),
          cmocka_unit_test(what_is_not_ours_is_refused_as_a_whole),
          cmocka_unit_test(more_stuck_mounts_than_fit_are_counted),
          cmocka_unit_test(every_input_of_the_corpus_is_survived))
