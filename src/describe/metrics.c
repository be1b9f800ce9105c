/*
 * metrics.c - docs/metrics.md from the collectors' tables.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/collect.h"
#include "describe/page.h"

static void print_metric(FILE *out, const struct metric *m)
{
	const char *const cells[] = { m->kind == METRIC_COUNTER ? "counter" : "gauge", m->unit,
		                      m->tags, m->source, m->help };

	(void)fprintf(out, "| `%s` |", m->name);
	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		(void)fputc(' ', out);
		describe_cell(out, cells[i]);
		(void)fputs(" |", out);
	}
	(void)fputc('\n', out);
}

void describe_metrics(FILE *out)
{
	(void)fputs("# Metrics\n\n"
	            "What a host measures, printed from the collectors' own tables. Values are "
	            "kept in base units; a\n"
	            "counter only grows until it is reset (a reboot), so charts show its rate. A "
	            "value that is not\n"
	            "available is `null`, never 0. `muster-agent collect NAME` prints one "
	            "collector's readings.\n",
	            out);
	size_t n;
	const struct collector *const *all = collector_all(&n);
	for (size_t i = 0; i < n; i++) {
		const struct collector *c = all[i];

		(void)fprintf(out, "\n## %s\n\n%s. Source: %s.%s\n\n", c->name, c->summary,
		              c->source,
		              c->optional ? " Missing on some systems; that is normal." : "");
		(void)fputs("| metric | kind | unit | tags | source | meaning "
		            "|\n|---|---|---|---|---|---|\n",
		            out);
		for (size_t k = 0; k < c->n_metrics; k++)
			print_metric(out, &c->metrics[k]);
	}
}
