/*
 * password.h - passwords by argon2id: slow on purpose, so it runs on a work thread (work.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_LOGIN_PASSWORD_H
#define SERVER_LOGIN_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum {
	PASSWORD_TEXT_SIZE = 128, /* of the stored form, with its NUL */
	PASSWORD_MIN = 8,         /* characters */
	PASSWORD_MAX = 256,       /* bytes */
};

/** Sets the library up; once, before any thread. */
MUST_CHECK int password_init(struct err *err);

/** Whether a new password will do; the sentence says what is wrong with it. `name` may not be it. */
MUST_CHECK int password_check(struct str name, struct str password, struct err *err);

/** The stored form of a password, about 60 ms and 64 MiB. -ENOMEM when there is not so much. */
MUST_CHECK int password_hash(struct str password, char dst[PASSWORD_TEXT_SIZE], struct err *err);

/**
 * Whether `password` is the one of the stored form `stored`. An empty `stored` takes as long and is never
 * right: a name that does not exist must not be told from one that does.
 */
MUST_CHECK bool password_matches(struct str stored, struct str password);

#endif
