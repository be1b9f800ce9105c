/*
 * test_corpus.c - every input the fuzzer of the collectors keeps, with whatever compiler is at hand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/wire/corpus.h"

#include "fuzz/fuzz_collect.c"

static void every_input_of_the_corpus_is_survived(void **state)
{
	(void)state;
	assert_true(corpus_run(CORPUS "/collect", LLVMFuzzerTestOneInput) > 40);
}

RUN_TESTS(cmocka_unit_test(every_input_of_the_corpus_is_survived))
