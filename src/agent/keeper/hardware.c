/*
 * hardware.c - serial number and uuid from DMI or the device tree.
 *
 * Makers leave placeholders where a number should be; one serial for half the fleet would be worse than none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/hardware.h"

#include <stdio.h>
#include <strings.h>

#include "base/fd.h"

static bool is_placeholder(struct str s)
{
	static const char *const known[] = {
		"To be filled by O.E.M.",
		"Default string",
		"System Serial Number",
		"Chassis Serial Number",
		"Not Specified",
		"Not Applicable",
		"Not Available",
		"None",
		"N/A",
		"Unknown",
		"Invalid",
		"OEM",
		"0123456789",
		"123456789",
		"1234567890",
		"Not Present",
		"xxxxxxxx",
	};
	bool same = true;

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strlen(known[i]) == s.len && strncasecmp(known[i], s.p, s.len) == 0)
			return true;
	/* "0", "00000000", "....", "FFFFFFFF-FFFF-..." */
	for (size_t i = 1; i < s.len; i++)
		same &= s.p[i] == s.p[0] || s.p[i] == '-';
	return same;
}

static bool read_one(int root, const char *path, char dst[HARDWARE_TEXT_SIZE])
{
	char text[512];
	ssize_t n = fd_read_file(root, path, text, sizeof(text));

	if (n <= 0)
		return false;
	/* The device tree ends its texts with a NUL. */
	struct str s = str_trim((struct str){ text, strnlen(text, (size_t)n) });
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return !is_placeholder(s) && str_copy(s, dst, HARDWARE_TEXT_SIZE);
}

void hardware_read(int root, struct hardware *ret)
{
	static const char *const serials[] = {
		"sys/class/dmi/id/product_serial",
		"sys/class/dmi/id/chassis_serial",
		"sys/class/dmi/id/board_serial",
		"sys/firmware/devicetree/base/serial-number",
	};

	*ret = (struct hardware){ 0 };
	for (size_t i = 0; i < COUNT_OF(serials); i++)
		if (read_one(root, serials[i], ret->serial))
			break;
	(void)read_one(root, "sys/class/dmi/id/product_uuid", ret->uuid);
}
