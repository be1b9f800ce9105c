/*
 * roll_queue.c - the roll's timers (a binary heap) and the ring of what is to be done.
 *
 * Equal times are ordered by slot, so that the same events give the same effects in the same order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "core/roll_int.h"

static bool is_before(const struct host *a, const struct host *b)
{
	return a->armed_ms != b->armed_ms ? a->armed_ms < b->armed_ms : a->slot < b->slot;
}

static void place(struct roll *r, struct host *h, size_t i)
{
	r->heap[i] = h;
	h->heap_at = i + 1;
}

static void sift_up(struct roll *r, struct host *h, size_t i)
{
	for (; i != 0 && is_before(h, r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		place(r, r->heap[(i - 1) / 2], i);
	place(r, h, i);
}

static void sift_down(struct roll *r, struct host *h, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < r->n_heap && is_before(r->heap[child + 1], r->heap[child]))
			child++;
		if (child >= r->n_heap || !is_before(r->heap[child], h))
			break;
		place(r, r->heap[child], i);
		i = child;
	}
	place(r, h, i);
}

void roll_arm(struct roll *r, struct host *h, int64_t at_ms)
{
	if (h->heap_at != 0) {
		/* A later time is left for when the earlier one comes. */
		if (at_ms < h->armed_ms) {
			h->armed_ms = at_ms;
			sift_up(r, h, h->heap_at - 1);
		}
		return;
	}
	if (at_ms == INT64_MAX)
		return;
	r->heap = xgrow(r->heap, &r->cap_heap, r->n_heap + 1, sizeof(*r->heap));
	h->armed_ms = at_ms;
	sift_up(r, h, r->n_heap++);
}

void roll_disarm(struct roll *r, struct host *h)
{
	size_t i = h->heap_at;

	if (i == 0)
		return;
	h->heap_at = 0;
	struct host *last = r->heap[--r->n_heap];
	if (last == h)
		return;
	if (i - 1 != 0 && is_before(last, r->heap[(i - 2) / 2]))
		sift_up(r, last, i - 1);
	else
		sift_down(r, last, i - 1);
}

struct host *roll_next_due(struct roll *r, int64_t now_ms)
{
	struct host *h = r->n_heap != 0 ? r->heap[0] : NULL;

	if (h == NULL || h->armed_ms > now_ms)
		return NULL;
	roll_disarm(r, h);
	return h;
}

static void widen(struct roll *r)
{
	size_t cap = r->cap_effects != 0 ? 2 * r->cap_effects : ROLL_RING_START;
	struct roll_effect *ring = xcalloc(cap, sizeof(*ring));

	for (size_t i = 0; i < r->n_effects; i++)
		ring[i] = r->effects[(r->effects_from + i) % r->cap_effects];
	free(r->effects);
	r->effects = ring;
	r->cap_effects = cap;
	r->effects_from = 0;
}

struct roll_effect *roll_emit(struct roll *r, enum roll_effect_kind kind, const struct host *h)
{
	if (r->n_effects == r->cap_effects)
		widen(r);
	struct roll_effect *e = &r->effects[(r->effects_from + r->n_effects++) % r->cap_effects];

	*e = (struct roll_effect){ .kind = kind };
	if (h != NULL) {
		e->host = h->pub.ref;
		e->id = h->pub.id;
		memcpy(e->ip, h->pub.ip, sizeof(e->ip));
		e->from = e->to = h->pub.state;
		e->clone = h->pub.duplicate_id;
		e->user = h->pub.user;
	}
	return e;
}

struct roll_effect *roll_find(struct roll *r, enum roll_finding finding, const struct host *h)
{
	struct roll_effect *e = roll_emit(r, ROLL_FINDING, h);

	e->finding = finding;
	return e;
}

bool roll_take(struct roll *r, struct roll_effect *ret)
{
	if (r->n_effects == 0)
		return false;
	*ret = r->effects[r->effects_from];
	r->effects_from = (r->effects_from + 1) % r->cap_effects;
	r->n_effects--;
	return true;
}
