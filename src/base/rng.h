/*
 * rng.h - two sources of chance: a seeded one for jitter and simulation, the kernel's for secrets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256**: same seed, same sequence, on every machine. Not for secrets. */
struct rng {
	uint64_t s[4];
};

/** Starts the sequence of `seed`. */
void rng_seed(struct rng *r, uint64_t seed);

/** The next 64 bits. */
uint64_t rng_u64(struct rng *r);

/** Evenly distributed in [0, n); n = 0 gives 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/** Evenly distributed in [0, 1). */
double rng_unit(struct rng *r);

/** Fills `p` from the kernel (getrandom, /dev/urandom before Linux 3.17); aborts when there is none. */
void random_bytes(void *p, size_t len);

#endif
