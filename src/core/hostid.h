/*
 * hostid.h - a host's identity: 128 random bits made at its first start.
 *
 * Ip, host name and serial number are attributes of a host; this is the host.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_HOSTID_H
#define CORE_HOSTID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum { HOST_ID_BYTES = 16, HOST_ID_TEXT_SIZE = 33, HOST_IP_SIZE = 46 };

struct host_id {
	uint8_t b[HOST_ID_BYTES]; /* all zero = none */
};

static inline bool host_id_is_set(struct host_id id)
{
	static const struct host_id none = { { 0 } };

	return memcmp(&id, &none, sizeof(id)) != 0;
}

static inline bool host_id_eq(struct host_id a, struct host_id b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/** Reads 32 hex digits; false on anything else and on all zeros. */
MUST_CHECK static inline bool host_id_read(struct str text, struct host_id *ret)
{
	struct host_id id = { { 0 } };

	if (!hex_decode(text, id.b, sizeof(id.b)) || !host_id_is_set(id))
		return false;
	*ret = id;
	return true;
}

/** Writes 32 lower-case hex digits and a NUL. */
static inline void host_id_write(struct host_id id, char dst[HOST_ID_TEXT_SIZE])
{
	hex_encode(id.b, sizeof(id.b), dst);
}

#endif
