/*
 * test_settings.c - options that name things: where Redis is, who we are there, what is collected.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>

#include "agent/worker/settings.h"

static struct agent_options given(const char *ini)
{
	struct agent_options o = { 0 };
	struct conf c = { agent_program.options, agent_program.n_options, &o };
	struct err err = { 0 };

	conf_defaults(&c);
	assert_int_equal(conf_ini(&c, str_of(ini), "ini", AGENT_SECTION, &err), 0);
	return o;
}

static void refused(const char *ini, const char *sentence)
{
	struct agent_options o = given(ini);
	struct err err = { 0 };

	assert_int_equal(settings_check(&o, &err), -EINVAL);
	assert_non_null(strstr(err.msg, sentence));
	assert_null(strstr(err.msg, "hush"));
	agent_options_done(&o);
}

static void user_and_password_join_the_address(void **state)
{
	struct agent_options o = given("redis = 10.0.0.1\nuser = agent\npassword = hush\n");
	struct settings s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(settings_read(&o, &s, &err), 0);
	assert_string_equal(s.address.host, "10.0.0.1");
	assert_string_equal(s.address.user, "agent");
	assert_str(secret_reveal(&s.address.password), "hush");
	assert_int_equal(s.n_collectors, 0);
	settings_done(&s);
	agent_options_done(&o);
}

static void two_passwords_are_one_too_many(void **state)
{
	(void)state;
	refused("redis = redis://:hush@a:1\npassword = hush\n",
	        "option 'password': the address in 'redis' has one already");
	refused("redis = redis://u:hush@a:1\nuser = x\n", "option 'user'");
}

static void addresses_are_looked_at_at_once(void **state)
{
	(void)state;
	refused("redis = a:b:c\n", "option 'redis': ");
	refused("redis = http://hush@a/\n", "option 'redis': ");
	refused("redis = a\nip = 10.0.0\n", "option 'ip': '10.0.0' is no address");
	refused("redis = a\nip = 010.0.0.1\n", "option 'ip'");
}

static void collectors_run_in_the_order_given(void **state)
{
	struct agent_options o = given("redis = a\ncollect = mem, load,cpu\n");
	struct settings s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(settings_read(&o, &s, &err), 0);
	assert_int_equal(s.n_collectors, 3);
	assert_string_equal(s.collectors[0], "mem");
	assert_string_equal(s.collectors[2], "cpu");
	settings_done(&s);
	agent_options_done(&o);
	refused("redis = a\ncollect = mem,,cpu\n", "there is no collector ''");
	refused("redis = a\ncollect = memory\n", "there is no collector 'memory'");
	refused("redis = a\ncollect = mem,mem\n", "option 'collect': 'mem' is named twice");
}

RUN_TESTS(cmocka_unit_test(user_and_password_join_the_address),
          cmocka_unit_test(two_passwords_are_one_too_many),
          cmocka_unit_test(addresses_are_looked_at_at_once),
          cmocka_unit_test(collectors_run_in_the_order_given))
