/*
 * main.c - prints the pages that come from tables: `describe PATH` one of them, `describe --write ROOT` all.
 *
 * The pages are committed, so that they can be read without building; a test compares them with what this prints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "describe/page.h"

static const struct page pages[] = {
	{ "docs/redis.md", describe_keys },
	{ "docs/metrics.md", describe_metrics },
	{ "docs/reference/api.md", describe_api },
	{ "docs/reference/cli.md", describe_options },
	{ "docs/reference/agent.md", describe_agent },
	{ "docs/reference/server.md", describe_server },
	{ "web/src/api.gen.ts", describe_types },
};

/* Printed when they are installed, kept nowhere. */
static const struct page installed[] = {
	{ "muster.1", describe_muster_manual },
	{ "muster-agent.8", describe_agent_manual },
	{ "muster-server.8", describe_server_manual },
	{ "muster", describe_muster_completion },
	{ "muster-agent", describe_agent_completion },
	{ "muster-server", describe_server_completion },
};

void describe_cell(FILE *out, const char *text)
{
	for (const char *p = text != NULL ? text : ""; *p != '\0'; p++) {
		if (*p == '|')
			(void)fputs("\\|", out);
		else
			(void)fputc(*p == '\n' ? ' ' : *p, out);
	}
}

static int write_page(const char *root, const struct page *page)
{
	AUTO_BUF struct buf path = BUF(4096);

	buf_printf(&path, "%s/%s", root, page->path);
	FILE *out = fopen(buf_cstr(&path), "we");
	if (out == NULL) {
		(void)fprintf(stderr, "describe: write %s: %s\n", buf_cstr(&path), strerror(errno));
		return EXIT_FAILED;
	}
	page->print(out);
	return fclose(out) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	bool all = argc == 3 && strcmp(argv[1], "--write") == 0;
	int status = argc == 2 || all ? EXIT_DONE : EXIT_USAGE;

	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		if (all && write_page(argv[2], &pages[i]) != EXIT_DONE)
			status = EXIT_FAILED;
		if (argc == 2 && strcmp(argv[1], "--list") == 0)
			(void)puts(pages[i].path);
		if (argc == 2 && strcmp(argv[1], pages[i].path) == 0)
			pages[i].print(stdout);
	}
	for (size_t i = 0; argc == 2 && i < COUNT_OF(installed); i++)
		if (strcmp(argv[1], installed[i].path) == 0)
			installed[i].print(stdout);
	if (status == EXIT_USAGE)
		(void)fputs("usage: describe PATH | --list | --write ROOT\n", stderr);
	return status;
}
