/*
 * devices.c - the devices of a file with a line for each.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/devices.h"

#include <stdlib.h>

#include "base/mem.h"

static void device_free(struct device *dev)
{
	tags_unref(dev->tags);
	free(dev->name);
	free(dev);
}

static struct device *device_new(const char *key, struct str name)
{
	struct device *dev = xcalloc(1, sizeof(*dev));
	AUTO_BUF struct buf text = BUF(64 + 3 * name.len);

	(void)tags_add(&text, key, name);
	*dev = (struct device){
		.name = str_dup(name),
		.len = name.len,
		.tags = tags_new(buf_as_str(&text)),
		.is_new = true,
		.facts = { SAMPLE_ABSENT, SAMPLE_ABSENT },
	};
	return dev;
}

static size_t find(const struct devices *d, struct str name)
{
	size_t i = 0;

	while (i < d->n && !str_eq((struct str){ d->p[i]->name, d->p[i]->len }, name))
		i++;
	return i;
}

struct device *devices_find(struct devices *d, const char *key, struct str name)
{
	size_t at = find(d, name);
	struct device *dev;

	if (at < d->cursor || (at == d->n && d->n >= DEVICES_MAX))
		return NULL;
	if (at == d->n) {
		if (d->n == d->cap)
			d->p = xgrow(d->p, &d->cap, d->n + 1, sizeof(struct device *));
		d->n++;
		dev = device_new(key, name);
	} else {
		dev = d->p[at];
	}
	/* To its place in the file's order; those it passes move one back. */
	memmove(d->p + d->cursor + 1, d->p + d->cursor, (at - d->cursor) * sizeof(struct device *));
	d->p[d->cursor++] = dev;
	return dev;
}

void devices_end(struct devices *d)
{
	while (d->n > d->cursor)
		device_free(d->p[--d->n]);
}

void devices_done(struct devices *d)
{
	d->cursor = 0;
	devices_end(d);
	free(d->p);
	*d = (struct devices){ 0 };
}

void device_add(struct device *dev, const uint64_t *counters, size_t n, bool first_cycle,
                uint64_t *sums)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t from = dev->is_new ? (first_cycle ? 0 : counters[i]) : dev->last[i];

		sums[i] += counters[i] >= from ? counters[i] - from : counters[i];
		dev->last[i] = counters[i];
	}
}
