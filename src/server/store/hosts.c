/*
 * hosts.c - requests about the table `hosts`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/store_int.h"

enum { SN_CHARS = 128 };

static void take_host(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;
	struct host_row *h = request_row(q, sizeof(*h));

	(void)n;
	h->id = c[0].i;
	/* A row whose id is damaged keeps the zero id; the roll refuses it. */
	if (!host_id_read(c[1].s, &h->host))
		h->host = (struct host_id){ { 0 } };
	h->ip = request_text(q, c[2].s);
	h->hostname = request_text(q, c[3].s);
	h->sn = request_text(q, c[4].s);
	h->region = request_text(q, c[5].s);
	if (!host_status_read(c[6].s, &h->status))
		h->status = HOST_UNKNOWN;
	h->info = request_text(q, c[7].s);
	h->since_ms = c[8].i;
	h->seen_ms = c[9].i;
	h->interval_ms = c[10].i;
	h->first_seen_ms = c[11].i;
}

static int run_load(struct engine *e, struct request *q, struct err *err)
{
	int r = engine_query(e, SQL_HOSTS_ALL, NULL, take_host, q, err);

	q->reply.hosts = q->out;
	return r;
}

void store_hosts_load(struct store *st, store_cb *cb, void *arg)
{
	store_submit(st, request_new(REQUEST_READ, run_load, cb, arg));
}

static int run_save(struct engine *e, struct request *q, struct err *err)
{
	const struct host_row *rows = q->in;
	char id[HOST_ID_TEXT_SIZE];

	for (size_t i = 0; i < q->n_in; i++) {
		const struct host_row *h = &rows[i];
		host_id_write(h->host, id);
		const struct value args[] = {
			VALUE_OF_STR(str_of(id)),
			VALUE_OF_STR(h->ip),
			VALUE_OF_STR(h->hostname),
			VALUE_OF_STR(h->sn),
			value_or_null(h->region),
			VALUE_OF_STR(str_of(host_status_name(h->status))),
			value_or_null(h->info),
			VALUE_OF_INT(h->since_ms),
			VALUE_OF_INT(h->seen_ms),
			VALUE_OF_INT(h->interval_ms),
			VALUE_OF_INT(h->first_seen_ms),
			value_or_null(h->region),
			value_or_null(h->info),
		};
		int r = engine_run(e, SQL_HOST_SAVE, args, err);
		if (r < 0)
			return r;
	}
	q->reply.n = q->n_in;
	return 0;
}

void store_hosts_save(struct store *st, const struct host_row *rows, size_t n, store_cb *cb,
                      void *arg)
{
	struct request *q = request_new(REQUEST_KEEP, run_save, cb, arg);
	struct host_row *copy = pool_alloc(&q->pool, n * sizeof(*copy));

	for (size_t i = 0; i < n; i++) {
		copy[i] = rows[i];
		copy[i].ip = request_text_cut(q, rows[i].ip, HOST_IP_SIZE - 1);
		copy[i].hostname = request_text_cut(q, rows[i].hostname, HOST_NAME_CHARS);
		copy[i].sn = request_text_cut(q, rows[i].sn, SN_CHARS);
		copy[i].region = request_text_cut(q, rows[i].region, HOST_REGION_CHARS);
		copy[i].info = request_text(q, rows[i].info);
	}
	q->in = copy;
	q->n_in = n;
	store_submit(st, q);
}

static int run_remove(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_STR(q->name) };
	int r = engine_run(e, SQL_HOST_REMOVE, args, err);

	if (r == 0 && e->kind->changes(e) == 0)
		r = err_set(err, -ENOENT, "there is no such host");
	return r;
}

void store_host_remove(struct store *st, struct host_id host, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_remove, cb, arg);
	char id[HOST_ID_TEXT_SIZE];

	host_id_write(host, id);
	q->name = request_text(q, str_of(id));
	store_submit(st, q);
}
