/*
 * print_int.h - texts shared by the printers of an option table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONF_PRINT_INT_H
#define CONF_PRINT_INT_H

#include <stdio.h>

#include "conf/option_int.h"

/**
 * Prints `text` in lines of at most `width` columns, each behind `indent` blanks and `lead`; the first line's
 * indent counts as printed up to `column`. Newlines in the text are kept. Ends with a newline.
 */
void print_wrapped(FILE *out, const char *text, const char *lead, unsigned indent, unsigned column);

/** Adds the help sentence with "Allowed: ..." and, if it has one, "Default: ..." behind it. */
void describe_option(const struct option_def *def, bool with_default, struct buf *b);

/** Whether the option is shown in help of the command line (or, else, of the file). */
bool is_shown(const struct option_def *def, bool on_line);

/** Adds "--name ARG" or "--[no-]name". */
void spell_option(const struct option_def *def, struct buf *b);

/* Longest text any printer builds for one option. */
enum { DESCRIBE_MAX = 4096 };

#endif
