/*
 * test_notices.c - findings that come every cycle are told when they begin and when they are over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "agent/worker/notices.h"

/* What was told, oldest first: "+kind subject" or "-kind subject". */
struct told {
	size_t n;
	char lines[2 * NOTICES_MAX + 8][180];
};

static void hear(const struct finding *f, bool begins, void *arg)
{
	struct told *t = arg;

	(void)snprintf(t->lines[t->n++], sizeof(t->lines[0]), "%c%s %s", begins ? '+' : '-',
	               f->kind, f->subject);
}

static struct finding finding(const char *kind, const char *subject)
{
	struct finding f = { 0 };

	(void)snprintf(f.kind, sizeof(f.kind), "%s", kind);
	(void)snprintf(f.subject, sizeof(f.subject), "%s", subject);
	return f;
}

static void a_finding_is_told_once_and_its_end_too(void **state)
{
	struct notices n = { 0 };
	struct told t = { 0 };
	const struct finding sick[] = { finding("fs.stuck", "/mnt/a"),
		                        finding("fs.stuck", "/mnt/b") };

	(void)state;
	for (int64_t now = 0; now <= 60000; now += 1000)
		notices_take(&n, sick, 2, now, hear, &t);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.lines[0], "+fs.stuck /mnt/a");
	for (int64_t now = 61000; now <= 120000; now += 1000)
		notices_take(&n, &sick[1], 1, now, hear, &t);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.lines[2], "-fs.stuck /mnt/a");
	notices_take(&n, &sick[0], 1, 121000, hear, &t);
	assert_string_equal(t.lines[3], "+fs.stuck /mnt/a");
	notices_done(&n);
}

static void one_that_comes_and_goes_is_one(void **state)
{
	struct notices n = { 0 };
	struct told t = { 0 };
	const struct finding f = finding("collect.failed", "mem");

	(void)state;
	for (int64_t now = 0; now < 300000; now += 10000)
		notices_take(&n, &f, now % 20000 == 0, now, hear, &t);
	assert_int_equal(t.n, 1);
	/* Nothing was looked at for an hour; it is still there. */
	notices_take(&n, &f, 1, 3900000, hear, &t);
	assert_int_equal(t.n, 1);
	notices_take(&n, NULL, 0, 3900000 + NOTICES_QUIET_MS, hear, &t);
	assert_int_equal(t.n, 2);
	assert_int_equal(n.n, 0);
	notices_done(&n);
}

static void a_flood_is_bounded(void **state)
{
	static struct told t;
	struct notices n = { 0 };

	(void)state;
	for (int i = 0; i < NOTICES_MAX + 5; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", i);
		const struct finding f = finding("x", name);
		notices_take(&n, &f, 1, 0, hear, &t);
	}
	assert_int_equal(t.n, NOTICES_MAX);
	assert_int_equal(n.dropped, 5);
	notices_take(&n, NULL, 0, NOTICES_QUIET_MS, hear, &t);
	assert_int_equal(t.n, 2 * NOTICES_MAX);
	notices_done(&n);
}

RUN_TESTS(cmocka_unit_test(a_finding_is_told_once_and_its_end_too),
          cmocka_unit_test(one_that_comes_and_goes_is_one), cmocka_unit_test(a_flood_is_bounded))
