/*
 * fuzz_bus_address.c - any text as the address of a Redis: what is taken is within its bounds and can be named.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "bus/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bus_address a = { 0 }, copy = { 0 };
	char name[BUS_NAME_SIZE];
	struct err err = { 0 };

	if (bus_address_parse((struct str){ (const char *)data, size }, &a, &err) < 0) {
		check(err.code < 0 && err.msg[0] != '\0' && a.password.bytes == NULL);
		return 0;
	}
	if (a.scheme == BUS_UNIX)
		check(a.path[0] == '/' && a.path[BUS_PATH_SIZE - 1] == '\0');
	else
		check(a.host[0] != '\0' && a.port != 0);
	check(a.db <= BUS_DB_MAX && bus_address_name(&a, name)[0] != '\0');
	bus_address_copy(&copy, &a);
	check(bus_address_equal(&a, &copy));
	bus_address_done(&copy);
	bus_address_done(&a);
	return 0;
}
