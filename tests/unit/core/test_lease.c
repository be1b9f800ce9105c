/*
 * test_lease.c - one holder, by time and by fence.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "core/lease.h"

static struct moment at_ms(int64_t ms)
{
	return (struct moment){ ms, 0 };
}

static struct lease held(uint64_t fence, int64_t asked_ms, int64_t answered_ms)
{
	struct lease l;

	lease_init(&l, 0);
	assert_int_equal(lease_step(&l, LEASE_EV_UP, 0, at_ms(asked_ms)), LEASE_TAKE);
	assert_int_equal(lease_step(&l, LEASE_EV_TAKEN, fence, at_ms(answered_ms)), LEASE_NOTHING);
	assert_int_equal(l.state, LEASE_HELD);
	return l;
}

static void it_is_held_from_the_question_and_not_from_the_answer(void **state)
{
	struct lease l = held(3, 1000, 4000);

	(void)state;
	assert_true(lease_is_held(&l, at_ms(1000 + LEASE_TTL_MS - LEASE_MARGIN_MS - 1)));
	assert_false(lease_is_held(&l, at_ms(1000 + LEASE_TTL_MS - LEASE_MARGIN_MS)));
}

static void it_is_renewed_in_time_one_question_at_once(void **state)
{
	struct lease l = held(3, 1000, 1010);
	int64_t due = lease_due_ms(&l);

	(void)state;
	assert_int_equal(due, 1010 + LEASE_RENEW_MS);
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(due - 1)), LEASE_NOTHING);
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(due)), LEASE_RENEW);
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(due + 10)), LEASE_NOTHING);
	assert_int_equal(lease_step(&l, LEASE_EV_RENEWED, 0, at_ms(due + 20)), LEASE_NOTHING);
	assert_true(lease_is_held(&l, at_ms(due + LEASE_TTL_MS - LEASE_MARGIN_MS - 1)));
}

static void without_an_answer_it_ends_and_is_asked_for_anew(void **state)
{
	struct lease l = held(3, 1000, 1010);

	(void)state;
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(lease_due_ms(&l))), LEASE_RENEW);
	int64_t end = lease_due_ms(&l);
	assert_int_equal(end, 1000 + LEASE_TTL_MS - LEASE_MARGIN_MS);
	assert_false(lease_is_held(&l, at_ms(end)));
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(end)), LEASE_TAKE);
	assert_int_equal(lease_step(&l, LEASE_EV_RENEWED, 0, at_ms(end + 1)), LEASE_NOTHING);
	assert_false(lease_is_held(&l, at_ms(end + 1)));
}

static void a_lost_lease_is_not_held_for_another_moment(void **state)
{
	struct lease l = held(3, 1000, 1010);

	(void)state;
	assert_int_equal(lease_step(&l, LEASE_EV_LOST, 0, at_ms(2000)), LEASE_TAKE);
	assert_false(lease_is_held(&l, at_ms(2000)));
	assert_int_equal(lease_step(&l, LEASE_EV_REFUSED, 0, at_ms(2010)), LEASE_NOTHING);
	assert_int_equal(lease_due_ms(&l), 2010 + LEASE_RENEW_MS);
}

static void a_larger_fence_at_the_store_ends_it(void **state)
{
	struct lease l = held(3, 1000, 1010);

	(void)state;
	assert_int_equal(lease_step(&l, LEASE_EV_FENCED, 2, at_ms(2000)), LEASE_NOTHING);
	assert_true(lease_is_held(&l, at_ms(2000)));
	assert_int_equal(lease_step(&l, LEASE_EV_FENCED, 9, at_ms(2000)), LEASE_NOTHING);
	assert_false(lease_is_held(&l, at_ms(2000)));
	assert_int_equal(l.floor, 9);
}

static void a_fence_used_before_is_not_accepted(void **state)
{
	struct lease l;

	(void)state;
	lease_init(&l, 7);
	assert_int_equal(lease_step(&l, LEASE_EV_UP, 0, at_ms(1000)), LEASE_TAKE);
	assert_int_equal(lease_step(&l, LEASE_EV_TAKEN, 7, at_ms(1010)), LEASE_NOTHING);
	assert_false(lease_is_held(&l, at_ms(1010)));
	assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(lease_due_ms(&l))), LEASE_TAKE);
	assert_int_equal(lease_step(&l, LEASE_EV_TAKEN, 8, at_ms(9000)), LEASE_NOTHING);
	assert_int_equal(l.fence, 8);
}

static void a_lease_that_stands_still_is_seized(void **state)
{
	struct lease l;
	int64_t now = 1000;

	(void)state;
	lease_init(&l, 0);
	assert_int_equal(lease_step(&l, LEASE_EV_UP, 0, at_ms(now)), LEASE_TAKE);
	for (int i = 0; i < 20; i++) {
		/* Renewed all the time: nothing to seize. */
		assert_int_equal(
			lease_step(&l, LEASE_EV_REFUSED, 7000000 + (uint64_t)i, at_ms(now)),
			LEASE_NOTHING);
		now = lease_due_ms(&l);
		assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(now)), LEASE_TAKE);
	}
	int64_t from = now;
	enum lease_effect fx = lease_step(&l, LEASE_EV_REFUSED, 7000020, at_ms(now));
	while (fx == LEASE_NOTHING) {
		now = lease_due_ms(&l);
		assert_int_equal(lease_step(&l, LEASE_EV_TIMER, 0, at_ms(now)), LEASE_TAKE);
		fx = lease_step(&l, LEASE_EV_REFUSED, 7000020, at_ms(now));
	}
	assert_int_equal(fx, LEASE_SEIZE);
	assert_int_equal(now - from, LEASE_SEIZE_MS);
	assert_int_equal(lease_step(&l, LEASE_EV_TAKEN, 8, at_ms(now)), LEASE_NOTHING);
	assert_true(lease_is_held(&l, at_ms(now)));
}

/* START of each state by its shortest way, then every event: the state it leads to and what is sent. */
static void walk_of_all_cells(void **state)
{
	enum { OF = LEASE_OFF, FR = LEASE_FREE, AS = LEASE_ASKED, HE = LEASE_HELD };
	/* UP DOWN TIMER TAKEN REFUSED RENEWED LOST FENCED STOP; the timer comes when due. */
	static const struct {
		int to[LEASE_N_EVENTS];
		int fx[LEASE_N_EVENTS];
	} want[LEASE_N_STATES] = {
		[OF] = { { AS, OF, OF, OF, OF, OF, OF, OF, OF }, { LEASE_TAKE } },
		[FR] = { { FR, OF, AS, FR, FR, FR, FR, FR, OF },
		         { [LEASE_EV_TIMER] = LEASE_TAKE } },
		[AS] = { { AS, OF, AS, HE, FR, AS, AS, AS, OF },
		         { [LEASE_EV_TIMER] = LEASE_TAKE } },
		[HE] = { { HE, OF, HE, HE, HE, HE, AS, FR, OF },
		         { [LEASE_EV_TIMER] = LEASE_RENEW,
		           [LEASE_EV_LOST] = LEASE_TAKE,
		           [LEASE_EV_STOP] = LEASE_DROP } },
	};

	(void)state;
	for (enum lease_state s = LEASE_OFF; s < LEASE_N_STATES; s++)
		for (enum lease_event e = LEASE_EV_UP; e < LEASE_N_EVENTS; e++) {
			struct lease l;
			enum lease_effect fx = LEASE_NOTHING;

			lease_init(&l, 0);
			if (s != LEASE_OFF)
				fx = lease_step(&l, LEASE_EV_UP, 0, at_ms(1000));
			if (s == LEASE_FREE)
				fx = lease_step(&l, LEASE_EV_REFUSED, 0, at_ms(1000));
			if (s == LEASE_HELD)
				fx = lease_step(&l, LEASE_EV_TAKEN, 1, at_ms(1000));
			(void)fx;
			assert_int_equal(l.state, s);
			int64_t when = s == LEASE_OFF ? 1000 : lease_due_ms(&l);
			assert_int_equal(lease_step(&l, e, 5, at_ms(when)), want[s].fx[e]);
			assert_int_equal(l.state, want[s].to[e]);
			assert_int_equal(lease_due_ms(&l) == INT64_MAX, l.state == LEASE_OFF);
		}
}

RUN_TESTS(cmocka_unit_test(it_is_held_from_the_question_and_not_from_the_answer),
          cmocka_unit_test(it_is_renewed_in_time_one_question_at_once),
          cmocka_unit_test(without_an_answer_it_ends_and_is_asked_for_anew),
          cmocka_unit_test(a_lost_lease_is_not_held_for_another_moment),
          cmocka_unit_test(a_larger_fence_at_the_store_ends_it),
          cmocka_unit_test(a_fence_used_before_is_not_accepted),
          cmocka_unit_test(a_lease_that_stands_still_is_seized),
          cmocka_unit_test(walk_of_all_cells))
