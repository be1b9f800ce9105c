/*
 * map.h - text to pointer; entries stay in the order they came, so walking it is deterministic.
 *
 * Keyed SipHash-1-3: names that peers choose cannot be made to collide.
 * Removal swaps the last entry into the hole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct map_entry {
	char *key; /* owned by the map, NUL behind */
	size_t key_len;
	uint64_t hash;
	void *value; /* the caller's */
};

struct map {
	struct map_entry *entries; /* 0..n-1, for walking; not to be changed but for `value` */
	size_t n, cap;
	uint32_t *slots; /* entry index + 1, 0 = free; n_slots is a power of two */
	size_t n_slots;
	uint64_t seed[2];
};

/** An empty map whose hash is keyed by `seed` (random for peers' names, fixed in the simulator). */
void map_init(struct map *m, uint64_t seed);

/** Frees the map and its keys; the values are the caller's. */
void map_done(struct map *m);

/** The value of `key`, or NULL. */
void *map_get(const struct map *m, struct str key);

/** Sets `key` to `value` (never NULL); returns the value it had, or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/** Removes `key`; returns the value it had, or NULL. */
void *map_remove(struct map *m, struct str key);

#endif
