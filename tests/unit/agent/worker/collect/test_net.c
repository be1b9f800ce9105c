/*
 * test_net.c - traffic of interfaces.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/net.c" /* the unit under test, statics and all */

static void eight_counters_an_interface(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_net, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=enp3s0"), 5000000);
	assert_int_equal(spy_value(&s, "net.bytes_sent", "iface=enp3s0"), 7000000);
	assert_int_equal(spy_value(&s, "net.packets_recv", "iface=enp3s0"), 6000);
	assert_int_equal(spy_value(&s, "net.packets_sent", "iface=enp3s0"), 8000);
	assert_int_equal(spy_value(&s, "net.errin", "iface=enp3s0"), 1);
	assert_int_equal(spy_value(&s, "net.dropin", "iface=enp3s0"), 2);
	assert_int_equal(spy_value(&s, "net.errout", "iface=enp3s0"), 3);
	assert_int_equal(spy_value(&s, "net.dropout", "iface=enp3s0"), 4);
	assert_true(spy_value(&s, "net.speed", "iface=enp3s0") == 10000000000LL);
	assert_int_equal(spy_value(&s, "net.up", "iface=docker0"), 1);
	spy_close(&s);
}

static void bonds_bridges_and_veths_are_not_added_up(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_net, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "net.all_bytes_recv", ""), 6000000);
	assert_int_equal(spy_value(&s, "net.all_bytes_sent", ""), 8000000);
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "net.all_bytes_recv", ""), 6000000);
	spy_close(&s);
}

static void old_kernels_print_no_blank_and_names_with_colons(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_net, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_true(spy_value(&s, "net.bytes_recv", "iface=eth0") == INT64_MAX);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=eth0:1"), 0);
	assert_int_equal(spy_value(&s, "net.up", "iface=eth1"), 0);
	assert_true(spy_value(&s, "net.speed", "iface=eth1") == SAMPLE_ABSENT);
	spy_close(&s);
}

static void where_nothing_is_hardware_all_but_lo_counts(void **state)
{
	struct net n = { 0 };
	struct sink out = { 0 };
	struct sample sample = { 0 };
	struct err err = { 0 };
	AUTO_CLOSE int root = open(FIXTURES "/empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct collect_cx cx = { .root = root, .cycle = 1 };

	(void)state;
	sink_begin(&out, &sample, 0, 0);
	assert_int_equal(sample_rows(&cx, &n,
	                             STR("lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
	                                 "eth0: 7 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"),
	                             &out, &err),
	                 0);
	assert_int_equal(n.sums[0], 7);
	/* One that comes later does not bring its past with it. */
	assert_int_equal(sample_rows(&cx, &n,
	                             STR("lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
	                                 "eth1: 1000 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"
	                                 "eth0: 8 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n"),
	                             &out, &err),
	                 0);
	assert_int_equal(n.sums[0], 8);
	(void)sink_finish(&out);
	net_close(&n);
	sample_done(&sample);
	sink_done(&out);
}

static void hostile_names_become_canonical_tags(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_net, "hostile");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=a%2Cb%3D%22c%22"), 1);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=%FF%FE%C3("), 1);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=主机"), 1);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=../../etc"), 1);
	assert_int_equal(spy_value(&s, "net.bytes_recv", "iface=%1B[31m%7D%7B%5C"), 1);
	/* The name that came twice is there once. */
	assert_int_equal(s.sample.schema->n, 5 * 9 + 2);
	spy_close(&s);
}

static void a_line_without_enough_numbers_is_refused(void **state)
{
	struct net_row row;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(net_parse_line(STR("eth0: 1 2 3"), &row, &err), -EPROTO);
	assert_string_equal(err.msg, "want a name and 16 numbers in 'eth0: 1 2 3'");
	assert_int_equal(net_parse_line(STR("eth0"), &row, &err), -EPROTO);
	assert_int_equal(
		net_parse_line(STR(": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"), &row, &err),
		-EPROTO);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_net, "read /proc/net/dev: No such file or directory");
}

RUN_TESTS(cmocka_unit_test(eight_counters_an_interface),
          cmocka_unit_test(bonds_bridges_and_veths_are_not_added_up),
          cmocka_unit_test(old_kernels_print_no_blank_and_names_with_colons),
          cmocka_unit_test(where_nothing_is_hardware_all_but_lo_counts),
          cmocka_unit_test(hostile_names_become_canonical_tags),
          cmocka_unit_test(a_line_without_enough_numbers_is_refused),
          cmocka_unit_test(an_empty_tree_is_named))
