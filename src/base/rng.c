/*
 * rng.c - xoshiro256** (Blackman and Vigna, public domain algorithm) seeded by splitmix64, and the kernel's randomness.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/rng.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/fd.h"

__extension__ typedef unsigned __int128 u128;

static uint64_t rotl(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		r->s[i] = z ^ z >> 31;
	}
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t ret = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return ret;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)((u128)rng_u64(r) * n >> 64);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1.0p-53;
}

void random_bytes(void *p, size_t len)
{
	char *at = p;
	size_t left = len;

	while (left != 0) {
		ssize_t n = getrandom(at, left, 0);

		if (n <= 0)
			break;
		at += n;
		left -= (size_t)n;
	}
	if (left == 0)
		return;
	AUTO_CLOSE int fd = fd_open_read(AT_FDCWD, "/dev/urandom");
	if (fd < 0 || fd_read_all(fd, at, left) != (ssize_t)left)
		abort();
}
