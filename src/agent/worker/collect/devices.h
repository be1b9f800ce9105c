/*
 * devices.h - the devices of a file with a line for each, recognised again from cycle to cycle.
 *
 * The kernel prints them in a stable order, so the device expected next is
 * nearly always the one that comes: then recognising is one comparison. Also
 * sums over some of the devices that never jump when one comes or goes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_COLLECT_DEVICES_H
#define AGENT_WORKER_COLLECT_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "wire/sample.h"

enum { DEVICES_MAX = 4096, DEVICE_SUMS = 6 };

struct device {
	char *name; /* owned, NUL behind */
	size_t len;
	struct tags *tags; /* `key=name` */
	bool is_new;       /* just made: the collector fills in what follows */
	int kind;          /* the collector's */
	int64_t facts[2];  /* the collector's, SAMPLE_ABSENT = not known */
	uint64_t look_at;  /* cycle in which the facts are to be read again */
	uint64_t last[DEVICE_SUMS];
};

struct devices {
	struct device **p; /* in the order of the file */
	size_t n, cap;
	size_t cursor;
};

/** Starts with the file's first line. */
static inline void devices_begin(struct devices *d)
{
	d->cursor = 0;
}

/** devices_next() when it is not the expected one. */
struct device *devices_find(struct devices *d, const char *key, struct str name);

/**
 * The device `name`, made with the tag `key=name` if it is new. NULL when the file named it already
 * or there are DEVICES_MAX: the line is to be skipped.
 */
static inline struct device *devices_next(struct devices *d, const char *key, struct str name)
{
	if (d->cursor < d->n) {
		struct device *dev = d->p[d->cursor];

		if (dev->len == name.len && memcmp(dev->name, name.p, name.len) == 0) {
			d->cursor++;
			return dev;
		}
	}
	return devices_find(d, key, name);
}

/** Drops the devices the file did not name this time. */
void devices_end(struct devices *d);

/** Frees all of it. */
void devices_done(struct devices *d);

/**
 * Adds the growth of `n` (at most DEVICE_SUMS) counters of one device to `sums`. A new device
 * counts from
 * here on, one whose counters were reset from zero; the very first cycle starts the sums with the
 * counters' values.
 */
void device_add(struct device *dev, const uint64_t *counters, size_t n, bool first_cycle,
                uint64_t *sums);

#endif
