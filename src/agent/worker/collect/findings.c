/*
 * findings.c - the list of what a person should know about collecting on this host.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/worker/collect/collector.h"
#include "base/mem.h"

enum { MAX_FINDINGS = 64 };

void findings_add(struct findings *f, const char *kind, struct str subject, const char *fmt, ...)
{
	va_list ap;

	if (f->n >= MAX_FINDINGS)
		return;
	if (f->n == f->cap)
		f->p = xgrow(f->p, &f->cap, f->n + 1, sizeof(f->p[0]));
	struct finding *one = &f->p[f->n++];
	(void)snprintf(one->kind, sizeof(one->kind), "%s", kind);
	(void)snprintf(one->subject, sizeof(one->subject), STR_FMT, STR_ARG(subject));
	va_start(ap, fmt);
	(void)vsnprintf(one->text, sizeof(one->text), fmt, ap);
	va_end(ap);
}
