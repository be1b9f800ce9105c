/*
 * page.h - a page of the documentation that is printed from the program's own tables.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DESCRIBE_PAGE_H
#define DESCRIBE_PAGE_H

#include <stdio.h>

struct page {
	const char *path; /* in the repository */
	void (*print)(FILE *out);
};

/** Every metric a host sends: name, kind, unit, tags, source, meaning. */
void describe_metrics(FILE *out);

/** Every Redis key and channel. */
void describe_keys(FILE *out);

/** Options of all programs, and the commands of `muster`. */
void describe_options(FILE *out);

/** The HTTP API. */
void describe_api(FILE *out);

/** The HTTP API as TypeScript types for the web page. */
void describe_types(FILE *out);

/** Text for a cell of a Markdown table: '|' escaped, line ends and NULL as blanks. */
void describe_cell(FILE *out, const char *text);

#endif
