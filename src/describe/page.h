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

/** The commands of `muster` and their options. */
void describe_options(FILE *out);

/** Options of the agent and of the server. */
void describe_agent(FILE *out);
void describe_server(FILE *out);

/** Manual pages. */
void describe_muster_manual(FILE *out);
void describe_agent_manual(FILE *out);
void describe_server_manual(FILE *out);

/** Completion for bash. */
void describe_muster_completion(FILE *out);
void describe_agent_completion(FILE *out);
void describe_server_completion(FILE *out);

/** The HTTP API. */
void describe_api(FILE *out);

/** The HTTP API as TypeScript types for the web page. */
void describe_types(FILE *out);

/** Text for a cell of a Markdown table: '|' escaped, line ends and NULL as blanks. */
void describe_cell(FILE *out, const char *text);

#endif
