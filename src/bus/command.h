/*
 * command.h - arguments to the bytes Redis wants: an array of bulk strings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BUS_COMMAND_H
#define BUS_COMMAND_H

#include <stddef.h>

#include "base/str.h"

enum { COMMAND_MAX_ARGS = 1000000 };

/** Bytes that command_write() will write; 0 when `n` is 0 or above COMMAND_MAX_ARGS. */
size_t command_size(const struct str *args, size_t n);

/** Writes the command to `dst`, which has room for command_size() bytes. Returns the byte behind it. */
char *command_write(char *dst, const struct str *args, size_t n);

#endif
