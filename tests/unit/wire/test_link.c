/*
 * test_link.c - frames between keeper and worker.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include "fuzz/fuzz_link.c"
#include "tests/unit/wire/corpus.h"

static const struct link_frame news = {
	.kind = LINK_NEWS,
	.id = UINT64_MAX,
	.time_ms = -1,
	.value = INT64_MIN,
	.n_texts = 2,
	.texts = { { "agent.crash", 11 }, { "\xe7\xbb\x88\xe4\xba\x86", 6 } },
};

static void a_frame_comes_back_as_it_was(void **state)
{
	char packet[LINK_MAX_BYTES];
	struct link_frame f;

	(void)state;
	size_t len = link_write(&news, packet);
	assert_int_equal(len, 28 + 2 + 11 + 2 + 6);
	assert_true(link_read((struct str){ packet, len }, &f));
	assert_int_equal(f.kind, LINK_NEWS);
	assert_true(f.id == UINT64_MAX && f.time_ms == -1 && f.value == INT64_MIN);
	assert_int_equal(f.n_texts, 2);
	assert_str(link_text(&f, 0), "agent.crash");
	assert_str(link_text(&f, 1), "\xe7\xbb\x88\xe4\xba\x86");
	assert_str(link_text(&f, 2), "");
}

static void a_frame_cut_anywhere_is_refused(void **state)
{
	char packet[LINK_MAX_BYTES + 1];
	struct link_frame f;
	size_t len = link_write(&news, packet);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_false(link_read((struct str){ packet, n }, &f));
	packet[len] = 'x';
	assert_false(link_read((struct str){ packet, len + 1 }, &f));
}

static void nonsense_is_refused(void **state)
{
	char packet[LINK_MAX_BYTES];
	struct link_frame f;
	size_t len = link_write(&news, packet);

	(void)state;
	packet[0] = 2;
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[0] = LINK_VERSION;
	packet[1] = 0;
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[1] = LINK_N_KINDS;
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[1] = LINK_NEWS;
	packet[3] = 1; /* 258 texts */
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[3] = 0;
	packet[30] = '\n';
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[30] = (char)0xff;
	assert_false(link_read((struct str){ packet, len }, &f));
	packet[30] = 'a';
	assert_true(link_read((struct str){ packet, len }, &f));
}

static void a_frame_too_long_is_not_written(void **state)
{
	char packet[LINK_MAX_BYTES], text[LINK_MAX_BYTES];
	struct link_frame f = { .kind = LINK_STATE, .n_texts = 1 };

	(void)state;
	memset(text, 'x', sizeof(text));
	f.texts[0] = (struct str){ text, LINK_MAX_BYTES - 30 };
	assert_int_equal(link_write(&f, packet), LINK_MAX_BYTES);
	for (size_t extra = 1; extra <= 30; extra++) {
		f.texts[0].len = LINK_MAX_BYTES - 30 + extra;
		assert_int_equal(link_write(&f, packet), 0);
	}
}

static void the_corpus_is_taken_or_refused(void **state)
{
	(void)state;
	assert_true(corpus_run(CORPUS "/link", LLVMFuzzerTestOneInput) >= 7);
}

RUN_TESTS(cmocka_unit_test(a_frame_comes_back_as_it_was),
          cmocka_unit_test(a_frame_cut_anywhere_is_refused), cmocka_unit_test(nonsense_is_refused),
          cmocka_unit_test(a_frame_too_long_is_not_written),
          cmocka_unit_test(the_corpus_is_taken_or_refused))
