/*
 * mem.h - memory that is there or ends the process, and release by scope.
 *
 * Out of memory aborts: the parent process restarts us with everything durable
 * intact. This is honest only because every buffer that grows with input has a limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

/** Zeroed memory for `n` objects of `size` bytes; never NULL (n = 0 gives a freeable pointer). */
MUST_CHECK void *xcalloc(size_t n, size_t size);

/** Resizes `p` (or NULL) to `n` objects of `size` bytes; what is new is not zeroed; never NULL. */
MUST_CHECK void *xrealloc(void *p, size_t n, size_t size);

/** A copy of `len` bytes with a NUL behind it. */
MUST_CHECK char *xmemdup0(const void *p, size_t len);

/** A copy of the C string `s`. */
MUST_CHECK char *xstrdup(const char *s);

/**
 * Makes room for `want` objects of `size` bytes in an array of capacity `*cap`, at least doubling it.
 * Returns the array, which may have moved.
 */
MUST_CHECK void *xgrow(void *p, size_t *cap, size_t want, size_t size);

static inline void auto_free_(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

/* A pointer freed when its scope ends. Initialise at the declaration. */
#define AUTO_FREE __attribute__((cleanup(auto_free_)))

/* Gives an AUTO_FREE pointer away and leaves NULL behind. */
#define PTR_GIVE(p)                                                                                \
	__extension__({                                                                            \
		__auto_type ptr_give_ = (p);                                                       \
		(p) = NULL;                                                                        \
		ptr_give_;                                                                         \
	})

#endif
