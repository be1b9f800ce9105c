/*
 * notices.c - from findings of each cycle to beginnings and ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/notices.h"

#include "base/mem.h"

static struct notice *find(struct notices *n, const struct finding *f)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->list[i].finding.kind, f->kind) == 0 &&
		    strcmp(n->list[i].finding.subject, f->subject) == 0)
			return &n->list[i];
	return NULL;
}

void notices_take(struct notices *n, const struct finding *found, size_t n_found, int64_t now_ms,
                  notices_cb *tell, void *arg)
{
	for (size_t i = 0; i < n_found; i++) {
		struct notice *known = find(n, &found[i]);

		if (known == NULL) {
			if (n->n == NOTICES_MAX) {
				n->dropped++;
				continue;
			}
			n->list = xgrow(n->list, &n->cap, n->n + 1, sizeof(*n->list));
			known = &n->list[n->n++];
			known->finding = found[i];
			tell(&found[i], true, arg);
		}
		known->seen_ms = now_ms;
	}
	for (size_t i = n->n; i-- > 0;) {
		if (now_ms - n->list[i].seen_ms < NOTICES_QUIET_MS)
			continue;
		tell(&n->list[i].finding, false, arg);
		n->list[i] = n->list[--n->n];
	}
}

void notices_done(struct notices *n)
{
	free(n->list);
	*n = (struct notices){ 0 };
}
