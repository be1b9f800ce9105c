/*
 * sample.h - one reading of everything: the series' names once, then only numbers.
 *
 * A metric is a row of a const table; metric plus tags is a series; the list of
 * series in the order they are emitted is a schema, shared by every sample
 * taken while nothing came or went. A sink fills a sample: while the same
 * series arrive in the same order an emit compares two pointers and stores one
 * number. When the order differs the sink builds the next schema on the way,
 * and the sample under construction is kept.
 *
 * Numbers are decimal mantissas in base units: value = mantissa / 10^decimals.
 * Tag texts are canonical: keys sorted, `k=v,k2=v2`, awkward bytes as %XX.
 * Reference counts are not atomic: all of it lives on one thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_SAMPLE_H
#define WIRE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum metric_kind {
	METRIC_GAUGE,   /* the value itself says something */
	METRIC_COUNTER, /* only its growth does; a smaller value means it was reset */
};

/* What a number means. docs/metrics.md is printed from these. */
struct metric {
	const char *name; /* `collector.what`, lower case, unique */
	enum metric_kind kind;
	uint8_t decimals; /* value = mantissa / 10^decimals, 0..9 */
	const char
		*unit; /* "B", "s", "%", "1" ... of the value, a counter's before taking a rate */
	const char *tags;   /* comma list of tag keys in canonical order, or NULL */
	const char *source; /* file and field the number is read from */
	const char *help;   /* one sentence */
};

/* Tags of a series, rendered once and shared. NUL behind the text. */
struct tags {
	uint32_t refs;
	uint32_t len;
	char text[];
};

struct series {
	const struct metric *metric;
	struct tags *tags; /* NULL = none */
};

/* The series of a sample in order. Never changes once made. */
struct schema {
	uint32_t refs;
	uint32_t n;
	uint64_t hash;          /* over names, tags, units and decimals: equal lists, equal hash */
	struct series series[]; /* n, and one that matches nothing */
};

enum { SCHEMA_MAX_SERIES = 65536 };

/* The mantissa of "was not available this time". */
#define SAMPLE_ABSENT INT64_MIN

/* One reading; all-zero is an empty one. */
struct sample {
	int64_t ts_ms;         /* UTC since 1970, corrected by the measured offset */
	int64_t mono_ns;       /* monotonic clock; rates are taken over this one */
	struct schema *schema; /* a reference of this sample's own; NULL = empty */
	int64_t *values;       /* schema->n mantissas, SAMPLE_ABSENT where there is none */
	size_t cap;            /* of `values` */
};

/*
 * Fills samples one after the other; all-zero is a fresh one. Fields are private to the functions
 * here.
 */
struct sink {
	const struct series *next; /* what the next emit should be */
	int64_t *value;            /* where it goes; valid while `building` is false */
	struct sample *into;
	struct schema *schema; /* of the sample before */
	struct series *built;  /* the list under construction */
	size_t n_built, cap_built;
	bool building;
	uint64_t dropped; /* emits beyond SCHEMA_MAX_SERIES, since the sink was made */
};

/** Tags with the canonical text `text`; one reference, the caller's. */
MUST_CHECK struct tags *tags_new(struct str text);

/** One more reference (NULL stays NULL). */
struct tags *tags_ref(struct tags *t);

/** Gives a reference up (NULL allowed); the last one frees. */
void tags_unref(struct tags *t);

/**
 * Appends `key=value` to a canonical text, a comma before it unless it is the first. The caller
 * keeps to the
 * alphabetical order of keys. Control characters, bytes that are not UTF-8 and any of , = % " \ { }
 * in
 * `value` become %XX. Returns false when the buffer is full.
 */
bool tags_add(struct buf *b, const char *key, struct str value);

/** Appends the value of `key` with its escapes resolved to `ret`; false when there is none. */
bool tags_get(struct str tags, const char *key, struct buf *ret);

/** A schema of `n` series, which are copied (tags by reference); one reference, the caller's. */
MUST_CHECK struct schema *schema_new(const struct series *series, size_t n);

/** One more reference (NULL stays NULL). */
struct schema *schema_ref(struct schema *s);

/** Gives a reference up (NULL allowed); the last one frees. */
void schema_unref(struct schema *s);

/**
 * Index of the series `metric` + `tags` (by text), looked for from `from` on and then around; -1 if
 * none.
 */
ptrdiff_t schema_find(const struct schema *s, const struct series *what, size_t from);

/** Index of the first series with this metric name and no tags; -1 if none. */
ptrdiff_t schema_find_name(const struct schema *s, const char *name);

/** Frees what the sample holds and leaves it empty. */
void sample_done(struct sample *s);

/** Makes `dst` equal to `src`; allocates only when `dst` is too small. */
void sample_copy(struct sample *dst, const struct sample *src);

/** Whether value `i` is there. */
static inline bool sample_has(const struct sample *s, size_t i)
{
	return s->values[i] != SAMPLE_ABSENT;
}

/** Frees what the sink holds and leaves it fresh. */
void sink_done(struct sink *s);

/** Begins a sample in `into` (whose memory is used again) with its two times. */
void sink_begin(struct sink *s, struct sample *into, int64_t ts_ms, int64_t mono_ns);

/**
 * Ends the sample: `into` now has its schema and values. Returns whether the schema is a new one.
 */
bool sink_finish(struct sink *s);

/** How many series the sample under construction has so far. */
size_t sink_count(const struct sink *s);

/** Takes back everything emitted after the first `n`. */
void sink_rewind(struct sink *s, size_t n);

/** sink_emit() when the series is not the expected one. */
void sink_emit_new(struct sink *s, const struct metric *metric, struct tags *tags, int64_t v);

/**
 * Adds one series and its mantissa to the sample. `metric` is a row of a const table; `tags` is
 * NULL or kept by
 * the caller from cycle to cycle (the schema holds its own reference).
 */
static inline void sink_emit(struct sink *s, const struct metric *metric, struct tags *tags,
                             int64_t v)
{
	const struct series *next = s->next;

	if (__builtin_expect(next->metric == metric && next->tags == tags, 1)) {
		*s->value++ = v;
		s->next = next + 1;
		return;
	}
	sink_emit_new(s, metric, tags, v);
}

/** sink_emit for the kernel's unsigned numbers; beyond 2^63-1 they stay there. */
static inline void sink_emit_u64(struct sink *s, const struct metric *metric, struct tags *tags,
                                 uint64_t v)
{
	sink_emit(s, metric, tags, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

/** The series exists but has no value this time. */
static inline void sink_miss(struct sink *s, const struct metric *metric, struct tags *tags)
{
	sink_emit(s, metric, tags, SAMPLE_ABSENT);
}

#endif
