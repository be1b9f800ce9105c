/*
 * secret.c - secrets are copied once, compared in constant time and wiped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/secret.h"

#include <stdlib.h>

#include "base/mem.h"

void secret_set(struct secret *x, struct str s)
{
	char *copy = xmemdup0(s.p, s.len); /* before the old one goes: `s` may point into it */

	secret_done(x);
	x->bytes = copy;
	x->len = s.len;
}

void secret_copy(struct secret *dst, const struct secret *src)
{
	if (src->bytes == NULL)
		secret_done(dst);
	else
		secret_set(dst, secret_reveal(src));
}

void secret_done(struct secret *x)
{
	if (x->bytes != NULL)
		explicit_bzero(x->bytes, x->len);
	free(x->bytes);
	*x = (struct secret){ 0 };
}

bool secret_is_set(const struct secret *x)
{
	return x->bytes != NULL;
}

struct str secret_reveal(const struct secret *x)
{
	return (struct str){ x->bytes != NULL ? x->bytes : "", x->len };
}

bool secret_equal(struct str a, struct str b)
{
	unsigned char diff = a.len != b.len;

	for (size_t i = 0; i < a.len && i < b.len; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}
