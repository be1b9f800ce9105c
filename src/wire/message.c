/*
 * message.c - writing the `info` message of a host.
 *
 * Everything that stays the same from one message to the next (names, braces,
 * which number of the sample goes where) is worked out once for a schema and kept as a list of
 * steps: copy this text, then print that number. plan.c makes the list; here it is carried out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/message.h"

#include <stdlib.h>

#include "base/jwrite.h"
#include "base/mem.h"
#include "wire/message_int.h"

enum { PERCENT_SUM = 10000 }; /* 100 % in hundredths */

struct run {
	struct message_writer *w;
	struct buf *b;
	const struct message_head *head;
	const struct sample *now, *before; /* `before` NULL: no rates */
	double seconds;                    /* between them; 0: no rates */
	int64_t percents[MESSAGE_MODES];   /* of the last STEP_PERCENTS, in hundredths */
	bool has_percents;
};

struct message_writer *message_writer_new(void)
{
	struct message_writer *w = xcalloc(1, sizeof(*w));

	w->text = BUF(MESSAGE_MAX_BYTES);
	return w;
}

void message_writer_free(struct message_writer *w)
{
	if (w == NULL)
		return;
	plan_forget(w);
	free(w->steps);
	free(w->lists);
	free(w->before_of);
	buf_done(&w->text);
	free(w);
}

static int64_t value_at(const struct sample *s, int32_t i)
{
	return i >= 0 ? s->values[i] : SAMPLE_ABSENT;
}

/* The value series `i` of `now` had in `before`. */
static int64_t value_before(const struct run *r, int32_t i)
{
	if (r->before == NULL || i < 0)
		return SAMPLE_ABSENT;
	return value_at(r->before, r->w->same ? i : r->w->before_of[i]);
}

static void print_null(struct run *r)
{
	buf_add(r->b, "null", 4);
}

static void print_scaled(struct run *r, const struct step *s, double v)
{
	double scaled = v * s->scale;

	if (!(scaled < 9e15 && scaled > -9e15))
		print_null(r);
	else
		buf_fixed(r->b, (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5), s->decimals);
}

static void print_value(struct run *r, const struct step *s)
{
	int64_t v = value_at(r->now, s->i[0]);

	if (v == SAMPLE_ABSENT)
		print_null(r);
	else if (s->scale == 1)
		buf_fixed(r->b, v, s->decimals);
	else
		print_scaled(r, s, (double)v);
}

/* The first less all others. */
static void print_less(struct run *r, const struct step *s)
{
	int64_t v = value_at(r->now, s->i[0]);

	for (size_t k = 1; k < STEP_OPERANDS && s->i[k] != STEP_NO_OPERAND; k++) {
		int64_t other = value_at(r->now, s->i[k]);

		if (v == SAMPLE_ABSENT || other == SAMPLE_ABSENT) {
			print_null(r);
			return;
		}
		v = v > other ? v - other : 0;
	}
	if (v == SAMPLE_ABSENT)
		print_null(r);
	else
		print_scaled(r, s, (double)v);
}

static void print_rate(struct run *r, const struct step *s)
{
	int64_t v = value_at(r->now, s->i[0]), was = value_before(r, s->i[0]);

	if (v == SAMPLE_ABSENT || was == SAMPLE_ABSENT || v < was || r->seconds <= 0)
		print_null(r);
	else
		print_scaled(r, s, (double)(v - was) / r->seconds);
}

static void print_sum(struct run *r, const struct step *s)
{
	double sum = 0;
	bool any = false;

	for (uint32_t k = 0; k < s->n_list; k++) {
		int64_t v = value_at(r->now, r->w->lists[s->list + k]);

		if (v == SAMPLE_ABSENT)
			continue;
		sum += (double)v;
		any = true;
	}
	if (any)
		print_scaled(r, s, sum);
	else
		print_null(r);
}

/* As df does: what is used of what programs may use. */
static void print_fullness(struct run *r, const struct step *s)
{
	double used = message_fullness(r->now, s->i[0], s->i[1]);

	if (used < 0)
		print_null(r);
	else
		print_scaled(r, s, used);
}

double message_fullness(const struct sample *now, int32_t used_at, int32_t avail_at)
{
	int64_t used = value_at(now, used_at), avail = value_at(now, avail_at);

	if (used == SAMPLE_ABSENT || avail == SAMPLE_ABSENT || used < 0 || avail < 0 ||
	    (used == 0 && avail == 0))
		return -1;
	return (double)used / ((double)used + (double)avail) * 100;
}

/*
 * Hundredths of a percent that add up to exactly 100 %: what rounding down left over goes to those
 * it took most from.
 */
static void share_out(const uint64_t *growth, size_t n, uint64_t sum, int64_t *ret)
{
	uint64_t rest[MESSAGE_MODES];
	uint64_t left = PERCENT_SUM;

	for (size_t i = 0; i < n; i++) {
		ret[i] = (int64_t)(growth[i] * PERCENT_SUM / sum);
		rest[i] = growth[i] * PERCENT_SUM % sum;
		left -= (uint64_t)ret[i];
	}
	for (; left != 0; left--) {
		size_t most = 0;

		for (size_t i = 1; i < n; i++)
			if (rest[i] > rest[most])
				most = i;
		ret[most]++;
		rest[most] = 0;
	}
}

/*
 * The share of each processor mode. Single modes may go back by a tick (proc(5)); all of
 * them together do not, unless the core was off meanwhile: then there are no shares.
 */
static void compute_percents(struct run *r, const struct step *s)
{
	uint64_t growth[MESSAGE_MODES] = { 0 }, sum = 0;
	double balance = 0;
	size_t n = s->n_list;

	r->has_percents = false;
	for (size_t k = 0; k < n; k++) {
		int64_t v = value_at(r->now, s->i[0] + (int32_t)k);
		int64_t was = value_before(r, s->i[0] + (int32_t)k);

		if (v == SAMPLE_ABSENT || was == SAMPLE_ABSENT || v < 0 || was < 0)
			return;
		if (v > was)
			growth[k] = (uint64_t)(v - was);
		/* Nonsense near 2^63 must not overflow; a real interval is far below. */
		if (growth[k] > INT64_MAX / PERCENT_SUM / MESSAGE_MODES)
			return;
		sum += growth[k];
		balance += (double)v - (double)was;
	}
	if (sum == 0 || balance < 0)
		return;
	share_out(growth, n, sum, r->percents);
	for (size_t k = n; k < MESSAGE_MODES; k++)
		r->percents[k] = SAMPLE_ABSENT;
	r->has_percents = true;
}

static void print_percent(struct run *r, const struct step *s)
{
	int64_t v = r->has_percents ? r->percents[s->i[0]] : SAMPLE_ABSENT;

	if (v == SAMPLE_ABSENT)
		print_null(r);
	else
		buf_fixed(r->b, v, 2);
}

static void print_text(struct run *r, struct str s)
{
	struct jw j = JW(r->b);

	if (s.len == 0)
		jw_null(&j);
	else
		jw_str(&j, s);
}

static void print_cluster(struct run *r)
{
	struct jw j = JW(r->b);

	if (r->head->cluster.len == 0)
		return;
	jw_key(&j, "cluster");
	jw_str(&j, r->head->cluster);
	buf_char(r->b, ',');
}

static void print_interval(struct run *r)
{
	int64_t ms = r->head->interval_ms;

	if (ms == 0)
		ms = (int64_t)(r->seconds * 1000 + 0.5);
	if (ms > 0)
		buf_fixed(r->b, ms, 3);
	else
		print_null(r);
}

static void print_report(struct run *r)
{
	if (r->head->report_ms != 0)
		buf_fixed(r->b, r->head->report_ms, 3);
	else
		print_null(r);
}

static void do_head(struct run *r, const struct step *s)
{
	switch (s->kind) {
	case STEP_CLUSTER:
		print_cluster(r);
		break;
	case STEP_IP:
		print_text(r, r->head->ip);
		break;
	case STEP_MAC:
		print_text(r, r->head->mac);
		break;
	case STEP_HOSTNAME:
		print_text(r, r->head->hostname);
		break;
	case STEP_VERSION:
		print_text(r, r->head->version);
		break;
	case STEP_ID:
		print_text(r, r->head->id);
		break;
	case STEP_REPORT:
		print_report(r);
		break;
	case STEP_TS:
		buf_fixed(r->b, r->now->ts_ms, 3);
		break;
	case STEP_SEQ:
		buf_u64(r->b, r->head->seq);
		break;
	default:
		print_interval(r);
	}
}

static void do_step(struct run *r, const struct step *s)
{
	switch (s->kind) {
	case STEP_END:
		break;
	case STEP_VALUE:
		print_value(r, s);
		break;
	case STEP_LESS:
		print_less(r, s);
		break;
	case STEP_RATE:
		print_rate(r, s);
		break;
	case STEP_SUM:
		print_sum(r, s);
		break;
	case STEP_FULLNESS:
		print_fullness(r, s);
		break;
	case STEP_PERCENTS:
		compute_percents(r, s);
		break;
	case STEP_PERCENT:
		print_percent(r, s);
		break;
	case STEP_FS_STATE:
		buf_puts(r->b, value_at(r->now, s->i[0]) == 1 ? "\"stuck\"" : "\"ok\"");
		break;
	default:
		do_head(r, s);
	}
}

bool message_write(struct message_writer *w, struct buf *b, const struct message_head *head,
                   const struct sample *now, const struct sample *before)
{
	struct run r = { .w = w, .b = b, .head = head, .now = now };
	const char *text;

	plan_make(w, now->schema);
	if (before != NULL && before->schema != NULL && now->mono_ns > before->mono_ns) {
		plan_match(w, before->schema);
		r.before = before;
		r.seconds = (double)(now->mono_ns - before->mono_ns) / 1e9;
	}
	text = w->text.p;
	for (size_t i = 0; i < w->n_steps; i++) {
		const struct step *s = &w->steps[i];

		buf_add(b, text, s->text_len);
		text += s->text_len;
		do_step(&r, s);
	}
	return !b->over;
}

static int clip(double percent)
{
	if (percent < 0)
		return -1;
	return percent > 100 ? 100 : (int)(percent + 0.5);
}

struct message_levels message_levels(struct message_writer *w, const struct sample *now)
{
	struct message_levels ret = { -1, -1 };
	double fullest = -1;

	plan_make(w, now->schema);
	int64_t total = value_at(now, w->mem_total), free_now = value_at(now, w->mem_available);
	if (free_now == SAMPLE_ABSENT) { /* before Linux 3.14 */
		int64_t a = value_at(now, w->mem_free), b = value_at(now, w->mem_buffers);
		int64_t c = value_at(now, w->mem_cached);

		if (a != SAMPLE_ABSENT && b != SAMPLE_ABSENT && c != SAMPLE_ABSENT)
			free_now = a + b + c;
	}
	if (total != SAMPLE_ABSENT && total > 0 && free_now != SAMPLE_ABSENT)
		ret.mem = clip(free_now > total ? 0
		                                : (double)(total - free_now) * 100 / (double)total);
	for (uint32_t k = 0; k < w->n_local; k++) {
		/* An image is always full, and whatever cannot be written does not fill up. */
		if (value_at(now, w->lists[w->local_read_only + k]) > 0)
			continue;
		double full = message_fullness(now, w->lists[w->local_used + k],
		                               w->lists[w->local_avail + k]);

		fullest = full > fullest ? full : fullest;
	}
	ret.disk = clip(fullest);
	return ret;
}
