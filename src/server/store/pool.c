/*
 * pool.c - see pool.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CHUNK_BYTES = 1024, CHUNK_BYTES_MAX = 65536 };

struct pool_chunk {
	struct pool_chunk *next;
	_Alignas(max_align_t) char bytes[];
};

void *pool_alloc(struct pool *p, size_t n)
{
	size_t align = _Alignof(max_align_t);

	n = (n + align - 1) / align * align;
	if (p->chunks == NULL || p->size - p->used < n) {
		size_t size = p->chunks == NULL ? CHUNK_BYTES : p->size * 2;
		if (size > CHUNK_BYTES_MAX)
			size = CHUNK_BYTES_MAX;
		if (size < n)
			size = n;
		struct pool_chunk *chunk = xcalloc(1, sizeof(*chunk) + size);
		chunk->next = p->chunks;
		p->chunks = chunk;
		p->size = size;
		p->used = 0;
	}
	void *room = p->chunks->bytes + p->used;
	p->used += n;
	return room;
}

struct str pool_str(struct pool *p, struct str s)
{
	char *copy = pool_alloc(p, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return (struct str){ copy, s.len };
}

void pool_done(struct pool *p)
{
	while (p->chunks != NULL) {
		struct pool_chunk *next = p->chunks->next;
		free(p->chunks);
		p->chunks = next;
	}
	*p = (struct pool){ 0 };
}
