/*
 * test_throttle.c - wrong passwords cost time, and right ones forgive.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "server/api/throttle.h"

static void an_address_has_free_tries_then_pauses_that_double(void **state)
{
	(void)state;
	struct throttle *t = throttle_new(1);
	int64_t now = 1000000, last = 0;

	for (int i = 0; i < THROTTLE_FREE; i++) {
		assert_int_equal(throttle_wait_ms(t, STR("10.0.0.1"), STR("eve"), now), 0);
		throttle_fail(t, STR("10.0.0.1"), STR("eve"), now);
	}
	for (int i = 0; i < 20; i++) {
		int64_t wait = throttle_wait_ms(t, STR("10.0.0.1"), STR("bob"), now);

		assert_true(wait >= last && wait <= THROTTLE_ADDR_MAX_MS);
		assert_int_equal(throttle_wait_ms(t, STR("10.0.0.1"), STR("bob"), now + wait), 0);
		now += wait;
		throttle_fail(t, STR("10.0.0.1"), STR("bob"), now);
		last = wait;
	}
	assert_int_equal(last, THROTTLE_ADDR_MAX_MS);
	assert_int_equal(throttle_wait_ms(t, STR("10.0.0.2"), STR("carol"), now), 0);
	assert_int_equal(throttle_wait_ms(t, STR("10.0.0.1"), STR("eve"), now + THROTTLE_FORGET_MS),
	                 0);
	throttle_free(t);
}

static void a_name_is_slowed_down_from_everywhere_but_never_locked(void **state)
{
	(void)state;
	struct throttle *t = throttle_new(1);
	char addr[32];
	int64_t now = 1000000;

	for (int i = 0; i < 100; i++) {
		(void)snprintf(addr, sizeof(addr), "10.0.1.%d", i);
		throttle_fail(t, str_of(addr), STR("eve"), now);
	}
	int64_t wait = throttle_wait_ms(t, STR("10.9.9.9"), STR("eve"), now);

	assert_true(wait > 0 && wait <= THROTTLE_NAME_MAX_MS);
	assert_int_equal(throttle_wait_ms(t, STR("10.9.9.9"), STR("bob"), now), 0);
	throttle_pass(t, STR("10.9.9.9"), STR("eve"));
	assert_int_equal(throttle_wait_ms(t, STR("10.9.9.9"), STR("eve"), now), 0);
	throttle_free(t);
}

static void a_right_login_does_not_pay_for_wrong_ones(void **state)
{
	(void)state;
	struct throttle *t = throttle_new(1);
	int64_t now = 1000;

	for (int i = 0; i < 10; i++) {
		throttle_fail(t, STR("10.0.0.9"), STR("admin"), now);
		throttle_fail(t, STR("10.0.0.9"), STR("visitor"), now);
		throttle_pass(t, STR("10.0.0.9"), STR("visitor"));
	}
	assert_int_equal(throttle_failures(t, STR("10.0.0.9")), 10);
	assert_true(throttle_wait_ms(t, STR("10.0.0.9"), STR("other"), now) > 0);
	throttle_free(t);
}

static void it_holds_only_so_many_and_forgets_the_oldest(void **state)
{
	(void)state;
	struct throttle *t = throttle_new(1);
	char addr[32];

	for (int k = 0; k < 9; k++)
		throttle_fail(t, STR("first"), STR(""), 1);
	assert_int_equal(throttle_failures(t, STR("first")), 9);
	for (int i = 0; i < THROTTLE_ENTRIES; i++) {
		(void)snprintf(addr, sizeof(addr), "a%d", i);
		throttle_fail(t, str_of(addr), STR(""), 10 + i);
	}
	assert_int_equal(throttle_failures(t, STR("first")), 0);
	assert_int_equal(throttle_failures(t, STR("a1")), 1);
	throttle_free(t);
}

RUN_TESTS(cmocka_unit_test(an_address_has_free_tries_then_pauses_that_double),
          cmocka_unit_test(a_name_is_slowed_down_from_everywhere_but_never_locked),
          cmocka_unit_test(a_right_login_does_not_pay_for_wrong_ones),
          cmocka_unit_test(it_holds_only_so_many_and_forgets_the_oldest))
