/*
 * keys.h - every key and channel in Redis: one row each, from which docs/redis.md is printed, and the
 * functions that make and recognise their names.
 *
 * The names, fields and shapes are a public contract. What a host is named by in them is its ip, as
 * inet_ntop writes it: any other spelling is refused, so that a host has one key and not two.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_KEYS_H
#define WIRE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

enum key_id {
	KEY_CLIENT_RUN,
	KEY_CLIENT_INTERVAL,
	KEY_WORKER,
	KEY_SERVERS_ALIVE,
	KEY_ALIVE,
	KEY_INFO,
	KEY_WORKLOAD,
	KEY_CONFIG,
	KEY_WATCH,
	KEY_LEASE,
	KEY_LEASE_FENCE,
	KEY_UPDATE,       /* channel */
	KEY_UPDATE_ALIVE, /* channel */
	KEY_BELL_HOST,    /* channel */
	KEY_BELL,         /* channel */
	KEY_N
};

enum key_type { KEY_STRING, KEY_HASH, KEY_ZSET, KEY_CHANNEL };

/* A field of a hash, an element of an array or a member of a message. */
struct key_field {
	const char *name;
	const char *text; /* unit, range, when it is there */
};

/* What docs/redis.md says about one key. Texts are never NULL unless said so. */
struct key_def {
	const char *pattern; /* the name, `{ip}` or `[ip]` standing for the host's ip */
	enum key_type type;
	const char *summary;            /* one sentence: what for */
	const char *shape;              /* what the value looks like */
	const struct key_field *fields; /* of a hash or of the JSON; NULL when `shape` says all */
	size_t n_fields;
	const char *writer, *reader;
	const char *expiry;  /* when it goes away */
	const char *example; /* a value, or a command line with its answer */
};

/** Row of a key; `id` below KEY_N. */
const struct key_def *key_def(enum key_id id);

/** "string", "hash", "sorted set", "channel". */
const char *key_type_name(enum key_type type);

enum {
	KEY_IP_SIZE = 46, /* INET6_ADDRSTRLEN: any ip and a NUL */
	KEY_SIZE = 96,    /* any key of ours and a NUL */
};

/* The name of a key. */
struct key_name {
	size_t len;
	char text[KEY_SIZE]; /* NUL behind it */
};

/** Whether `ip` is an IPv4 or IPv6 address in the one spelling that is used in keys. */
MUST_CHECK bool key_ip_is_valid(struct str ip);

/**
 * Makes the name of key `id` for the host `ip` (which does not matter where the pattern names none).
 * False, and an empty name, when the ip is not valid.
 */
MUST_CHECK bool key_make(enum key_id id, struct str ip, struct key_name *ret);

/** The name, borrowed. */
static inline struct str key_str(const struct key_name *k)
{
	return (struct str){ k->text, k->len };
}

/** The name of a key without an ip, borrowed for ever. */
struct str key_plain(enum key_id id);

/** Whether `name` is key `id` of some host; `*ret_ip` (borrowed from `name`) is a valid ip then. */
MUST_CHECK bool key_ip_of(enum key_id id, struct str name, struct str *ret_ip);

/** The glob for SCAN or PSUBSCRIBE that fits key `id` of every host, such as "rdv_worker_*". */
void key_glob(enum key_id id, struct key_name *ret);

#endif
