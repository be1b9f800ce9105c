/*
 * test_address.c - addresses of a Redis, right and wrong.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>

#include "base/fd.h"
#include "bus/address.h"

struct good {
	const char *text;
	enum bus_scheme scheme;
	const char *host; /* or the path */
	unsigned port;
	const char *user, *password; /* NULL = none */
	unsigned db;
};

static void good_addresses_are_taken_apart(void **state)
{
	static const struct good table[] = {
		{ "10.0.0.1", BUS_TCP, "10.0.0.1", 6379, "", NULL, 0 },
		{ "10.0.0.1:7000", BUS_TCP, "10.0.0.1", 7000, "", NULL, 0 },
		{ "redis-1.example_net:7000", BUS_TCP, "redis-1.example_net", 7000, "", NULL, 0 },
		{ "[2001:db8::1]:7000", BUS_TCP, "2001:db8::1", 7000, "", NULL, 0 },
		{ "[::1]", BUS_TCP, "::1", 6379, "", NULL, 0 },
		{ "redis://h", BUS_TCP, "h", 6379, "", NULL, 0 },
		{ "redis://h/", BUS_TCP, "h", 6379, "", NULL, 0 },
		{ "redis://h:1/15", BUS_TCP, "h", 1, "", NULL, 15 },
		{ "redis://:pw@h", BUS_TCP, "h", 6379, "", "pw", 0 },
		{ "redis://u:p:w@h:65535", BUS_TCP, "h", 65535, "u", "p:w", 0 },
		{ "redis://u:p%40w%2f@h", BUS_TCP, "h", 6379, "u", "p@w/", 0 },
		{ "redis://u:p@w@h", BUS_TCP, "h", 6379, "u", "p@w", 0 },
		{ "redis://u:@h", BUS_TCP, "h", 6379, "u", "", 0 },
		{ "redis://u@h", BUS_TCP, "h", 6379, "u", NULL, 0 },
		{ "rediss://u:p@[::1]:6380/2", BUS_TLS, "::1", 6380, "u", "p", 2 },
		{ "unix:/run/redis.sock", BUS_UNIX, "/run/redis.sock", 0, "", NULL, 0 },
		{ "/run/redis.sock", BUS_UNIX, "/run/redis.sock", 0, "", NULL, 0 },
		{ "unix:///run/r.sock?db=3", BUS_UNIX, "/run/r.sock", 0, "", NULL, 3 },
		{ "unix://u:p@/run/r%20s", BUS_UNIX, "/run/r s", 0, "u", "p", 0 },
		{ "unix:/run/a@b", BUS_UNIX, "/run/a@b", 0, "", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct good *g = &table[i];
		struct bus_address a = { 0 };
		struct err err = { 0 };

		if (bus_address_parse(str_of(g->text), &a, &err) != 0)
			fail_msg("%s: %s", g->text, err.msg);
		assert_int_equal(a.scheme, g->scheme);
		assert_string_equal(a.scheme == BUS_UNIX ? a.path : a.host, g->host);
		assert_int_equal(a.port, g->port);
		assert_string_equal(a.user, g->user);
		assert_int_equal(secret_is_set(&a.password), g->password != NULL);
		assert_str(secret_reveal(&a.password), g->password != NULL ? g->password : "");
		assert_int_equal(a.db, g->db);
		bus_address_done(&a);
	}
}

static void bad_addresses_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} table[] = {
		{ "", "no address" },
		{ ":6379", "no host" },
		{ "h:", "no port behind the colon" },
		{ "h:0", "the port is not a number 1..65535" },
		{ "h:65536", "the port is not a number 1..65535" },
		{ "h:6379x", "the port is not a number 1..65535" },
		{ "::1", "an IPv6 address stands in brackets: [2001:db8::1]:6379" },
		{ "2001:db8::1", "an IPv6 address stands in brackets: [2001:db8::1]:6379" },
		{ "[::1", "'[' without ']'" },
		{ "[::1]6379", "want ':PORT' behind ']'" },
		{ "h h", "blanks and control characters do not belong into an address" },
		{ "h\n", "blanks and control characters do not belong into an address" },
		{ "http://h", "want HOST:PORT, redis://, rediss:// or unix:/PATH" },
		{ "redis://h/x", "the database must be a number 0..65535" },
		{ "redis://h/70000", "the database must be a number 0..65535" },
		{ "h/3", "a host name holds letters, digits, '.', '-' and '_' only" },
		{ "unix:run/redis.sock", "the path of a unix socket must begin with '/'" },
		{ "unix:/run/r?x=1", "only ?db=N may follow the path" },
		{ "redis://u%0:p@h", "the user before the @ is too long or wrongly encoded" },
		{ "redis://u%20x:p@h", "the user before the @ holds a blank" },
		{ "redis://u:p%00@h", "the password before the @ is too long or wrongly encoded; "
		                      "write special characters as %XX" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct bus_address a = { .port = 7 };
		struct err err = { 0 };

		if (bus_address_parse(str_of(table[i].text), &a, &err) != -EINVAL)
			fail_msg("%s was taken", table[i].text);
		assert_str(str_skip(str_of(err.msg), strlen("bad Redis address: ")),
		           table[i].reason);
		assert_int_equal(a.port, 7);
	}
}

static void overlong_parts_are_refused(void **state)
{
	char text[600];
	struct bus_address a;
	struct err err = { 0 };

	(void)state;
	memset(text, 'h', sizeof(text));
	assert_int_equal(bus_address_parse((struct str){ text, 254 }, &a, &err), -EINVAL);
	assert_int_equal(bus_address_parse((struct str){ text, 253 }, &a, &err), 0);
	bus_address_done(&a);
	text[0] = '/';
	assert_int_equal(bus_address_parse((struct str){ text, 108 }, &a, &err), -EINVAL);
	assert_int_equal(bus_address_parse((struct str){ text, 107 }, &a, &err), 0);
	bus_address_done(&a);
}

static void a_password_never_shows_in_a_sentence_or_a_name(void **state)
{
	static const char *const texts[] = {
		"redis://u:hunter2",       "redis://hunter2:hunter2@h:x", "redis://:hunter2@h/x",
		"redis://:hunter2@h:1:2",  "redis://:hunter2@",           "unix://:hunter2@run",
		"unix://:hunter2@/r?db=x", "redis://:hunter2/x@h:1/x",
	};
	char name[BUS_NAME_SIZE];
	struct bus_address a = { 0 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_int_equal(bus_address_parse(str_of(texts[i]), &a, &err), -EINVAL);
		assert_null(strstr(err.msg, "hunter2"));
	}
	assert_int_equal(bus_address_parse(STR("rediss://u:hunter2@h:1"), &a, &err), 0);
	assert_string_equal(bus_address_name(&a, name), "redis+tls h:1");
	bus_address_done(&a);
	assert_int_equal(bus_address_parse(STR("[::1]:1"), &a, &err), 0);
	assert_string_equal(bus_address_name(&a, name), "redis [::1]:1");
	bus_address_done(&a);
	assert_int_equal(bus_address_parse(STR("/r"), &a, &err), 0);
	assert_string_equal(bus_address_name(&a, name), "redis unix:/r");
	bus_address_done(&a);
}

static void a_copy_is_equal_and_its_own(void **state)
{
	struct bus_address a = { 0 }, b = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(bus_address_parse(STR("redis://u:p@h:1/2"), &a, &err), 0);
	bus_address_copy(&b, &a);
	bus_address_copy(&b, &a);
	assert_true(bus_address_equal(&a, &b));
	secret_set(&b.password, STR("q"));
	assert_false(bus_address_equal(&a, &b));
	bus_address_done(&a);
	assert_false(bus_address_equal(&a, &b));
	bus_address_done(&b);
	assert_true(bus_address_equal(&a, &b));
}

static void the_corpus_is_taken_or_refused_with_a_reason(void **state)
{
	DIR *d = opendir(CORPUS "/bus_address");
	size_t files = 0;

	(void)state;
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct bus_address a = { 0 };
		struct err err = { 0 };
		char text[1024];

		if (e->d_name[0] == '.')
			continue;
		ssize_t n = fd_read_file(dirfd(d), e->d_name, text, sizeof(text));
		assert_true(n >= 0);
		if (bus_address_parse((struct str){ text, (size_t)n }, &a, &err) < 0)
			assert_true(strlen(err.msg) > strlen("bad Redis address: "));
		bus_address_done(&a);
		files++;
	}
	(void)closedir(d);
	assert_true(files >= 7);
}

RUN_TESTS(cmocka_unit_test(good_addresses_are_taken_apart),
          cmocka_unit_test(bad_addresses_are_refused_with_the_reason),
          cmocka_unit_test(overlong_parts_are_refused),
          cmocka_unit_test(a_password_never_shows_in_a_sentence_or_a_name),
          cmocka_unit_test(the_corpus_is_taken_or_refused_with_a_reason),
          cmocka_unit_test(a_copy_is_equal_and_its_own))
