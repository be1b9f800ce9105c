/*
 * test_roll_identity.c - hosts that move, and two that claim one id or one ip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "tests/unit/core/roll_fixture.h"

static void a_host_that_changes_its_ip_stays_the_same_host(void **state)
{
	struct fixture *f = begin();
	roll_ref ref = say(f, 1, "10.0.0.1", 10000).host;

	(void)state;
	pass(f, 10000);
	assert_true(say(f, 1, "10.0.0.9", 10000).host == ref);
	assert_int_equal(f->n, 1);
	assert_string_equal(found(f, ROLL_MOVED)->ip, "10.0.0.9");
	assert_string_equal(found(f, ROLL_MOVED)->other_ip, "10.0.0.1");
	assert_null(roll_by_ip(f->r, STR("10.0.0.1")));
	/* The key of the old ip becomes 0, when it is sure that nobody is there. */
	for (int i = 0; i < 3; i++) {
		assert_null(find(f, ROLL_ZERO));
		idle(f, 10000, NULL);
		if (i < 2)
			(void)say(f, 1, "10.0.0.9", 10000);
	}
	assert_string_equal(find(f, ROLL_ZERO)->ip, "10.0.0.1");
	assert_int_equal(state_of(f, "10.0.0.9"), ROLL_ONLINE);
	end(f);
}

static void the_old_ip_is_not_zeroed_when_another_host_took_it(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	(void)say(f, 1, "10.0.0.9", 10000);
	(void)say(f, 2, "10.0.0.1", 10000);
	for (int i = 0; i < 6; i++) {
		idle(f, 10000, NULL);
		assert_null(find(f, ROLL_ZERO));
		(void)say(f, 1, "10.0.0.9", 10000);
		(void)say(f, 2, "10.0.0.1", 10000);
	}
	end(f);
}

static void two_ids_on_one_ip_are_found_and_kept_apart(void **state)
{
	struct fixture *f = begin();
	roll_ref a = say(f, 1, "10.0.0.1", 10000).host, b = say(f, 2, "10.0.0.1", 10000).host;
	int findings = 0;

	(void)state;
	assert_true(a != b);
	for (int i = 0; i < 5; i++) {
		idle(f, 5000, NULL);
		assert_true(say(f, 1, "10.0.0.1", 10000).host == a);
		findings += found(f, ROLL_DUPLICATE_IP) != NULL;
		idle(f, 5000, NULL);
		assert_true(say(f, 2, "10.0.0.1", 10000).host == b);
		findings += found(f, ROLL_DUPLICATE_IP) != NULL;
	}
	assert_int_equal(findings, 1);
	assert_int_equal(roll_count(f->r, ROLL_ONLINE), 2);
	assert_true(roll_get(f->r, a)->duplicate_ip && roll_get(f->r, b)->duplicate_ip);
	/* One of them dies: no 0 for an ip where the other lives, and the finding is over. */
	for (int i = 0; i < 4; i++) {
		idle(f, 9000, NULL);
		if (find(f, ROLL_CHANGE) != NULL)
			break;
		(void)say(f, 2, "10.0.0.1", 10000);
	}
	assert_int_equal(roll_get(f->r, a)->state, ROLL_OFFLINE);
	assert_null(find(f, ROLL_ZERO));
	assert_non_null(found(f, ROLL_DUPLICATE_OVER));
	assert_false(roll_get(f->r, b)->duplicate_ip);
	assert_ptr_equal(roll_by_ip(f->r, STR("10.0.0.1")), roll_get(f->r, b));
	end(f);
}

static void a_new_id_on_an_ip_that_went_silent_is_no_duplicate(void **state)
{
	struct fixture *f = begin();
	roll_ref old = say(f, 1, "10.0.0.1", 10000).host;

	(void)state;
	pass(f, 2000);
	(void)say(f, 2, "10.0.0.1", 10000);
	for (int i = 0; i < 6; i++) {
		assert_null(found(f, ROLL_DUPLICATE_IP));
		idle(f, 10000, NULL);
		assert_null(find(f, ROLL_ZERO));
		(void)say(f, 2, "10.0.0.1", 10000);
	}
	assert_int_equal(roll_get(f->r, old)->state, ROLL_OFFLINE);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	end(f);
}

/* Two machines with the id of host 1; their messages are numbered by seq[1] and seq[7]. */
static struct roll_verdict clone_says(struct fixture *f, const char *ip)
{
	struct roll_report m = { id_of(1), str_of(ip), f->now.wall_ms, ++f->seq[7], 10000 };
	struct roll_verdict v = roll_report(f->r, &m, f->now);

	drain(f);
	return v;
}

static void one_id_on_two_ips_is_found_and_kept_apart(void **state)
{
	struct fixture *f = begin();
	int findings = 0;

	(void)state;
	f->seq[1] = 1000;
	for (int i = 0; i < 8; i++) {
		(void)say(f, 1, "10.0.0.1", 10000);
		findings += found(f, ROLL_DUPLICATE_ID) != NULL;
		idle(f, 5000, NULL);
		(void)clone_says(f, "10.0.0.2");
		findings += found(f, ROLL_DUPLICATE_ID) != NULL;
		idle(f, 5000, NULL);
	}
	assert_int_equal(findings, 1);
	assert_int_equal(roll_count(f->r, ROLL_ONLINE), 2);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	assert_int_equal(state_of(f, "10.0.0.2"), ROLL_ONLINE);
	assert_true(roll_by_ip(f->r, STR("10.0.0.1"))->duplicate_id);
	/* One falls silent: its entry goes, the other is the host again. */
	for (int i = 0; i < 4 && find(f, ROLL_GONE) == NULL; i++) {
		idle(f, 9000, NULL);
		if (find(f, ROLL_GONE) == NULL)
			(void)say(f, 1, "10.0.0.1", 10000);
	}
	assert_string_equal(find(f, ROLL_GONE)->ip, "10.0.0.2");
	assert_string_equal(find(f, ROLL_ZERO)->ip, "10.0.0.2");
	assert_non_null(found(f, ROLL_DUPLICATE_OVER));
	assert_false(roll_by_id(f->r, id_of(1))->duplicate_id);
	end(f);
}

static void one_agent_whose_ip_goes_to_and_fro_is_one_host(void **state)
{
	struct fixture *f = begin();

	(void)state;
	for (int i = 0; i < 10; i++) {
		(void)say(f, 1, i % 2 == 0 ? "10.0.0.1" : "10.0.0.2", 10000);
		assert_null(found(f, ROLL_DUPLICATE_ID));
		pass(f, 10000);
	}
	assert_int_equal(roll_count(f->r, ROLL_ONLINE), 1);
	end(f);
}

static void an_echo_from_the_old_ip_does_not_move_it_back(void **state)
{
	struct fixture *f = begin();
	struct roll_report old = { id_of(1), STR("10.0.0.1"), f->now.wall_ms, 1, 10000 };

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	pass(f, 1000);
	(void)say(f, 1, "10.0.0.2", 10000);
	assert_true(roll_report(f->r, &old, f->now).is_echo);
	assert_null(roll_by_ip(f->r, STR("10.0.0.1")));
	end(f);
}

static void one_id_cannot_fill_the_roll(void **state)
{
	struct fixture *f = begin();
	char ip[] = "10.0.1.a";

	(void)state;
	f->seq[1] = 1000;
	for (int i = 0; i < 3; i++) {
		(void)say(f, 1, "10.0.0.1", 10000);
		pass(f, 100);
		(void)clone_says(f, "10.0.0.2");
		pass(f, 100);
	}
	for (int i = 0; i < 26; i++) {
		ip[7] = (char)('a' + i);
		(void)clone_says(f, ip);
	}
	assert_int_equal(roll_count(f->r, ROLL_ONLINE), ROLL_MAX_CLONES);
	end(f);
}

static void a_clone_that_is_forgotten_leaves_the_other_in_the_index(void **state)
{
	struct fixture *f = begin();
	const struct roll_saved a = { id_of(1), STR("10.0.0.1"), ROLL_ONLINE, 1, 1, 10000, true };
	const struct roll_saved b = { id_of(1), STR("10.0.0.2"), ROLL_ONLINE, 1, 1, 10000, true };
	roll_ref first = roll_load(f->r, &a, f->now), second = roll_load(f->r, &b, f->now);

	(void)state;
	assert_true(first != 0 && second != 0);
	assert_true(roll_forget(f->r, first));
	assert_ptr_equal(roll_by_id(f->r, id_of(1)), roll_get(f->r, second));
	assert_true(roll_forget(f->r, second));
	assert_null(roll_by_id(f->r, id_of(1)));
	end(f);
}

RUN_TESTS(cmocka_unit_test(a_host_that_changes_its_ip_stays_the_same_host),
          cmocka_unit_test(the_old_ip_is_not_zeroed_when_another_host_took_it),
          cmocka_unit_test(two_ids_on_one_ip_are_found_and_kept_apart),
          cmocka_unit_test(a_new_id_on_an_ip_that_went_silent_is_no_duplicate),
          cmocka_unit_test(one_id_on_two_ips_is_found_and_kept_apart),
          cmocka_unit_test(one_agent_whose_ip_goes_to_and_fro_is_one_host),
          cmocka_unit_test(an_echo_from_the_old_ip_does_not_move_it_back),
          cmocka_unit_test(one_id_cannot_fill_the_roll),
          cmocka_unit_test(a_clone_that_is_forgotten_leaves_the_other_in_the_index))
