/*
 * secret.h - a password or key in memory: a type no formatter takes, wiped when released.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct secret {
	char *bytes; /* owned, NUL behind; NULL = not set */
	size_t len;
};

/** Replaces the secret by a copy of `s`. */
void secret_set(struct secret *x, struct str s);

/** Copies one secret into another (wiping what was there). */
void secret_copy(struct secret *dst, const struct secret *src);

/** Wipes and frees. */
void secret_done(struct secret *x);

/** Whether one was set; an empty one counts. */
bool secret_is_set(const struct secret *x);

/** The bytes, for the one call that hands them to the library or peer that needs them. Borrowed. */
struct str secret_reveal(const struct secret *x);

/** Compares in a time that depends on the lengths only. */
bool secret_equal(struct str a, struct str b);

#endif
