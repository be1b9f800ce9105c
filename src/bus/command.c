/*
 * command.c - the RESP writer. Lengths first, so that one reservation holds the whole command.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bus/command.h"

#include <string.h>

static size_t digits(size_t v)
{
	size_t n = 1;

	for (; v >= 10; v /= 10)
		n++;
	return n;
}

/* "*12\r\n", "$5\r\n" */
static char *write_head(char *dst, char kind, size_t v)
{
	size_t n = digits(v);

	dst[0] = kind;
	for (size_t i = n; i > 0; i--, v /= 10)
		dst[i] = (char)('0' + v % 10);
	dst[n + 1] = '\r';
	dst[n + 2] = '\n';
	return dst + n + 3;
}

size_t command_size(const struct str *args, size_t n)
{
	size_t size = digits(n) + 3;

	if (n == 0 || n > COMMAND_MAX_ARGS)
		return 0;
	for (size_t i = 0; i < n; i++)
		size += digits(args[i].len) + 3 + args[i].len + 2;
	return size;
}

char *command_write(char *dst, const struct str *args, size_t n)
{
	dst = write_head(dst, '*', n);
	for (size_t i = 0; i < n; i++) {
		dst = write_head(dst, '$', args[i].len);
		if (args[i].len > 0)
			memcpy(dst, args[i].p, args[i].len);
		dst += args[i].len;
		*dst++ = '\r';
		*dst++ = '\n';
	}
	return dst;
}
