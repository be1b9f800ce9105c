/*
 * test_keys.c - names of keys, and a table that leaves nothing unsaid.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "wire/keys.h"

static void names_are_those_of_the_contract(void **state)
{
	(void)state;
	static const struct {
		enum key_id id;
		const char *want;
	} rows[] = {
		{ KEY_WORKER, "rdv_worker_10.0.0.7" },
		{ KEY_SERVERS_ALIVE, "servers:alive" },
		{ KEY_ALIVE, "server:alive:10.0.0.7" },
		{ KEY_INFO, "server:info:10.0.0.7" },
		{ KEY_WORKLOAD, "server:workload:10.0.0.7" },
		{ KEY_CONFIG, "server:config:10.0.0.7" },
		{ KEY_WATCH, "muster:watch:10.0.0.7" },
		{ KEY_UPDATE, "update:info" },
		{ KEY_UPDATE_ALIVE, "update:info:10.0.0.7:alive" },
		{ KEY_BELL_HOST, "muster:bell:10.0.0.7" },
	};
	struct key_name k;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(key_make(rows[i].id, STR("10.0.0.7"), &k));
		assert_string_equal(k.text, rows[i].want);
		assert_str(key_str(&k), rows[i].want);
	}
}

static void every_key_of_a_host_gives_its_ip_back(void **state)
{
	(void)state;
	static const char ip[] = "2001:db8:1234:5678:9abc:def0:1234:5678";
	struct key_name k;
	struct str got;

	for (enum key_id id = 0; id < KEY_N; id++) {
		assert_true(key_make(id, str_of(ip), &k));
		if (strstr(key_def(id)->pattern, "ip") == NULL) {
			assert_false(key_ip_of(id, key_str(&k), &got));
			assert_str(key_plain(id), k.text);
			continue;
		}
		assert_true(key_ip_of(id, key_str(&k), &got));
		assert_str(got, ip);
		k.text[k.len - 1] = '/';
		assert_false(key_ip_of(id, key_str(&k), &got));
	}
}

static void an_ip_has_one_spelling(void **state)
{
	(void)state;
	static const char *const good[] = { "10.0.0.7", "255.255.255.255", "::1", "2001:db8::1",
		                            "::ffff:10.0.0.7" };
	static const char *const bad[] = { "",
		                           "10.0.0",
		                           "10.0.0.07",
		                           "10.0.0.7 ",
		                           "a.b.c.d",
		                           "2001:DB8::1",
		                           "2001:db8:0::1",
		                           "fe80::1%eth0",
		                           "*",
		                           "10.0.0.7\n",
		                           "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
	struct key_name k;

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(key_ip_is_valid(str_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(key_ip_is_valid(str_of(bad[i])));
		assert_false(key_make(KEY_INFO, str_of(bad[i]), &k));
		assert_string_equal(k.text, "");
	}
	assert_false(key_ip_is_valid((struct str){ "10.0.0.7\0x", 10 }));
}

static void the_glob_fits_every_host(void **state)
{
	(void)state;
	struct key_name k;

	key_glob(KEY_WORKER, &k);
	assert_string_equal(k.text, "rdv_worker_*");
	key_glob(KEY_UPDATE_ALIVE, &k);
	assert_string_equal(k.text, "update:info:*:alive");
	key_glob(KEY_UPDATE, &k);
	assert_string_equal(k.text, "update:info");
}

static void every_row_says_everything(void **state)
{
	(void)state;

	for (enum key_id id = 0; id < KEY_N; id++) {
		const struct key_def *d = key_def(id);
		const char *const texts[] = { d->pattern, d->summary, d->shape,  d->writer,
			                      d->reader,  d->expiry,  d->example };

		for (size_t i = 0; i < COUNT_OF(texts); i++)
			assert_true(texts[i] != NULL && texts[i][0] != '\0');
		for (size_t i = 0; i < d->n_fields; i++)
			assert_true(d->fields[i].name[0] != '\0' && d->fields[i].text[0] != '\0');
		assert_true(key_type_name(d->type)[0] != '\0');
	}
}

RUN_TESTS(cmocka_unit_test(names_are_those_of_the_contract),
          cmocka_unit_test(every_key_of_a_host_gives_its_ip_back),
          cmocka_unit_test(an_ip_has_one_spelling), cmocka_unit_test(the_glob_fits_every_host),
          cmocka_unit_test(every_row_says_everything))
