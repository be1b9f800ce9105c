/*
 * offset.h - the true time (Redis TIME) told from our monotonic clock.
 *
 * Stamps are made as monotonic time + base, where base = server's time - our monotonic time. So a step of
 * this machine's wall clock never shows in a stamp; it only changes the reported offset. Of the several
 * probes of a round the one with the shortest round trip counts: half of it bounds the error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_OFFSET_H
#define CORE_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/moment.h"

enum {
	OFFSET_PROBES = 4,            /* probes that make a round */
	OFFSET_ROUND_MS = 60000,      /* a round begins so long after the one before */
	OFFSET_STEP_MS = 1000,        /* a clock that moved further than this has stepped */
	OFFSET_MAX_RTT_US = 10000000, /* a slower answer says nothing about the time */
};

struct offset {
	bool known;      /* base_us holds something */
	int64_t base_us; /* server's UTC microseconds - our monotonic microseconds */
	int64_t rtt_us;  /* round trip of the probe base_us is from */
	unsigned probes; /* usable answers in the round at hand */
	int64_t round_base_us, round_rtt_us; /* the best of the round at hand */
	bool wall_known;                     /* wall_ahead_ms holds something */
	int64_t wall_ahead_ms; /* our wall clock - our monotonic clock, when last looked at */
};

/** Begins a round; what is known stays in force until the round is complete. */
void offset_begin(struct offset *o);

/* What became of an answer. */
enum offset_answer {
	OFFSET_MORE, /* taken; the round wants another probe */
	OFFSET_DONE, /* taken; the round is complete and in force */
	OFFSET_BAD,  /* left out: an impossible time or round trip */
};

/**
 * One answer to TIME: asked at `sent_us` and answered at `got_us` by our monotonic clock, `server_us` is what
 * it said. With OFFSET_DONE `*ret_step_ms` says how far the server's clock has stepped against ours since the
 * round before (0 = it has not).
 */
enum offset_answer offset_probe(struct offset *o, int64_t sent_us, int64_t server_us,
                                int64_t got_us, int64_t *ret_step_ms);

/** The true UTC time in milliseconds; this machine's wall clock while nothing is known. */
int64_t offset_true_ms(const struct offset *o, struct moment now);

/** True time - our wall clock, in milliseconds: what the agent reports. 0 while nothing is known. */
int64_t offset_ms(const struct offset *o, struct moment now);

/** How far our own wall clock has stepped since the last call; 0 = it has not (and on the first call). */
int64_t offset_wall_step_ms(struct offset *o, struct moment now);

#endif
