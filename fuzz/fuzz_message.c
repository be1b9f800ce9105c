/*
 * fuzz_message.c - any bytes as an `info` message: read, or refused with a reason and without a trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* A percentage, or not known. */
static bool is_percent(double v)
{
	return v != v || (v >= 0 && v <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_digest d = { .seq = 42 };
	struct err err = { 0 };
	int r = message_read((struct str){ (const char *)data, size }, &d, &err);

	if (r < 0) {
		check(r == err.code && err.msg[0] != '\0' && d.seq == 42 && d.ip[0] == '\0');
		return 0;
	}
	check(is_percent(d.cpu) && is_percent(d.mem) && is_percent(d.disk));
	check(d.ts_ms >= 0 && memchr(d.hostname, '\0', sizeof(d.hostname)) != NULL);
	for (size_t i = 0; i < MESSAGE_STUCK_MAX; i++)
		check(memchr(d.stuck[i], '\0', sizeof(d.stuck[i])) != NULL);
	return 0;
}
