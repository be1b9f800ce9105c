/*
 * sample.c - schemas, samples and the sink that fills them.
 *
 * The schema in use holds a reference on every tags object it names, so an
 * address the sink compares with can never have been freed and given to other tags.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/sample.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

/* Matches no emit: what a sink expects behind the last series and while it builds. */
static const struct series no_series = { NULL, NULL };

struct tags *tags_new(struct str text)
{
	struct tags *t = xcalloc(1, sizeof(*t) + text.len + 1);

	t->refs = 1;
	t->len = (uint32_t)text.len;
	if (text.len != 0)
		memcpy(t->text, text.p, text.len);
	return t;
}

struct tags *tags_ref(struct tags *t)
{
	if (t != NULL)
		t->refs++;
	return t;
}

void tags_unref(struct tags *t)
{
	if (t != NULL && --t->refs == 0)
		free(t);
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == 0x7f || strchr(",=%\"\\{}", c) != NULL;
}

/* How many bytes at the start of `s` can stay as they are: 0, 1, or a whole UTF-8 sequence. */
static size_t plain_bytes(struct str s)
{
	if ((unsigned char)s.p[0] < 0x80)
		return needs_escape((unsigned char)s.p[0]) ? 0 : 1;
	for (size_t n = 2; n <= 4 && n <= s.len; n++)
		if (utf8_is_valid((struct str){ s.p, n }))
			return n;
	return 0;
}

bool tags_add(struct buf *b, const char *key, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";

	if (b->len != 0)
		buf_char(b, ',');
	buf_puts(b, key);
	buf_char(b, '=');
	while (value.len != 0) {
		size_t n = plain_bytes(value);
		unsigned char c = (unsigned char)value.p[0];

		if (n != 0)
			buf_add(b, value.p, n);
		else
			buf_add(b, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
		value = str_skip(value, n != 0 ? n : 1);
	}
	return !b->over;
}

bool tags_get(struct str tags, const char *key, struct buf *ret)
{
	struct str one, k;

	while (tags.len != 0) {
		if (!str_cut(&tags, ',', &one)) {
			one = tags;
			tags.len = 0;
		}
		if (!str_cut(&one, '=', &k) || !str_is(k, key))
			continue;
		while (one.len != 0) {
			uint8_t c;

			if (one.p[0] == '%' && one.len >= 3 &&
			    hex_decode((struct str){ one.p + 1, 2 }, &c, 1)) {
				buf_char(ret, (char)c);
				one = str_skip(one, 3);
			} else {
				buf_char(ret, one.p[0]);
				one = str_skip(one, 1);
			}
		}
		return !ret->over;
	}
	return false;
}

/* FNV-1a over the text and its terminating NUL, so that "ab"+"c" and "a"+"bc" differ. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	do {
		h ^= (unsigned char)*s;
		h *= 0x100000001b3u;
	} while (*s++ != '\0');
	return h;
}

struct schema *schema_new(const struct series *series, size_t n)
{
	struct schema *s;

	assert(n <= SCHEMA_MAX_SERIES);
	s = xcalloc(1, sizeof(*s) + (n + 1) * sizeof(s->series[0]));
	s->refs = 1;
	s->n = (uint32_t)n;
	s->hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < n; i++) {
		const struct metric *m = series[i].metric;

		s->series[i] = (struct series){ m, tags_ref(series[i].tags) };
		s->hash = hash_text(s->hash, m->name);
		s->hash = hash_text(s->hash, series[i].tags != NULL ? series[i].tags->text : "");
		s->hash = hash_text(s->hash, m->unit);
		s->hash = hash_text(s->hash, (char[]){ (char)('0' + m->decimals), '\0' });
	}
	return s;
}

struct schema *schema_ref(struct schema *s)
{
	if (s != NULL)
		s->refs++;
	return s;
}

void schema_unref(struct schema *s)
{
	if (s == NULL || --s->refs != 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		tags_unref(s->series[i].tags);
	free(s);
}

static bool same_tags(const struct tags *a, const struct tags *b)
{
	if (a == b)
		return true;
	return a != NULL && b != NULL && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

ptrdiff_t schema_find(const struct schema *s, const struct series *what, size_t from)
{
	for (size_t k = 0; k < s->n; k++) {
		size_t i = from + k < s->n ? from + k : (from + k) % s->n;

		if (s->series[i].metric == what->metric && same_tags(s->series[i].tags, what->tags))
			return (ptrdiff_t)i;
	}
	return -1;
}

ptrdiff_t schema_find_name(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->series[i].tags == NULL && strcmp(s->series[i].metric->name, name) == 0)
			return (ptrdiff_t)i;
	return -1;
}

void sample_done(struct sample *s)
{
	schema_unref(s->schema);
	free(s->values);
	*s = (struct sample){ 0 };
}

static void sample_fit(struct sample *s, size_t n)
{
	if (s->cap < n || s->values == NULL)
		s->values = xgrow(s->values, &s->cap, n != 0 ? n : 1, sizeof(s->values[0]));
}

void sample_copy(struct sample *dst, const struct sample *src)
{
	struct schema *old = dst->schema;

	dst->ts_ms = src->ts_ms;
	dst->mono_ns = src->mono_ns;
	dst->schema = schema_ref(src->schema);
	schema_unref(old);
	if (src->schema == NULL)
		return;
	sample_fit(dst, src->schema->n);
	if (src->schema->n != 0)
		memcpy(dst->values, src->values, src->schema->n * sizeof(dst->values[0]));
}

void sink_done(struct sink *s)
{
	schema_unref(s->schema);
	free(s->built);
	*s = (struct sink){ 0 };
}

void sink_begin(struct sink *s, struct sample *into, int64_t ts_ms, int64_t mono_ns)
{
	into->ts_ms = ts_ms;
	into->mono_ns = mono_ns;
	s->into = into;
	s->building = s->schema == NULL;
	s->n_built = 0;
	s->next = s->building ? &no_series : s->schema->series;
	sample_fit(into, s->building ? 1 : s->schema->n);
	s->value = into->values;
}

size_t sink_count(const struct sink *s)
{
	return s->building ? s->n_built : (size_t)(s->next - s->schema->series);
}

static void start_building(struct sink *s)
{
	size_t n = sink_count(s);

	if (s->cap_built < n + 1)
		s->built = xgrow(s->built, &s->cap_built, n + 1, sizeof(s->built[0]));
	if (n != 0)
		memcpy(s->built, s->schema->series, n * sizeof(s->built[0]));
	s->n_built = n;
	s->building = true;
	s->next = &no_series;
}

void sink_rewind(struct sink *s, size_t n)
{
	assert(n <= sink_count(s));
	if (s->building) {
		s->n_built = n;
	} else {
		s->next = s->schema->series + n;
		s->value = s->into->values + n;
	}
}

/*
 * The list under construction borrows its tags until sink_finish() takes references:
 * an emitter may free within a cycle only tags it did not emit in it.
 */
void sink_emit_new(struct sink *s, const struct metric *metric, struct tags *tags, int64_t v)
{
	if (!s->building)
		start_building(s);
	if (s->n_built >= SCHEMA_MAX_SERIES) {
		s->dropped++;
		return;
	}
	if (s->cap_built <= s->n_built)
		s->built = xgrow(s->built, &s->cap_built, s->n_built + 1, sizeof(s->built[0]));
	sample_fit(s->into, s->n_built + 1);
	s->built[s->n_built] = (struct series){ metric, tags };
	s->into->values[s->n_built++] = v;
}

bool sink_finish(struct sink *s)
{
	bool is_new = false;

	/* Fewer series than before is a change too. */
	if (!s->building && s->next->metric != NULL)
		start_building(s);
	if (s->building) {
		struct schema *made = schema_new(s->built, s->n_built);

		schema_unref(s->schema);
		s->schema = made;
		is_new = true;
	}
	if (s->into->schema != s->schema) {
		schema_unref(s->into->schema);
		s->into->schema = schema_ref(s->schema);
	}
	s->into = NULL;
	s->next = &no_series;
	return is_new;
}
