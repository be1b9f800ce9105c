/*
 * token.h - secrets that stand for a login: made here, kept only as digests.
 *
 * A token is long and random, so a fast digest (BLAKE2b-256) is enough to keep it by; passwords are another
 * matter and go through argon2id.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_LOGIN_TOKEN_H
#define SERVER_LOGIN_TOKEN_H

#include <stdint.h>

#include "base/str.h"
#include "server/store/rows.h"

enum { TOKEN_TEXT_SIZE = 4 + 64 + 1 };

/* What every API token starts with, so that one is recognised where it does not belong. */
#define TOKEN_PREFIX "mst_"

/** Makes a new one: `prefix` (at most 4 bytes) and 64 hex digits of the kernel's randomness. */
void token_make(const char *prefix, char dst[TOKEN_TEXT_SIZE]);

/** The digest a token, cookie or setup link is kept by. */
void token_digest(struct str token, uint8_t ret[DIGEST_BYTES]);

#endif
