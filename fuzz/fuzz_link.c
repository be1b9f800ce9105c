/*
 * fuzz_link.c - any packet as a frame of the link: what is taken is written back as the same packet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "wire/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char packet[LINK_MAX_BYTES];
	struct link_frame f;

	if (!link_read((struct str){ (const char *)data, size }, &f))
		return 0;
	if (link_write(&f, packet) != size || memcmp(packet, data, size) != 0)
		abort();
	return 0;
}
