/*
 * map.c - open addressing over a dense array of entries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

static uint64_t rotl(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein). */
static uint64_t sip13(const uint64_t key[2], struct str s)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		          key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	uint64_t last = (uint64_t)s.len << 56, word;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		memcpy(&word, s.p + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (unsigned shift = 0; i < s.len; i++, shift += 8)
		last |= (uint64_t)(unsigned char)s.p[i] << shift;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int k = 0; k < 3; k++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *m, uint64_t seed)
{
	struct rng r;

	rng_seed(&r, seed);
	*m = (struct map){ .seed = { rng_u64(&r), rng_u64(&r) } };
}

void map_done(struct map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct map){ 0 };
}

/* The slot of `key`, or the free one where it would go. */
static size_t find_slot(const struct map *m, struct str key, uint64_t hash)
{
	size_t mask = m->n_slots - 1, i = hash & mask;

	for (;; i = (i + 1) & mask) {
		if (m->slots[i] == 0)
			return i;
		const struct map_entry *e = &m->entries[m->slots[i] - 1];
		if (e->hash == hash && str_eq((struct str){ e->key, e->key_len }, key))
			return i;
	}
}

void *map_get(const struct map *m, struct str key)
{
	if (m->n == 0)
		return NULL;
	size_t i = find_slot(m, key, sip13(m->seed, key));
	return m->slots[i] != 0 ? m->entries[m->slots[i] - 1].value : NULL;
}

static void rehash(struct map *m, size_t n_slots)
{
	free(m->slots);
	m->slots = xcalloc(n_slots, sizeof(*m->slots));
	m->n_slots = n_slots;
	for (size_t k = 0; k < m->n; k++) {
		size_t i = m->entries[k].hash & (n_slots - 1);

		while (m->slots[i] != 0)
			i = (i + 1) & (n_slots - 1);
		m->slots[i] = (uint32_t)k + 1;
	}
}

void *map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = sip13(m->seed, key);

	if ((m->n + 1) * 4 > m->n_slots * 3)
		rehash(m, m->n_slots != 0 ? m->n_slots * 2 : 16);
	size_t i = find_slot(m, key, hash);
	if (m->slots[i] != 0) {
		struct map_entry *e = &m->entries[m->slots[i] - 1];
		void *was = e->value;

		e->value = value;
		return was;
	}
	m->entries = xgrow(m->entries, &m->cap, m->n + 1, sizeof(*m->entries));
	m->entries[m->n] = (struct map_entry){ str_dup(key), key.len, hash, value };
	m->slots[i] = (uint32_t)++m->n;
	return NULL;
}

/* Empties slot `i` and moves back those behind it that had been pushed on by it. */
static void free_slot(struct map *m, size_t i)
{
	size_t mask = m->n_slots - 1;

	m->slots[i] = 0;
	for (size_t k = (i + 1) & mask; m->slots[k] != 0; k = (k + 1) & mask) {
		size_t home = m->entries[m->slots[k] - 1].hash & mask;

		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		m->slots[i] = m->slots[k];
		m->slots[k] = 0;
		i = k;
	}
}

void *map_remove(struct map *m, struct str key)
{
	if (m->n == 0)
		return NULL;
	size_t i = find_slot(m, key, sip13(m->seed, key));
	if (m->slots[i] == 0)
		return NULL;
	size_t k = m->slots[i] - 1;
	void *was = m->entries[k].value;
	free_slot(m, i);
	free(m->entries[k].key);
	if (k != --m->n) {
		const struct map_entry *last = &m->entries[m->n];

		/* The last entry moves into the hole: its slot must follow. */
		m->slots[find_slot(m, (struct str){ last->key, last->key_len }, last->hash)] =
			(uint32_t)k + 1;
		m->entries[k] = *last;
	}
	return was;
}
