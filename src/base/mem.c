/*
 * mem.c - allocation that aborts instead of returning NULL.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"

#include <stdio.h>

static NORETURN void out_of_memory(size_t n, size_t size)
{
	(void)fprintf(stderr, "<2>out of memory (%zu x %zu bytes)\n", n, size);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		out_of_memory(n, size);
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n != 0 ? n : 1, size != 0 ? size : 1);

	if (q == NULL)
		out_of_memory(n, size);
	return q;
}

char *xmemdup0(const void *p, size_t len)
{
	char *q = xrealloc(NULL, len + 1, 1);

	if (len != 0)
		memcpy(q, p, len);
	q[len] = '\0';
	return q;
}

char *xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

void *xgrow(void *p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap;

	if (want <= n)
		return p;
	n = n < 8 ? 8 : n;
	while (n < want)
		n = n > (size_t)-1 / 2 ? want : n * 2;
	p = xrealloc(p, n, size);
	*cap = n;
	return p;
}
