/*
 * table.h - rows for a person's terminal, for a spreadsheet or for a program: one description, three printers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json.h"

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

/* How a JSON value becomes text for people. CSV gets the bare value. */
enum column_look {
	LOOK_TEXT,
	LOOK_NUMBER,  /* right-aligned, as it is */
	LOOK_PERCENT, /* "12.3 %" */
	LOOK_RATE_KB, /* KB/s with a fitting unit */
	LOOK_AGE,     /* milliseconds since 1970, as "3 s", "2 d" before the reply's `now` */
	LOOK_TIME,    /* milliseconds since 1970, as local date and time */
	LOOK_STATE,   /* coloured when the terminal can; the word stays */
};

struct column {
	const char *key;   /* member of the row object */
	const char *title; /* of the terminal's column; CSV uses `key` */
	enum column_look look;
};

/**
 * Prints the array `rows` of objects. A missing member or null is shown as "-" (CSV: empty).
 *
 * @param now_ms  the server's time, from which ages are counted
 */
void table_print(FILE *out, enum output how, const struct column *columns, size_t n_columns,
                 const json_t *rows, int64_t now_ms);

/** Like table_print() for a single object: one line a column, "title  value", in a terminal. */
void table_print_one(FILE *out, enum output how, const struct column *columns, size_t n_columns,
                     const json_t *row, int64_t now_ms);

/** Columns a text takes in a terminal: CJK and full-width characters count two, combining ones none. */
size_t table_width(const char *text);

#endif
