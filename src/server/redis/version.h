/*
 * version.h - which Redis a program is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_REDIS_VERSION_H
#define SERVER_REDIS_VERSION_H

#include <stdbool.h>

#include "base/err.h"

/**
 * Runs "PROGRAM --version" (5 s at most). `*ret_has_read_only`: it knows keys that may only be read (7.0).
 * -ENOENT without the program, -EPROTONOSUPPORT when it is no Redis or older than 6.2.
 */
MUST_CHECK int redis_version(const char *program, bool *ret_has_read_only, struct err *err);

#endif
