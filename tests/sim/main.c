/*
 * main.c - runs seeds: one with its trace, or many and a summary.
 *
 * usage: sim [--seed S] [--seeds N] [--hosts N] [--seconds S] [--trace] [--quiet]
 *
 * Ends with 0 when nothing happened that must not, with 1 at the first seed where it did.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/sim.h"

static bool run_seed(const struct options *o, bool quiet, uint64_t *ret_hash, uint64_t *ret_events)
{
	struct world w = { .options = *o };
	bool ok = world_run(&w);

	if (!ok)
		(void)fprintf(stderr, "%s\n", w.failure);
	else if (!quiet)
		printf("seed %" PRIu64 ": %" PRIu64 " events, trace %016" PRIx64 "\n", o->seed,
		       w.n_events, w.hash);
	*ret_hash = w.hash;
	*ret_events += w.n_events;
	world_done(&w);
	return ok;
}

static bool number(const char *text, uint64_t *ret)
{
	return text != NULL && str_u64(str_of(text), ret);
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	uint64_t seeds = 1, hosts = 0, seconds = 0, hash = 0, events = 0, all = 0;
	bool quiet = false, good = true;

	for (int i = 1; i < argc && good; i++) {
		struct str arg = str_of(argv[i]);

		if (str_is(arg, "--trace"))
			o.trace = true;
		else if (str_is(arg, "--quiet"))
			quiet = true;
		else if (str_is(arg, "--seed"))
			good = number(argv[++i], &o.seed);
		else if (str_is(arg, "--seeds"))
			good = number(argv[++i], &seeds);
		else if (str_is(arg, "--hosts"))
			good = number(argv[++i], &hosts) && hosts >= 1 && hosts <= 100000;
		else if (str_is(arg, "--seconds"))
			good = number(argv[++i], &seconds) && seconds <= 86400;
		else
			good = false;
	}
	if (!good) {
		(void)fprintf(stderr, "usage: sim [--seed S] [--seeds N] [--hosts N] [--seconds S] "
		                      "[--trace] [--quiet]\n");
		return 2;
	}
	o.hosts = (uint32_t)hosts;
	o.seconds = (int64_t)seconds;
	for (uint64_t n = 0; n < seeds; n++, o.seed++) {
		if (!run_seed(&o, quiet || seeds > 1, &hash, &events))
			return 1;
		all = all * 31 + hash;
	}
	if (seeds > 1)
		printf("%" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " events, traces %016" PRIx64
		       "\n",
		       seeds, o.seed - seeds, events, all);
	return 0;
}
