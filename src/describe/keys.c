/*
 * keys.c - docs/redis.md from the table of keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/keys.h"
#include "describe/page.h"

static void print_key(FILE *out, const struct key_def *k)
{
	const char *const facts[][2] = {
		{ "type", key_type_name(k->type) }, { "shape", k->shape },
		{ "written by", k->writer },        { "read by", k->reader },
		{ "goes away", k->expiry },
	};

	(void)fprintf(out, "\n## `%s`\n\n%s\n\n| | |\n|---|---|\n", k->pattern, k->summary);
	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		(void)fprintf(out, "| %s | ", facts[i][0]);
		describe_cell(out, facts[i][1]);
		(void)fputs(" |\n", out);
	}
	if (k->n_fields != 0)
		(void)fputs("\n| field | meaning |\n|---|---|\n", out);
	for (size_t i = 0; i < k->n_fields; i++) {
		(void)fprintf(out, "| `%s` | ", k->fields[i].name);
		describe_cell(out, k->fields[i].text);
		(void)fputs(" |\n", out);
	}
	(void)fprintf(out, "\n```\n%s\n```\n", k->example);
}

void describe_keys(FILE *out)
{
	(void)fputs("# What is in Redis\n\n"
	            "Every key and channel, printed from the table the programs use "
	            "(`src/wire/key_table.c`). The names and\n"
	            "shapes are a public contract. Redis is a pipe and a cache, never the truth: "
	            "anything in it may be lost,\n"
	            "late or false, and nothing is executed because Redis said so. Look for "
	            "yourself with\n"
	            "`muster redis cli`.\n",
	            out);
	for (int id = 0; id < KEY_N; id++)
		print_key(out, key_def((enum key_id)id));
}
