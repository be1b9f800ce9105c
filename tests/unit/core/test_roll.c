/*
 * test_roll.c - who is there, and what silence proves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "tests/unit/core/roll_fixture.h"

static void a_first_report_makes_a_host_online(void **state)
{
	struct fixture *f = begin();

	(void)state;
	assert_true(say(f, 1, "10.0.0.1", 10000).host != 0);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->fx[0].kind, ROLL_NEW);
	assert_int_equal(f->fx[1].kind, ROLL_CHANGE);
	assert_int_equal(f->fx[1].from, ROLL_UNKNOWN);
	assert_int_equal(f->fx[1].to, ROLL_ONLINE);
	assert_int_equal(f->fx[1].since_ms, f->now.wall_ms);
	assert_int_equal(roll_count(f->r, ROLL_ONLINE), 1);
	(void)say(f, 1, "10.0.0.1", 10000);
	assert_int_equal(f->n, 0);
	end(f);
}

static void silence_of_three_intervals_is_offline_after_a_look(void **state)
{
	struct fixture *f = begin();
	struct roll_verdict v = say(f, 1, "10.0.0.1", 10000);

	(void)state;
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms + 30000);
	for (int i = 0; i < 29; i++) {
		pass(f, 1000);
		roll_tick(f->r, f->now);
		drain(f);
		assert_int_equal(f->n, 0);
	}
	pass(f, 1000);
	roll_tick(f->r, f->now);
	drain(f);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->fx[0].kind, ROLL_LOOK);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	roll_looked(f->r, v.host, NULL, f->now);
	drain(f);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_OFFLINE);
	assert_int_equal(find(f, ROLL_CHANGE)->cause, ROLL_SILENT);
	assert_string_equal(find(f, ROLL_ZERO)->ip, "10.0.0.1");
	end(f);
}

static void a_short_interval_has_a_floor(void **state)
{
	struct fixture *f = begin();
	struct roll_verdict v = say(f, 1, "10.0.0.1", 1000);

	(void)state;
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms + ROLL_FLOOR_MS);
	v = say(f, 1, "10.0.0.1", 60000);
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms + 180000);
	v = say(f, 1, "10.0.0.1", 0);
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms + 180000);
	v = say(f, 1, "10.0.0.1", INT64_MAX);
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms + 3 * 3600000);
	end(f);
}

static void a_shorter_interval_shortens_the_deadline_at_once(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 3600000);
	idle(f, 5000, NULL);
	(void)say(f, 1, "10.0.0.1", 2000);
	idle(f, 15000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void what_redis_holds_saves_a_host_whose_messages_were_lost(void **state)
{
	struct fixture *f = begin();
	struct roll_report in_redis = { id_of(1), STR("10.0.0.1"), 0, 9, 10000 };

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	idle(f, 25000, NULL);
	in_redis.ts_ms = f->now.wall_ms;
	idle(f, 29000, &in_redis);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	/* The same stamp again is nothing new: thirty seconds after it the host is dead. */
	idle(f, 1000, &in_redis);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void another_hosts_stamp_in_redis_saves_nobody(void **state)
{
	struct fixture *f = begin();
	struct roll_report in_redis = { id_of(2), STR("10.0.0.1"), 0, 9, 10000 };

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	in_redis.ts_ms = f->now.wall_ms + 29000;
	idle(f, 30000, &in_redis);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void a_look_without_an_answer_is_repeated_and_kills_nobody(void **state)
{
	struct fixture *f = begin();
	int looks = 0;

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	for (int i = 0; i < 60; i++) {
		pass(f, 1000);
		roll_tick(f->r, f->now);
		drain(f);
		looks += find(f, ROLL_LOOK) != NULL;
	}
	assert_int_equal(looks, 7);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	end(f);
}

static void while_the_bus_is_down_nobody_dies_and_then_all_get_a_fresh_deadline(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	roll_bus(f->r, false, f->now);
	idle(f, 600000, NULL);
	assert_int_equal(f->n, 0);
	roll_bus(f->r, true, f->now);
	idle(f, ROLL_RECONNECT_MS + 29000, NULL);
	assert_int_equal(f->n, 0);
	idle(f, 1000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void our_own_sleep_is_no_proof_either(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	pass(f, 60000);
	roll_tick(f->r, f->now);
	drain(f);
	assert_int_equal(f->n, 0);
	idle(f, ROLL_RECONNECT_MS + 29000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	end(f);
}

static void a_restart_of_the_server_flips_nobody(void **state)
{
	struct fixture *f = begin();
	const struct roll_saved there = { id_of(1), STR("10.0.0.1"), ROLL_ONLINE, 111,
		                          222,      10000,           true };
	const struct roll_saved gone = { id_of(2), STR("10.0.0.2"), ROLL_OFFLINE, 333,
		                         444,      10000,           true };

	(void)state;
	roll_bus(f->r, true, f->now);
	assert_true(roll_load(f->r, &there, f->now) != 0);
	assert_true(roll_load(f->r, &gone, f->now) != 0);
	assert_true(roll_load(f->r, &gone, f->now) == 0);
	drain(f);
	assert_int_equal(f->n, 0);
	assert_int_equal(roll_count(f->r, ROLL_UNKNOWN), 2);
	pass(f, 5000);
	(void)say(f, 1, "10.0.0.1", 10000);
	assert_int_equal(find(f, ROLL_CHANGE)->from, ROLL_ONLINE);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_ONLINE);
	assert_int_equal(find(f, ROLL_CHANGE)->since_ms, 111);
	/* The other one is confirmed as what it was, and its 0 is written again. */
	roll_tick(f->r, f->now);
	for (int i = 0; i < 6; i++) {
		idle(f, 9000, NULL);
		(void)say(f, 1, "10.0.0.1", 10000);
	}
	idle(f, 10000, NULL);
	assert_int_equal(find(f, ROLL_CHANGE)->from, ROLL_OFFLINE);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_OFFLINE);
	assert_int_equal(find(f, ROLL_CHANGE)->since_ms, 333);
	assert_string_equal(find(f, ROLL_ZERO)->ip, "10.0.0.2");
	end(f);
}

static void a_return_of_redis_has_the_zeros_written_again(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	(void)say(f, 2, "10.0.0.2", 10000);
	idle(f, 20000, NULL);
	(void)say(f, 2, "10.0.0.2", 10000);
	idle(f, 15000, NULL);
	roll_bus(f->r, false, f->now);
	roll_bus(f->r, true, f->now);
	drain(f);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->fx[0].kind, ROLL_ZERO);
	assert_string_equal(f->fx[0].ip, "10.0.0.1");
	end(f);
}

static void a_goodbye_is_believed_at_once_unless_it_is_old(void **state)
{
	struct fixture *f = begin();
	struct roll_report bye = { id_of(1), STR("10.0.0.1"), 0, 0, 0 };

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	bye.ts_ms = f->now.wall_ms - 1;
	bye.seq = 99;
	roll_goodbye(f->r, &bye, f->now);
	drain(f);
	assert_int_equal(f->n, 0);
	pass(f, 100);
	bye.ts_ms = f->now.wall_ms;
	bye.seq = 2;
	roll_goodbye(f->r, &bye, f->now);
	drain(f);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->fx[0].cause, ROLL_GOODBYE);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	/* A message that the goodbye overtook does not bring it back. */
	struct roll_report late = { id_of(1), STR("10.0.0.1"), f->now.wall_ms - 50, 1, 10000 };
	assert_true(roll_report(f->r, &late, f->now).is_echo);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void an_echo_is_no_sign_of_life_but_a_new_life_is(void **state)
{
	struct fixture *f = begin();
	struct roll_report m = { id_of(1), STR("10.0.0.1"), f->now.wall_ms, 500, 10000 };

	(void)state;
	struct roll_verdict v = roll_report(f->r, &m, f->now);
	assert_false(v.is_echo);
	pass(f, 1000);
	assert_true(roll_report(f->r, &m, f->now).is_echo);
	m.ts_ms -= 2000;
	m.seq = 499;
	assert_true(roll_report(f->r, &m, f->now).is_echo);
	assert_int_equal(roll_deadline_ms(f->r, v.host), f->now.mono_ms - 1000 + 30000);
	m.ts_ms = f->now.wall_ms;
	m.seq = 1;
	assert_false(roll_report(f->r, &m, f->now).is_echo);
	/* Redis' clock went back a day, and the agent started again. */
	m.ts_ms -= 86400000;
	m.seq = 1;
	assert_false(roll_report(f->r, &m, f->now).is_echo);
	end(f);
}

static void a_stamp_far_off_is_clamped_and_in_time_found(void **state)
{
	struct fixture *f = begin();
	struct roll_report m = { id_of(1), STR("10.0.0.1"), 0, 0, 10000 };
	struct roll_verdict v;
	int findings = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		m.ts_ms = f->now.wall_ms + 86400000;
		m.seq++;
		v = roll_report(f->r, &m, f->now);
		drain(f);
		assert_true(v.is_clamped);
		assert_int_equal(v.ts_ms, f->now.wall_ms);
		findings += found(f, ROLL_CLOCK_OFF) != NULL;
		idle(f, 10000, NULL);
	}
	assert_int_equal(findings, 1);
	m.ts_ms = f->now.wall_ms - 59000;
	m.seq++;
	v = roll_report(f->r, &m, f->now);
	drain(f);
	assert_false(v.is_clamped);
	assert_int_equal(v.ts_ms, m.ts_ms);
	assert_non_null(found(f, ROLL_CLOCK_OK));
	/* Its death is found in time, whatever its stamps said. */
	idle(f, 30000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	end(f);
}

static void a_waiting_host_is_dropped_when_silent_and_online_when_it_reports(void **state)
{
	struct fixture *f = begin();

	(void)state;
	assert_true(roll_waiting(f->r, id_of(1), STR("10.0.0.1"), f->now) != 0);
	assert_true(roll_waiting(f->r, id_of(2), STR("10.0.0.2"), f->now) != 0);
	drain(f);
	assert_int_equal(f->n, 6);
	assert_int_equal(f->fx[1].to, ROLL_WAITING);
	assert_int_equal(f->fx[2].kind, ROLL_ENROL);
	assert_int_equal(roll_count(f->r, ROLL_WAITING), 2);
	pass(f, 1000);
	(void)say(f, 1, "10.0.0.1", 10000);
	assert_int_equal(find(f, ROLL_CHANGE)->from, ROLL_WAITING);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_ONLINE);
	for (int i = 0; i < 9; i++) {
		idle(f, 10000, NULL);
		(void)say(f, 1, "10.0.0.1", 10000);
	}
	idle(f, 1000, NULL);
	assert_int_equal(state_of(f, "10.0.0.2"), ROLL_N_STATES);
	assert_int_equal(roll_count(f->r, ROLL_WAITING), 0);
	end(f);
}

static void a_known_host_that_waits_is_enrolled_again_without_a_flip(void **state)
{
	struct fixture *f = begin();

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	assert_true(roll_waiting(f->r, id_of(1), STR("10.0.0.1"), f->now) != 0);
	drain(f);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->fx[0].kind, ROLL_ENROL);
	idle(f, 80000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	idle(f, 9000, NULL);
	/* If nobody gives it a configuration for so long, it does wait. */
	assert_true(roll_waiting(f->r, id_of(1), STR("10.0.0.1"), f->now) != 0);
	idle(f, 2000, NULL);
	assert_true(roll_waiting(f->r, id_of(1), STR("10.0.0.1"), f->now) != 0);
	drain(f);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_WAITING);
	(void)say(f, 1, "10.0.0.1", 10000);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_ONLINE);
	end(f);
}

static void a_flapping_host_is_told_once_and_becomes_steady(void **state)
{
	struct fixture *f = begin();
	int loud = 0, findings = 0;

	(void)state;
	(void)say(f, 1, "10.0.0.1", 1000);
	for (int i = 0; i < 10; i++) {
		idle(f, 16000, NULL);
		loud += find(f, ROLL_CHANGE) != NULL && !find(f, ROLL_CHANGE)->quiet;
		findings += found(f, ROLL_FLAPPING) != NULL;
		(void)say(f, 1, "10.0.0.1", 1000);
		loud += find(f, ROLL_CHANGE) != NULL && !find(f, ROLL_CHANGE)->quiet;
		findings += found(f, ROLL_FLAPPING) != NULL;
	}
	assert_int_equal(loud, ROLL_FLAP_CHANGES - 1);
	assert_int_equal(findings, 1);
	idle(f, 16000, NULL);
	assert_true(roll_by_ip(f->r, STR("10.0.0.1"))->flapping);
	idle(f, ROLL_FLAP_WINDOW_MS - 2000, NULL);
	assert_null(found(f, ROLL_STEADY));
	idle(f, 2000, NULL);
	assert_int_equal(found(f, ROLL_STEADY)->to, ROLL_OFFLINE);
	(void)say(f, 1, "10.0.0.1", 1000);
	assert_false(find(f, ROLL_CHANGE)->quiet);
	end(f);
}

static void a_hint_from_the_keys_brings_back_a_host_that_was_not_heard(void **state)
{
	struct fixture *f = begin();
	struct roll_report in_redis = { id_of(1), STR("10.0.0.1"), 0, 50, 10000 };

	(void)state;
	(void)say(f, 1, "10.0.0.1", 10000);
	roll_hint(f->r, STR("10.0.0.1"), f->now);
	drain(f);
	assert_int_equal(f->n, 0);
	idle(f, 31000, NULL);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	idle(f, 100000, NULL);
	roll_hint(f->r, STR("10.0.0.1"), f->now);
	drain(f);
	assert_int_equal(f->n, 1);
	/* What an old backup of Redis holds is no proof. */
	in_redis.ts_ms = f->now.wall_ms - 90000;
	roll_looked(f->r, f->fx[0].host, &in_redis, f->now);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
	pass(f, 1000);
	roll_hint(f->r, STR("10.0.0.1"), f->now);
	drain(f);
	in_redis.ts_ms = f->now.wall_ms - 500;
	roll_looked(f->r, f->fx[0].host, &in_redis, f->now);
	assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
	end(f);
}

/* A hint about an ip where nobody is known; returns whether a look was asked for. */
static bool hint(struct fixture *f, const char *ip)
{
	roll_hint(f->r, str_of(ip), f->now);
	drain(f);
	return f->n == 1 && f->fx[0].kind == ROLL_LOOK && f->fx[0].host == 0;
}

static void a_hint_about_an_ip_of_nobody_ends_with_a_host_or_a_zero(void **state)
{
	struct fixture *f = begin();
	struct roll_report m = { id_of(1), STR("10.0.0.1"), 0, 50, 10000 };

	(void)state;
	assert_true(hint(f, "10.0.0.1"));
	roll_looked_ip(f->r, STR("10.0.0.1"), NULL, f->now);
	drain(f);
	assert_string_equal(find(f, ROLL_ZERO)->ip, "10.0.0.1");
	m.ts_ms = f->now.wall_ms - 31000;
	roll_looked_ip(f->r, STR("10.0.0.1"), &m, f->now);
	drain(f);
	assert_non_null(find(f, ROLL_ZERO));
	m.ts_ms = f->now.wall_ms - 29000;
	roll_looked_ip(f->r, STR("10.0.0.1"), &m, f->now);
	drain(f);
	assert_int_equal(find(f, ROLL_CHANGE)->to, ROLL_ONLINE);
	assert_false(hint(f, "10.0.0.1"));
	/* What was written counts from when it was, and cannot fetch back a host that has moved since. */
	(void)say(f, 1, "10.0.0.2", 10000);
	m.ts_ms = f->now.wall_ms - 1000;
	m.seq = 500;
	roll_looked_ip(f->r, STR("10.0.0.1"), &m, f->now);
	drain(f);
	assert_non_null(find(f, ROLL_ZERO));
	assert_int_equal(state_of(f, "10.0.0.2"), ROLL_ONLINE);
	end(f);
}

static void a_step_of_all_clocks_kills_nobody(void **state)
{
	struct fixture *f = begin();
	struct roll_report in_redis = { id_of(1), STR("10.0.0.1"), 0, 9, 10000 };

	(void)state;
	for (int64_t day = -86400000; day <= 86400000; day += 2 * 86400000) {
		(void)say(f, 1, "10.0.0.1", 10000);
		in_redis.seq = f->seq[1] + 3;
		in_redis.ts_ms = f->now.wall_ms + 25000;
		f->now.wall_ms += day;
		idle(f, 31000, &in_redis);
		assert_int_equal(state_of(f, "10.0.0.1"), ROLL_ONLINE);
		idle(f, 31000, &in_redis);
		assert_int_equal(state_of(f, "10.0.0.1"), ROLL_OFFLINE);
		f->seq[1] = in_redis.seq;
	}
	end(f);
}

static void nonsense_is_refused(void **state)
{
	struct fixture *f = begin();
	struct roll_report m = { { { 0 } }, STR("10.0.0.1"), 0, 1, 0 };

	(void)state;
	assert_true(roll_report(f->r, &m, f->now).host == 0);
	m.id = id_of(1);
	m.ip = STR("");
	assert_true(roll_report(f->r, &m, f->now).host == 0);
	m.ip = STR("1234567890123456789012345678901234567890123456");
	assert_true(roll_report(f->r, &m, f->now).host == 0);
	m.ip = STR("10.0\0.1");
	assert_true(roll_report(f->r, &m, f->now).host == 0);
	m.ip = STR("10.0.0.1");
	m.ts_ms = INT64_MIN;
	m.interval_ms = INT64_MIN;
	assert_true(roll_report(f->r, &m, f->now).is_clamped);
	m.ts_ms = INT64_MAX;
	m.seq = UINT64_MAX;
	assert_true(roll_report(f->r, &m, f->now).is_clamped);
	assert_null(roll_get(f->r, 0));
	assert_null(roll_get(f->r, 12345678901234567));
	roll_looked(f->r, 77, &m, f->now);
	assert_false(roll_forget(f->r, 77));
	end(f);
}

static void a_full_roll_says_so_once(void **state)
{
	const struct roll_options o = { .seed = 1, .max_hosts = 2 };
	struct fixture *f = begin();

	(void)state;
	roll_free(f->r);
	f->r = roll_new(&o);
	roll_bus(f->r, true, f->now);
	(void)say(f, 1, "10.0.0.1", 0);
	(void)say(f, 2, "10.0.0.2", 0);
	assert_true(say(f, 3, "10.0.0.3", 0).host == 0);
	assert_non_null(found(f, ROLL_FULL));
	assert_true(say(f, 4, "10.0.0.4", 0).host == 0);
	assert_int_equal(f->n, 0);
	assert_true(say(f, 1, "10.0.0.1", 0).host != 0);
	end(f);
}

static void a_forgotten_host_hands_back_its_user_and_its_number_dies_with_it(void **state)
{
	struct fixture *f = begin();
	roll_ref ref = say(f, 1, "10.0.0.1", 10000).host;

	(void)state;
	roll_set_user(f->r, ref, f);
	assert_false(roll_forget(f->r, ref));
	idle(f, 31000, NULL);
	assert_true(roll_forget(f->r, ref));
	drain(f);
	assert_ptr_equal(find(f, ROLL_GONE)->user, f);
	assert_null(roll_get(f->r, ref));
	assert_null(roll_by_ip(f->r, STR("10.0.0.1")));
	roll_ref next = say(f, 2, "10.0.0.2", 10000).host;
	assert_true(next != ref);
	assert_int_equal(next & UINT32_MAX, ref & UINT32_MAX);
	assert_ptr_equal(roll_at(f->r, 0), roll_get(f->r, next));
	end(f);
}

static void thousands_of_deadlines_pass_in_their_order(void **state)
{
	struct fixture *f = begin();
	size_t dead = 0;

	(void)state;
	for (unsigned i = 1; i <= 2000; i++) {
		char ip[HOST_IP_SIZE];

		(void)snprintf(ip, sizeof(ip), "10.1.%u.%u", i >> 8, i & 255);
		struct roll_report m = { id_of(i), str_of(ip), f->now.wall_ms, 1,
			                 (int64_t)(1 + i * 7919 % 50) * 1000 };
		assert_true(roll_report(f->r, &m, f->now).host != 0);
	}
	drain(f);
	for (int s = 0; s < 160; s++) {
		pass(f, 1000);
		roll_tick(f->r, f->now);
		drain(f);
		for (size_t i = 0; i < f->n; i++) {
			assert_int_equal(f->fx[i].kind, ROLL_LOOK);
			assert_in_range(roll_deadline_ms(f->r, f->fx[i].host), f->now.mono_ms - 999,
			                f->now.mono_ms);
			roll_looked(f->r, f->fx[i].host, NULL, f->now);
			dead++;
		}
		drain(f);
	}
	assert_int_equal(dead, 2000);
	assert_int_equal(roll_count(f->r, ROLL_OFFLINE), 2000);
	end(f);
}

RUN_TESTS(cmocka_unit_test(a_first_report_makes_a_host_online),
          cmocka_unit_test(silence_of_three_intervals_is_offline_after_a_look),
          cmocka_unit_test(a_short_interval_has_a_floor),
          cmocka_unit_test(a_shorter_interval_shortens_the_deadline_at_once),
          cmocka_unit_test(what_redis_holds_saves_a_host_whose_messages_were_lost),
          cmocka_unit_test(another_hosts_stamp_in_redis_saves_nobody),
          cmocka_unit_test(a_look_without_an_answer_is_repeated_and_kills_nobody),
          cmocka_unit_test(while_the_bus_is_down_nobody_dies_and_then_all_get_a_fresh_deadline),
          cmocka_unit_test(our_own_sleep_is_no_proof_either),
          cmocka_unit_test(a_restart_of_the_server_flips_nobody),
          cmocka_unit_test(a_return_of_redis_has_the_zeros_written_again),
          cmocka_unit_test(a_goodbye_is_believed_at_once_unless_it_is_old),
          cmocka_unit_test(an_echo_is_no_sign_of_life_but_a_new_life_is),
          cmocka_unit_test(a_stamp_far_off_is_clamped_and_in_time_found),
          cmocka_unit_test(a_waiting_host_is_dropped_when_silent_and_online_when_it_reports),
          cmocka_unit_test(a_known_host_that_waits_is_enrolled_again_without_a_flip),
          cmocka_unit_test(a_flapping_host_is_told_once_and_becomes_steady),
          cmocka_unit_test(a_hint_from_the_keys_brings_back_a_host_that_was_not_heard),
          cmocka_unit_test(a_hint_about_an_ip_of_nobody_ends_with_a_host_or_a_zero),
          cmocka_unit_test(a_step_of_all_clocks_kills_nobody),
          cmocka_unit_test(nonsense_is_refused), cmocka_unit_test(a_full_roll_says_so_once),
          cmocka_unit_test(a_forgotten_host_hands_back_its_user_and_its_number_dies_with_it),
          cmocka_unit_test(thousands_of_deadlines_pass_in_their_order))
