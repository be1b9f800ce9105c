/*
 * test_sock.c - sockets and protocol counters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/sock.c" /* the unit under test, statics and all */

static void pages_become_bytes_and_columns_are_found(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_sock, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "sock.used", ""), 312);
	assert_int_equal(spy_value(&s, "sock.tcp_mem", ""), 18 * sysconf(_SC_PAGESIZE));
	assert_int_equal(spy_value(&s, "sock.frag_mem", ""), 4096);
	assert_int_equal(spy_value(&s, "sock.tcp_established", ""), 42);
	assert_int_equal(spy_value(&s, "sock.tcp_retrans", ""), 1234);
	assert_int_equal(spy_value(&s, "sock.udp_in", ""), 5000);
	assert_int_equal(spy_value(&s, "sock.tcp_listen_overflows", ""), 21);
	assert_false(spy_has(&s, "sock.tcp6_inuse", ""));
	assert_false(spy_has(&s, "sock.tcp_syn_retrans", ""));
	spy_close(&s);
}

static void ipv6_adds_its_own(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_sock, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "sock.tcp6_inuse", ""), 5);
	assert_int_equal(spy_value(&s, "sock.udp6_inuse", ""), 3);
	assert_int_equal(spy_value(&s, "sock.raw_inuse", ""), 1);
	assert_true(spy_has(&s, "sock.tcp_syn_retrans", ""));
	spy_close(&s);
}

static void columns_that_move_are_found_again(void **state)
{
	static const struct pairs_row rows[] = { { "Tcp", "B", 0 } };
	struct pairs_memo memo = { 0 };
	struct pairs_values v = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pairs_parse(rows, 1, &memo, STR("Tcp: A B\nTcp: 1 2\n"), &v, &err), 0);
	assert_int_equal(v.v[0], 2);
	assert_int_equal(pairs_parse(rows, 1, &memo, STR("Tcp: A B\nTcp: 3 4\n"), &v, &err), 0);
	assert_int_equal(v.v[0], 4);
	assert_int_equal(pairs_parse(rows, 1, &memo, STR("Tcp: B C\nTcp: 5 6\n"), &v, &err), 0);
	assert_int_equal(v.v[0], 5);
	pairs_done(&memo);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_sock, "read /proc/net/sockstat: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_sock, "parse /proc/net/snmp: no numbers below 'Tcp'");
}

RUN_TESTS(cmocka_unit_test(pages_become_bytes_and_columns_are_found),
          cmocka_unit_test(ipv6_adds_its_own), cmocka_unit_test(columns_that_move_are_found_again),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
