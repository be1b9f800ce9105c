/*
 * test_work.c - jobs on threads, their ends on the loop; and the passwords they are for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>

#include "server/login/password.h"
#include "server/work.h"

struct job {
	struct event_base *base;
	pthread_t ran_on;
	sem_t *gate;
	unsigned *left;
	bool done, cancelled;
};

static void run(void *arg)
{
	struct job *j = arg;

	if (j->gate != NULL)
		(void)sem_wait(j->gate);
	j->ran_on = pthread_self();
}

static void done(void *arg, bool cancelled)
{
	struct job *j = arg;

	j->done = true;
	j->cancelled = cancelled;
	if (--*j->left == 0)
		(void)event_base_loopbreak(j->base);
}

static void jobs_run_elsewhere_and_end_on_the_loop(void **state)
{
	(void)state;
	struct event_base *base = event_base_new();
	struct err err = { 0 };
	struct work *w = NULL;
	struct job jobs[20] = { 0 };
	unsigned left = COUNT_OF(jobs);

	assert_int_equal(work_new(base, 2, 100, &w, &err), 0);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		jobs[i] = (struct job){ .base = base, .left = &left };
		assert_int_equal(work_add(w, run, done, &jobs[i]), 0);
	}
	assert_int_equal(event_base_dispatch(base), 0);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		assert_true(jobs[i].done && !jobs[i].cancelled);
		assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
	}
	work_free(w);
	event_base_free(base);
}

static void a_full_queue_refuses_and_an_end_cancels_what_waits(void **state)
{
	(void)state;
	struct event_base *base = event_base_new();
	struct err err = { 0 };
	struct work *w = NULL;
	struct job jobs[5] = { 0 };
	unsigned left = 100, accepted = 0;
	sem_t gate;

	assert_int_equal(sem_init(&gate, 0, 0), 0);
	assert_int_equal(work_new(base, 1, 2, &w, &err), 0);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		jobs[i] = (struct job){ .base = base, .left = &left, .gate = &gate };
		if (work_add(w, run, done, &jobs[i]) == 0)
			accepted++;
	}
	/* Two wait; a third may have been taken up already. */
	assert_in_range(accepted, 2, 3);
	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		(void)sem_post(&gate);
	work_free(w);
	assert_int_equal(left, 100 - accepted);
	(void)sem_destroy(&gate);
	event_base_free(base);
}

static void a_password_is_recognised_and_nothing_else(void **state)
{
	(void)state;
	char stored[PASSWORD_TEXT_SIZE], again[PASSWORD_TEXT_SIZE];
	struct err err = { 0 };

	assert_int_equal(password_init(&err), 0);
	assert_int_equal(password_hash(STR("correct horse"), stored, &err), 0);
	assert_int_equal(password_hash(STR("correct horse"), again, &err), 0);
	assert_string_not_equal(stored, again);
	assert_true(password_matches(str_of(stored), STR("correct horse")));
	assert_false(password_matches(str_of(stored), STR("correct horsE")));
	assert_false(password_matches(STR(""), STR("")));
	assert_false(password_matches(STR("garbage"), STR("garbage")));
}

static void bad_passwords_are_told_why(void **state)
{
	(void)state;
	struct err err = { 0 };

	assert_int_equal(password_check(STR("eve"), STR("short"), &err), -EINVAL);
	assert_string_equal(err.msg, "a password needs at least 8 characters");
	assert_int_equal(password_check(STR("administrator"), STR("Administrator"), &err), -EINVAL);
	assert_int_equal(password_check(STR("eve"), STR("12345678"), &err), -EINVAL);
	assert_int_equal(password_check(STR("eve"), STR("\xff\xfe\xff\xfe\xff\xfe\xff\xfe"), &err),
	                 -EINVAL);
	assert_int_equal(password_check(STR("eve"), STR("五个字不够八"), &err), -EINVAL);
	assert_int_equal(password_check(STR("eve"), STR("这些汉字已经够八个了"), &err), 0);
}

RUN_TESTS(cmocka_unit_test(jobs_run_elsewhere_and_end_on_the_loop),
          cmocka_unit_test(a_full_queue_refuses_and_an_end_cancels_what_waits),
          cmocka_unit_test(a_password_is_recognised_and_nothing_else),
          cmocka_unit_test(bad_passwords_are_told_why))
