/*
 * checkstate.c - stale workers, and rows that are extended rather than added.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/checkstate.h"

#include "base/map.h"
#include "base/mem.h"

enum { DEFAULT_INTERVAL_MS = 10000, CLOCK_ERROR_MS = 2000, RING_START = 64 };

/* Stamps of peers are kept where sums of them cannot overflow (the year 33658). */
#define LATEST_S 1000000000000

enum verdict { UNDECIDED, ONLINE, OFFLINE };

struct worker {
	struct worker_run run; /* its latest row */
	bool has_run;
	int64_t back_s;  /* a record that much before the row's end was seen; 0 = none */
	bool seen;       /* a record was read since our start: raw_s and seen_ms hold something */
	int64_t raw_s;   /* updatetime as last read */
	int64_t seen_ms; /* when it was written, by our monotonic clock */
	uint64_t pass;   /* the last pass that had a record */
	enum verdict verdict; /* as last told */
};

struct checkstate {
	struct check_options options;
	struct map workers;                 /* ip -> struct worker */
	struct moment now, before;          /* of this pass and the one before */
	int64_t epoch_ms;                   /* the bus stands since */
	int64_t longer_ms, longer_until_ms; /* the deadline before the interval became shorter */
	uint64_t pass;
	size_t n_records, n_rows;
	struct check_effect *effects; /* a queue, emptied from the front */
	size_t n_effects, cap_effects, taken;
};

struct checkstate *checkstate_new(const struct check_options *options)
{
	struct checkstate *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	map_init(&c->workers, options->seed);
	return c;
}

void checkstate_free(struct checkstate *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->workers.n; i++)
		free(c->workers.entries[i].value);
	map_done(&c->workers);
	free(c->effects);
	free(c);
}

static int64_t span_ms(int64_t interval_ms)
{
	int64_t span = CHECK_INTERVALS * (interval_ms > 0 ? interval_ms : DEFAULT_INTERVAL_MS);

	return span > CHECK_FLOOR_MS ? span : CHECK_FLOOR_MS;
}

void checkstate_set_interval(struct checkstate *c, int64_t interval_ms)
{
	int64_t was = span_ms(c->options.interval_ms);

	if (c->now.mono_ms < c->longer_until_ms && c->longer_ms > was)
		was = c->longer_ms;
	/* Records written under the longer interval are judged by it while they may be the latest. */
	if (span_ms(interval_ms) < was) {
		c->longer_ms = was;
		c->longer_until_ms = INT64_MAX;
	}
	c->options.interval_ms = interval_ms;
}

static int64_t limit_ms(const struct checkstate *c)
{
	int64_t limit = span_ms(c->options.interval_ms);

	if (c->options.stale_ms > 0)
		return c->options.stale_ms;
	return c->now.mono_ms < c->longer_until_ms && c->longer_ms > limit ? c->longer_ms : limit;
}

static struct worker *worker_of(struct checkstate *c, const char *ip)
{
	struct worker *w = map_get(&c->workers, str_of(ip));

	if (w != NULL || c->workers.n >= CHECK_MAX_WORKERS)
		return w;
	w = xcalloc(1, sizeof(*w));
	(void)str_copy(str_of(ip), w->run.ip, sizeof(w->run.ip));
	(void)map_put(&c->workers, str_of(ip), w);
	return w;
}

void checkstate_reload(struct checkstate *c)
{
	for (size_t i = 0; i < c->workers.n; i++)
		((struct worker *)c->workers.entries[i].value)->has_run = false;
	c->taken = c->n_effects = 0;
}

void checkstate_load(struct checkstate *c, const struct worker_run *last)
{
	struct worker *w = worker_of(c, last->ip);

	if (w == NULL)
		return;
	w->run = *last;
	w->has_run = true;
}

void checkstate_bus_up(struct checkstate *c, struct moment now)
{
	c->epoch_ms = now.mono_ms;
}

void checkstate_begin(struct checkstate *c, struct moment now)
{
	c->before = c->pass != 0 ? c->now : now;
	c->now = now;
	if (c->longer_until_ms == INT64_MAX)
		c->longer_until_ms = now.mono_ms + c->longer_ms;
	c->pass++;
	c->n_records = c->n_rows = 0;
}

static struct check_effect *emit(struct checkstate *c, enum check_effect_kind kind,
                                 const struct worker_run *run)
{
	c->effects = xgrow(c->effects, &c->cap_effects, c->n_effects + 1, sizeof(*c->effects));
	struct check_effect *e = &c->effects[c->n_effects++];

	*e = (struct check_effect){ .kind = kind, .run = *run };
	return e;
}

static bool is_same(const struct worker_run *run, const struct worker_record *rec)
{
	return run->mem == rec->mem && run->disk == rec->disk &&
	       str_is(str_of(run->hostname), rec->hostname);
}

static void begin_run(struct checkstate *c, struct worker *w, const struct worker_record *rec,
                      int64_t at_s)
{
	w->run.firsttime_s = w->run.updatetime_s = at_s;
	w->run.mem = rec->mem;
	w->run.disk = rec->disk;
	memcpy(w->run.hostname, rec->hostname, sizeof(w->run.hostname));
	w->has_run = true;
	c->n_rows++;
	emit(c, CHECK_ROW, &w->run);
}

/* Brings the worker's history up to a record written at `at_s`. */
static void keep_history(struct checkstate *c, struct worker *w, const struct worker_record *rec,
                         int64_t at_s)
{
	int64_t limit_s = (limit_ms(c) + 999) / 1000;
	int64_t gap = at_s - w->run.updatetime_s;

	/* From long ago: a write that was held up on its way, or a clock set back. A clock stays back. */
	if (w->has_run && gap < -limit_s && (w->back_s == 0 || at_s <= w->back_s)) {
		w->back_s = at_s;
		return;
	}
	w->back_s = 0;
	if (!w->has_run || gap > limit_s || gap < -limit_s) {
		begin_run(c, w, rec, at_s);
		return;
	}
	if (is_same(&w->run, rec)) {
		if (gap <= 0)
			return;
		w->run.updatetime_s = at_s;
		emit(c, CHECK_EXTEND, &w->run);
		return;
	}
	/* Rows of one worker begin one behind the other, also when a clock was set back a little. */
	begin_run(c, w, rec, at_s > w->run.updatetime_s ? at_s : w->run.updatetime_s + 1);
}

/* Notes when the record was written, by our own clock as far as possible. */
static void date(struct checkstate *c, struct worker *w, int64_t updatetime_s)
{
	int64_t age = c->now.wall_ms - updatetime_s * 1000;
	int64_t since_pass = c->now.mono_ms - c->before.mono_ms;

	if (age < 0)
		age = 0; /* from the future: as of now, and fresh again only when it changes */
	else if (w->seen && age > since_pass + CLOCK_ERROR_MS)
		age = 0; /* it did change since the last pass, whatever the clocks say */
	w->seen = true;
	w->raw_s = updatetime_s;
	w->seen_ms = c->now.mono_ms - age;
}

bool checkstate_record(struct checkstate *c, const struct worker_record *rec)
{
	struct worker *w = worker_of(c, rec->ip);
	int64_t at_s = rec->updatetime_s;

	if (w == NULL || at_s < 0 || at_s > LATEST_S)
		return false;
	if (w->pass != c->pass)
		c->n_records++;
	w->pass = c->pass;
	if (w->seen && w->raw_s == at_s)
		return true;
	date(c, w, at_s);
	/* Stamps are in whole seconds, so "now" begins a second later. */
	if (at_s > c->now.wall_ms / 1000 + 1)
		at_s = c->now.wall_ms / 1000;
	keep_history(c, w, rec, at_s);
	return true;
}

static enum verdict judge(const struct checkstate *c, const struct worker *w)
{
	int64_t from = w->seen_ms;

	if (w->seen && c->now.mono_ms - w->seen_ms <= limit_ms(c))
		return ONLINE;
	/* Agents must find their way back first, whatever late writes of theirs came before them. */
	if (c->epoch_ms != 0 && from < c->epoch_ms + CHECK_RECONNECT_MS)
		from = c->epoch_ms + CHECK_RECONNECT_MS;
	return c->now.mono_ms - from > limit_ms(c) ? OFFLINE : UNDECIDED;
}

struct check_result checkstate_end(struct checkstate *c)
{
	struct check_result ret = { .workers = c->n_records, .changed = c->n_rows };

	for (size_t i = 0; i < c->workers.n; i++) {
		struct worker *w = c->workers.entries[i].value;
		enum verdict v = judge(c, w);

		if (v != UNDECIDED && v != w->verdict) {
			w->verdict = v;
			emit(c, v == ONLINE ? CHECK_ONLINE : CHECK_OFFLINE, &w->run);
		}
		ret.offline += w->verdict == OFFLINE;
		if (w->verdict != OFFLINE || w->pass == c->pass)
			continue;
		/* Its record is gone as well: forgotten, the last entry takes its place. */
		struct str ip = { c->workers.entries[i].key, c->workers.entries[i].key_len };
		(void)map_remove(&c->workers, ip);
		free(w);
		i--;
	}
	return ret;
}

bool checkstate_take(struct checkstate *c, struct check_effect *ret)
{
	if (c->taken == c->n_effects) {
		c->taken = c->n_effects = 0;
		return false;
	}
	*ret = c->effects[c->taken++];
	return true;
}
