/*
 * runs.c - requests about tb_worker_stamp_info, and the fence that keeps two servers from writing it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "server/store/store_int.h"

enum { LIST_MAX = 1000 };

static const char fence_name[] = "checkstate_fence";

static void take_fence(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	if (!str_u64(c[0].s, &q->reply.fence))
		q->reply.fence = 0;
}

static int read_fence(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_STR(str_of(fence_name)) };

	return engine_query(e, SQL_SETTING_GET, args, take_fence, q, err);
}

static int percent_of(const struct value *v)
{
	return v->type == VALUE_NULL ? -1 : (int)v->i;
}

static struct value value_of_percent(int percent)
{
	return percent < 0 || percent > 100 ? VALUE_OF_NULL : VALUE_OF_INT(percent);
}

static void take_run(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;
	struct worker_run *run = request_row(q, sizeof(*run));

	(void)n;
	/* What does not fit cannot have been written by us; an empty ip is passed over by the reader. */
	str_copy(c[0].s, run->ip, sizeof(run->ip));
	run->firsttime_s = c[1].i;
	run->updatetime_s = c[2].i;
	str_copy(c[3].s, run->hostname, sizeof(run->hostname));
	run->mem = percent_of(&c[4]);
	run->disk = percent_of(&c[5]);
}

static int run_load(struct engine *e, struct request *q, struct err *err)
{
	int r = engine_query(e, SQL_RUNS_LATEST, NULL, take_run, q, err);

	q->reply.runs = q->out;
	return r < 0 ? r : read_fence(e, q, err);
}

void store_runs_load(struct store *st, store_cb *cb, void *arg)
{
	store_submit(st, request_new(REQUEST_READ, run_load, cb, arg));
}

static int check_fence(struct engine *e, struct request *q, struct err *err)
{
	char text[32];
	int r = read_fence(e, q, err);

	if (r < 0)
		return r;
	if (q->reply.fence > q->fence)
		return err_set(
			err, -ESTALE,
			"another server's checkstate has written since (fence %llu, ours %llu)",
			(unsigned long long)q->reply.fence, (unsigned long long)q->fence);
	if (q->reply.fence == q->fence)
		return 0;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)q->fence);
	const struct value args[] = { VALUE_OF_STR(str_of(fence_name)),
		                      VALUE_OF_STR(str_of(text)) };
	return engine_run(e, SQL_SETTING_SET, args, err);
}

static int run_apply(struct engine *e, struct request *q, struct err *err)
{
	const struct run_change *changes = q->in;
	int r = check_fence(e, q, err);

	/* Both kinds are one statement: where an extended row is missing it is put there whole. */
	for (size_t i = 0; i < q->n_in && r == 0; i++) {
		const struct worker_run *run = &changes[i].run;
		const struct value args[] = {
			VALUE_OF_STR(str_of(run->ip)),   VALUE_OF_INT(run->firsttime_s),
			VALUE_OF_INT(run->updatetime_s), VALUE_OF_STR(str_of(run->hostname)),
			value_of_percent(run->mem),      value_of_percent(run->disk),
		};
		r = engine_run(e, SQL_RUN_SAVE, args, err);
	}
	q->reply.n = r == 0 ? q->n_in : 0;
	return r;
}

void store_runs_apply(struct store *st, uint64_t fence, const struct run_change *changes, size_t n,
                      store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_KEEP, run_apply, cb, arg);
	struct run_change *copy = pool_alloc(&q->pool, n * sizeof(*copy));

	if (n > 0)
		memcpy(copy, changes, n * sizeof(*copy));
	q->in = copy;
	q->n_in = n;
	q->fence = fence;
	store_submit(st, q);
}

static int run_of(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_STR(q->name), VALUE_OF_INT(q->number) };

	if (q->number < 1 || q->number > LIST_MAX)
		return err_set(err, -EINVAL, "a limit is 1 to %d", LIST_MAX);
	int r = engine_query(e, SQL_RUNS_OF, args, take_run, q, err);
	q->reply.runs = q->out;
	return r;
}

void store_runs_of(struct store *st, struct str ip, size_t limit, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_of, cb, arg);

	q->name = request_text(q, ip);
	q->number = limit <= LIST_MAX ? (int64_t)limit : 0;
	store_submit(st, q);
}
