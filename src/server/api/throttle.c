/*
 * throttle - see throttle.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/throttle.h"

#include "base/map.h"
#include "base/mem.h"

/* Keys: 'a' + address, 'n' + name cut to what is stored. */
enum { KEY_SIZE = 300, FIRST_PAUSE_MS = 1000 };

struct entry {
	unsigned failures;
	int64_t last_ms;
};

struct throttle {
	struct map entries;
};

struct throttle *throttle_new(uint64_t seed)
{
	struct throttle *t = xcalloc(1, sizeof(*t));

	map_init(&t->entries, seed);
	return t;
}

void throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->entries.n; i++)
		free(t->entries.entries[i].value);
	map_done(&t->entries);
	free(t);
}

static struct str key_of(char kind, struct str s, char dst[KEY_SIZE])
{
	size_t len = s.len < KEY_SIZE - 1 ? s.len : KEY_SIZE - 1;

	dst[0] = kind;
	memcpy(dst + 1, s.p, len);
	return (struct str){ dst, len + 1 };
}

static const struct entry *find(const struct throttle *t, char kind, struct str s, int64_t now_ms)
{
	char key[KEY_SIZE];
	const struct entry *e = map_get(&t->entries, key_of(kind, s, key));

	return e != NULL && now_ms - e->last_ms < THROTTLE_FORGET_MS ? e : NULL;
}

static int64_t pause_ms(const struct entry *e, unsigned free_tries, int64_t max_ms, int64_t now_ms)
{
	if (e == NULL || e->failures < free_tries)
		return 0;
	unsigned doublings = e->failures - free_tries;
	int64_t pause = doublings < 20 ? (int64_t)FIRST_PAUSE_MS << doublings : max_ms;
	int64_t left = e->last_ms + (pause < max_ms ? pause : max_ms) - now_ms;

	return left > 0 ? left : 0;
}

int64_t throttle_wait_ms(const struct throttle *t, struct str addr, struct str name, int64_t now_ms)
{
	int64_t a =
		pause_ms(find(t, 'a', addr, now_ms), THROTTLE_FREE, THROTTLE_ADDR_MAX_MS, now_ms);
	int64_t n = 0;

	if (name.len > 0)
		n = pause_ms(find(t, 'n', name, now_ms), THROTTLE_NAME_FREE, THROTTLE_NAME_MAX_MS,
		             now_ms);
	return a > n ? a : n;
}

static void forget_oldest(struct throttle *t)
{
	const struct map_entry *oldest = NULL;

	for (size_t i = 0; i < t->entries.n; i++) {
		const struct map_entry *m = &t->entries.entries[i];

		if (oldest == NULL || ((const struct entry *)m->value)->last_ms <
		                              ((const struct entry *)oldest->value)->last_ms)
			oldest = m;
	}
	if (oldest != NULL)
		free(map_remove(&t->entries, (struct str){ oldest->key, oldest->key_len }));
}

static void count(struct throttle *t, char kind, struct str s, int64_t now_ms)
{
	char bytes[KEY_SIZE];
	struct str key = key_of(kind, s, bytes);
	struct entry *e = map_get(&t->entries, key);

	if (e == NULL) {
		if (t->entries.n >= THROTTLE_ENTRIES)
			forget_oldest(t);
		e = xcalloc(1, sizeof(*e));
		(void)map_put(&t->entries, key, e);
	}
	if (now_ms - e->last_ms >= THROTTLE_FORGET_MS)
		e->failures = 0;
	e->failures++;
	e->last_ms = now_ms;
}

void throttle_fail(struct throttle *t, struct str addr, struct str name, int64_t now_ms)
{
	count(t, 'a', addr, now_ms);
	if (name.len > 0)
		count(t, 'n', name, now_ms);
}

void throttle_pass(struct throttle *t, struct str addr, struct str name)
{
	char key[KEY_SIZE];
	struct entry *e = map_get(&t->entries, key_of('a', addr, key));

	/* Only this try: who may log in himself must not guess at others for nothing. */
	if (e != NULL && --e->failures == 0)
		free(map_remove(&t->entries, key_of('a', addr, key)));
	if (name.len > 0)
		free(map_remove(&t->entries, key_of('n', name, key)));
}

unsigned throttle_failures(const struct throttle *t, struct str addr)
{
	char key[KEY_SIZE];
	const struct entry *e = map_get(&t->entries, key_of('a', addr, key));

	return e != NULL ? e->failures : 0;
}
