/*
 * update.h - the messages of the channel update:info: written by agents (and by a server for the dead),
 * read by servers and whoever likes to listen.
 *
 * Pub/sub is lossy and anybody may publish: a reader believes nothing here that it could not find in a key, and
 * passes over types it does not know. Reading allocates nothing unless a text has escapes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_UPDATE_H
#define WIRE_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/keys.h"
#include "wire/message.h"

enum {
	UPDATE_MAX_BYTES = MESSAGE_MAX_BYTES + 1024, /* a longer message is refused */
	UPDATE_ID_SIZE = 33,
	EVENT_KIND_SIZE = 32,
	EVENT_TEXT_SIZE = 512,
	EVENT_DATA_MAX = 4096, /* bytes of JSON */
};

enum update_kind {
	UPDATE_OTHER, /* a type of somebody else's: nothing but `kind` is set */
	UPDATE_ALIVE,
	UPDATE_WORKLOAD,
	UPDATE_WAITING,
	UPDATE_EVENT,
};

enum event_level { EVENT_INFO, EVENT_WARN, EVENT_ERROR };

/* Something a person should know, as an agent tells it. */
struct update_event {
	char kind[EVENT_KIND_SIZE]; /* "agent.crash": lower case, dots */
	enum event_level level;
	char text[EVENT_TEXT_SIZE]; /* a sentence, UTF-8 */
	struct str data;            /* a JSON object; empty = {} */
};

/* One message; what its kind does not have is zero. Texts given as struct str are borrowed. */
struct update {
	enum update_kind kind;
	char ip[KEY_IP_SIZE]; /* valid */
	char id[UPDATE_ID_SIZE]; /* 32 lower-case hex digits; "" = none told: not from an agent of ours */
	bool alive;              /* ALIVE */
	uint64_t seq;            /* ALIVE; 0 = not told */
	int64_t ts_ms;           /* ALIVE, EVENT: true UTC time; 0 = not told */
	int64_t interval_ms;       /* ALIVE: the report interval in force; 0 = not told */
	struct str info;           /* WORKLOAD: the message, a JSON object */
	struct update_event event; /* EVENT */
};

/** Appends the message. False when the buffer is full. */
bool update_write(struct buf *b, const struct update *u);

/**
 * Appends a workload message's beginning; the caller appends the info object and '}'. For whoever writes the
 * info straight into place.
 */
bool update_write_workload(struct buf *b, struct str ip, struct str id);

/**
 * Reads a message; `ret` borrows from `text`. Returns 0; -EMSGSIZE when it is too long, -EBADMSG when it is
 * no JSON object, lacks what its type needs, or holds it in another shape. `ret` is written only on success.
 */
MUST_CHECK int update_read(struct str text, struct update *ret, struct err *err);

/** "info", "warn", "error". */
const char *event_level_name(enum event_level level);

#endif
