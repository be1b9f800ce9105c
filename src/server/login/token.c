/*
 * token.c - see token.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/login/token.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/rng.h"

void token_make(const char *prefix, char dst[TOKEN_TEXT_SIZE])
{
	uint8_t raw[32];
	size_t len = strlen(prefix);

	assert(len <= 4);
	random_bytes(raw, sizeof(raw));
	memcpy(dst, prefix, len);
	hex_encode(raw, sizeof(raw), dst + len);
	sodium_memzero(raw, sizeof(raw));
}

void token_digest(struct str token, uint8_t ret[DIGEST_BYTES])
{
	/* Cannot fail with these sizes and no key. */
	(void)crypto_generichash(ret, DIGEST_BYTES, (const unsigned char *)token.p, token.len, NULL,
	                         0);
}
