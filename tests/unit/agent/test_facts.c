/*
 * test_facts.c - names and numbers of a host, from trees of files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "agent/worker/facts.c"
#include "tests/unit/agent/tree.h"

static void the_full_name_comes_from_hosts(void **state)
{
	struct str hosts = STR("127.0.0.1 localhost\n# 10.0.0.1 web.commented.example web\n"
	                       "127.0.1.1\tweb7.example.org web7 # web7.trap\n::1 ip6-localhost\n");

	(void)state;
	assert_str(facts_full_name(hosts, STR("web7")), "web7.example.org");
	assert_str(facts_full_name(hosts, STR("web")), "web");
	assert_str(facts_full_name(hosts, STR("db.example.org")), "db.example.org");
	assert_str(facts_full_name(STR(""), STR("x")), "x");
	assert_str(facts_full_name(STR("1.2.3.4 x. x\n"), STR("x")), "x");
}

static void the_system_is_named_as_it_likes_to_be(void **state)
{
	char name[32];

	(void)state;
	facts_os_name(STR("NAME=\"x\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"), name,
	              sizeof(name));
	assert_string_equal(name, "Debian GNU/Linux 12 (bookworm)");
	facts_os_name(STR("NAME='Arch \\$Linux'\n"), name, sizeof(name));
	assert_string_equal(name, "Arch $Linux");
	facts_os_name(STR("# PRETTY\nID=x\n"), name, sizeof(name));
	assert_string_equal(name, "");
	facts_os_name(STR("PRETTY_NAME=a name that is much longer than what was meant"), name,
	              sizeof(name));
	assert_int_equal(strlen(name), sizeof(name) - 1);
}

static void an_empty_tree_gives_empty_facts(void **state)
{
	struct tree *t = *state;
	struct facts f;

	facts_read(t->fd, "", &f);
	assert_true(f.hostname[0] != '\0');
	assert_true(f.kernel[0] != '\0');
	assert_string_equal(f.sn, "");
	assert_string_equal(f.macs, "");
	assert_string_equal(f.os, "");
	assert_string_equal(f.cpu, "");
	assert_int_equal(f.mem_kb, 0);
	assert_int_equal(f.boot_ms, 0);
}

static void a_tree_gives_its_facts(void **state)
{
	struct tree *t = *state;
	struct facts f;

	tree_file(t, "usr/lib/os-release", "PRETTY_NAME=Thing\n");
	tree_file(t, "proc/cpuinfo",
	          "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nprocessor\t: 1\n");
	tree_file(t, "proc/meminfo", "MemTotal:        4030424 kB\nMemFree: 1 kB\n");
	tree_file(t, "proc/stat", "cpu  1 2 3\ncpu0 1\ncpu1 1\nintr 1\nbtime 1732140000\n");
	tree_file(t, "sys/class/net/lo/address", "00:00:00:00:00:00\n");
	tree_file(t, "sys/class/net/docker0/address", "02:42:00:00:00:01\n");
	facts_read(t->fd, "SN 7", &f);
	assert_string_equal(f.os, "Thing");
	assert_string_equal(f.cpu, "Fast CPU @ 3 GHz");
	assert_int_equal(f.mem_kb, 4030424);
	assert_true(f.boot_ms == 1732140000000);
	assert_int_equal(f.cores, 2);
	assert_true(f.arch[0] != '\0');
	assert_string_equal(f.sn, "SN 7");
	assert_string_equal(f.macs, "02:42:00:00:00:01");

	/* With hardware there, what is made of software does not count. */
	tree_file(t, "sys/class/net/eth1/address", "52:54:00:00:00:02\n");
	tree_file(t, "sys/class/net/eth1/device/vendor", "0x1af4\n");
	tree_file(t, "sys/class/net/eth0/address", "52:54:00:00:00:01\n");
	tree_file(t, "sys/class/net/eth0/device/vendor", "0x1af4\n");
	facts_read(t->fd, "", &f);
	assert_string_equal(f.macs, "52:54:00:00:00:01,52:54:00:00:00:02");
}

static void many_cards_end_before_the_room_does(void **state)
{
	struct tree *t = *state;
	struct facts f;

	for (int i = 0; i < 50; i++) {
		char path[64], mac[32];

		(void)snprintf(path, sizeof(path), "sys/class/net/eth%02d/address", i);
		(void)snprintf(mac, sizeof(mac), "52:54:00:00:00:%02x\n", (unsigned)i + 1);
		tree_file(t, path, mac);
	}
	facts_read(t->fd, "", &f);
	assert_int_equal(strlen(f.macs) % 18, 17);
	assert_true(strlen(f.macs) > 400);
}

#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

RUN_TESTS(cmocka_unit_test(the_full_name_comes_from_hosts),
          cmocka_unit_test(the_system_is_named_as_it_likes_to_be),
          T(an_empty_tree_gives_empty_facts), T(a_tree_gives_its_facts),
          T(many_cards_end_before_the_room_does))
