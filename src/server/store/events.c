/*
 * events.c - requests about the table `event`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/store_int.h"

/* The newest EVENTS_KEPT stay: whoever may make events must not fill the disk with them. */
enum { KIND_CHARS = 64, LIST_MAX = 1000, EVENTS_KEPT = 1000000 };

static void take_number(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	q->reply.id = c[0].i;
}

static int run_last(struct engine *e, struct request *q, struct err *err)
{
	return engine_query(e, SQL_EVENT_LAST, NULL, take_number, q, err);
}

void store_events_last(struct store *st, store_cb *cb, void *arg)
{
	store_submit(st, request_new(REQUEST_READ, run_last, cb, arg));
}

static int run_add(struct engine *e, struct request *q, struct err *err)
{
	const struct event_row *rows = q->in;
	char id[HOST_ID_TEXT_SIZE];

	for (size_t i = 0; i < q->n_in; i++) {
		const struct event_row *v = &rows[i];
		id[0] = '\0';
		if (host_id_is_set(v->host))
			host_id_write(v->host, id);
		const struct value args[] = {
			VALUE_OF_INT(v->id),
			VALUE_OF_INT(v->time_ms),
			VALUE_OF_STR(v->ip),
			VALUE_OF_STR(str_of(id)),
			VALUE_OF_STR(v->hostname),
			VALUE_OF_STR(v->kind),
			VALUE_OF_STR(str_of(event_level_name(v->level))),
			VALUE_OF_STR(v->text),
			VALUE_OF_STR(v->data),
		};
		int r = engine_run(e, SQL_EVENT_ADD, args, err);
		if (r < 0)
			return r;
	}
	q->reply.n = q->n_in;
	const struct value oldest =
		VALUE_OF_INT(q->n_in != 0 ? rows[q->n_in - 1].id - EVENTS_KEPT : 0);
	return engine_run(e, SQL_EVENTS_TRIM, &oldest, err);
}

void store_events_add(struct store *st, const struct event_row *rows, size_t n, store_cb *cb,
                      void *arg)
{
	struct request *q = request_new(REQUEST_EVENTS, run_add, cb, arg);
	struct event_row *copy = pool_alloc(&q->pool, n * sizeof(*copy));

	for (size_t i = 0; i < n; i++) {
		copy[i] = rows[i];
		copy[i].ip = request_text_cut(q, rows[i].ip, HOST_IP_SIZE - 1);
		copy[i].hostname = request_text_cut(q, rows[i].hostname, HOST_NAME_CHARS);
		copy[i].kind = request_text_cut(q, rows[i].kind, KIND_CHARS);
		copy[i].text = request_text(q, rows[i].text);
		copy[i].data = request_text(q, rows[i].data);
	}
	q->in = copy;
	q->n_in = n;
	store_submit(st, q);
}

static void take_event(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	/* One more than asked for was fetched, to know whether there are more. */
	if (q->reply.n == (size_t)q->other) {
		q->reply.more = true;
		return;
	}
	struct event_row *v = request_row(q, sizeof(*v));
	v->id = c[0].i;
	v->time_ms = c[1].i;
	v->ip = request_text(q, c[2].s);
	if (!host_id_read(c[3].s, &v->host))
		v->host = (struct host_id){ { 0 } };
	v->hostname = request_text(q, c[4].s);
	v->kind = request_text(q, c[5].s);
	if (!event_level_read(c[6].s, &v->level))
		v->level = EVENT_INFO;
	v->text = request_text(q, c[7].s);
	v->data = request_text(q, c[8].s);
}

static int run_list(struct engine *e, struct request *q, struct err *err)
{
	/* "host." stands for all kinds that begin so; a kind itself never ends in a dot. */
	bool is_group = q->value.len > 0 && q->value.p[q->value.len - 1] == '.';
	const struct value args[] = {
		VALUE_OF_STR(q->name),
		VALUE_OF_INT(q->number),
		value_or_null(q->value),
		VALUE_OF_INT(is_group ? (int64_t)q->value.len : KIND_CHARS),
		value_or_null(q->value),
		VALUE_OF_INT(q->other + 1),
	};
	bool is_all = q->name.len == 0;

	if (q->other < 1 || q->other > LIST_MAX)
		return err_set(err, -EINVAL, "a limit is 1 to %d", LIST_MAX);
	int r = engine_query(e, is_all ? SQL_EVENTS_ALL : SQL_EVENTS_OF_IP,
	                     is_all ? args + 1 : args, take_event, q, err);
	q->reply.events = q->out;
	return r;
}

void store_events_list(struct store *st, const struct event_filter *filter, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_list, cb, arg);

	q->name = request_text(q, filter->ip);
	q->value = request_text(q, filter->kind);
	q->number = filter->before_id > 0 ? filter->before_id : INT64_MAX;
	q->other = filter->limit <= LIST_MAX ? (int64_t)filter->limit : 0;
	store_submit(st, q);
}
