/*
 * test_fspool.c - file systems that do not answer, and threads that wait for them.
 *
 * The stand-in for statvfs() waits on a gate as long as the path says "stuck".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "agent/worker/collect/fspool.h"
#include "base/attr.h"
#include "base/clock.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned asked;

static int fake_ask(const char *path, struct statvfs *ret)
{
	(void)pthread_mutex_lock(&count_lock);
	asked++;
	(void)pthread_mutex_unlock(&count_lock);
	if (strcmp(path, "/stuck") == 0) {
		(void)pthread_mutex_lock(&gate);
		(void)pthread_mutex_unlock(&gate);
	}
	if (strcmp(path, "/gone") == 0) {
		errno = ENOENT;
		return -1;
	}
	ret->f_blocks = strlen(path);
	return 0;
}

static unsigned asked_now(void)
{
	(void)pthread_mutex_lock(&count_lock);
	unsigned n = asked;
	(void)pthread_mutex_unlock(&count_lock);
	return n;
}

static enum fsjob_state wait_done(struct fsjob *j, struct statvfs *ret, int *ret_code)
{
	enum fsjob_state s = FSJOB_WAITING;
	int64_t since;

	/* The threads are ours and quick: this ends, or meson's time-out ends it. */
	while ((s = fsjob_look(j, ret, ret_code, &since)) == FSJOB_WAITING || s == FSJOB_QUEUED)
		(void)sched_yield();
	return s;
}

static void answers_and_failures_come_back(void **state)
{
	struct fspool *p = fspool_new(fake_ask);
	struct fsjob *good = fsjob_new(p, "/four"), *bad = fsjob_new(p, "/gone");
	struct statvfs a = { 0 };
	int64_t since = 0;
	int code = 1;

	(void)state;
	assert_int_equal(fsjob_look(good, &a, &code, &since), FSJOB_IDLE);
	fsjob_begin(good, 1);
	fsjob_begin(bad, 1);
	assert_int_equal(wait_done(good, &a, &code), FSJOB_DONE);
	assert_int_equal(code, 0);
	assert_int_equal(a.f_blocks, 5);
	assert_int_equal(wait_done(bad, &a, &code), FSJOB_DONE);
	assert_int_equal(code, -ENOENT);
	fsjob_free(good);
	fsjob_free(bad);
	fspool_free(p);
}

static void one_that_is_stuck_delays_nobody(void **state)
{
	struct fspool *p = fspool_new(fake_ask);
	struct fsjob *stuck = fsjob_new(p, "/stuck"), *good = fsjob_new(p, "/four");
	struct statvfs a = { 0 };
	int64_t since = 0, begin = clock_mono_ns(), again;
	int code = 1;

	(void)state;
	(void)pthread_mutex_lock(&gate);
	fsjob_begin(stuck, 42);
	fsjob_begin(good, 43);
	assert_int_equal(wait_done(good, &a, &code), FSJOB_DONE);
	assert_int_equal(fsjob_look(stuck, &a, &code, &since), FSJOB_WAITING);
	assert_true(since >= begin && since <= clock_mono_ns());
	/* Beginning again changes nothing while it waits. */
	fsjob_begin(stuck, 99);
	assert_int_equal(fsjob_look(stuck, &a, &code, &again), FSJOB_WAITING);
	assert_int_equal(again, since);
	(void)pthread_mutex_unlock(&gate);
	assert_int_equal(wait_done(stuck, &a, &code), FSJOB_DONE);
	fsjob_free(stuck);
	fsjob_free(good);
	fspool_free(p);
}

static void all_threads_stuck_leaves_the_rest_waiting(void **state)
{
	struct fspool *p = fspool_new(fake_ask);
	struct fsjob *stuck[FSPOOL_THREADS], *late = fsjob_new(p, "/four");
	unsigned before = asked_now();
	struct statvfs a = { 0 };
	int64_t since = 0;
	int code = 1;

	(void)state;
	(void)pthread_mutex_lock(&gate);
	for (size_t i = 0; i < FSPOOL_THREADS; i++) {
		stuck[i] = fsjob_new(p, "/stuck");
		fsjob_begin(stuck[i], 1);
	}
	while (asked_now() != before + FSPOOL_THREADS)
		(void)sched_yield();
	fsjob_begin(late, 7);
	/* It has not been asked, so it is not silent. */
	assert_int_equal(fsjob_look(late, &a, &code, &since), FSJOB_QUEUED);
	assert_int_equal(since, 7);
	(void)pthread_mutex_unlock(&gate);
	assert_int_equal(wait_done(late, &a, &code), FSJOB_DONE);
	for (size_t i = 0; i < FSPOOL_THREADS; i++)
		fsjob_free(stuck[i]);
	fsjob_free(late);
	fspool_free(p);
}

/* Sanitizers tell whether everything is freed exactly once, whoever leaves last. */
static void letting_go_does_not_wait(void **state)
{
	struct fspool *p = fspool_new(fake_ask);
	struct fsjob *asking = fsjob_new(p, "/stuck"), *queued[FSPOOL_THREADS];
	unsigned before = asked_now();

	(void)state;
	(void)pthread_mutex_lock(&gate);
	fsjob_begin(asking, 1);
	while (asked_now() != before + 1)
		(void)sched_yield();
	for (size_t i = 0; i < COUNT_OF(queued); i++) {
		queued[i] = fsjob_new(p, "/stuck");
		fsjob_begin(queued[i], 1);
	}
	fsjob_free(asking);
	for (size_t i = 0; i < COUNT_OF(queued); i++)
		fsjob_free(queued[i]);
	fspool_free(p);
	(void)pthread_mutex_unlock(&gate);
}

RUN_TESTS(cmocka_unit_test(answers_and_failures_come_back),
          cmocka_unit_test(one_that_is_stuck_delays_nobody),
          cmocka_unit_test(all_threads_stuck_leaves_the_rest_waiting),
          cmocka_unit_test(letting_go_does_not_wait))
