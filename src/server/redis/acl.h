/*
 * acl.h - the users of our Redis and what each may do.
 *
 * An agent may write what is said of its hosts, and only read what steers it: whoever takes over a host
 * cannot command the others through Redis. The rest (one agent speaking in another's name) is caught by
 * signatures, not here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_REDIS_ACL_H
#define SERVER_REDIS_ACL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/secret.h"

/* The two users we make; "default" is switched off. */
#define REDIS_USER_SERVER "server"
#define REDIS_USER_AGENT  "agent"

/**
 * Appends the text of an ACL file.
 *
 * `has_read_only`: the Redis is 7.0 or newer and knows keys that may only be read; an older one lets agents
 * write those, too. False when the buffer is full.
 */
MUST_CHECK bool acl_write(struct buf *b, const struct secret *server, const struct secret *agent,
                          bool has_read_only);

#endif
