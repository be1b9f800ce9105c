/*
 * fuzz_update.c - any bytes as a message of update:info: what is taken can be written and is taken again, the same.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "wire/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf b = BUF((size_t)2 * UPDATE_MAX_BYTES);
	struct err err = { 0 };
	struct update u, again;

	if (update_read((struct str){ (const char *)data, size }, &u, &err) < 0 ||
	    u.kind == UPDATE_OTHER)
		return 0;
	check(key_ip_is_valid(str_of(u.ip)) && utf8_is_valid(str_of(u.event.text)));
	check(update_write(&b, &u) && update_read(buf_as_str(&b), &again, &err) == 0);
	check(u.kind == again.kind && u.alive == again.alive && u.seq == again.seq &&
	      u.ts_ms == again.ts_ms && u.interval_ms == again.interval_ms &&
	      u.event.level == again.event.level && strcmp(u.ip, again.ip) == 0 &&
	      strcmp(u.id, again.id) == 0 && strcmp(u.event.kind, again.event.kind) == 0 &&
	      strcmp(u.event.text, again.event.text) == 0 && str_eq(u.info, again.info));
	check(u.event.data.len == 0 || str_eq(u.event.data, again.event.data));
	return 0;
}
