/*
 * account.h - users of this host, from /etc/passwd.
 *
 * Not getpwnam(): in a static program it loads modules that may not fit, and crashes instead of failing.
 * So users that only a directory service knows are not found.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_ACCOUNT_H
#define AGENT_KEEPER_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct account {
	uid_t uid;
	gid_t gid;
};

/** Finds `name` in the text of a passwd file. */
MUST_CHECK bool account_parse(struct str passwd, struct str name, struct account *ret);

/** Finds `name` in /etc/passwd. -ENOENT when there is no such user. */
MUST_CHECK int account_find(const char *name, struct account *ret, struct err *err);

#endif
