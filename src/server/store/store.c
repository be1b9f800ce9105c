/*
 * store.c - the store's thread: a queue in, a queue out, and what to do with a sick database.
 *
 * Sick means engine_is_sick(). Requests that are kept then wait in `kept`, in order; every RETRY the
 * database is opened anew and written to (a probe), and when that works the kept ones go first. Other
 * requests are still tried: a full disk can be read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/store/migrate.h"
#include "server/store/store_int.h"

enum {
	QUEUE_MAX = 4096,
	KEEP_MAX = 100000,
	BUSY_MS = 2000,
	RETRY_FIRST_MS = 1000,
	RETRY_CAP_MS = 15000,
};

struct list {
	struct request *first, **last;
	size_t n;    /* requests */
	size_t rows; /* in them */
};

struct store {
	struct store_options options;
	char *path;
	struct engine *engine; /* the thread's after store_open(); NULL while it cannot be opened */
	struct event *wake;    /* on the loop: answers are there */
	pthread_t thread;

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t todo;
	struct list queue; /* to the thread */
	struct list done;  /* from the thread */
	bool stop;         /* no more requests; finish, then end */
	bool abandon;      /* end now */
	bool told_up;      /* what the thread has found out last ... */
	bool news;         /* ... and that the loop has not been told */
	struct err why;
	size_t kept_rows;
	uint64_t dropped;

	/* The thread's own. */
	struct list kept;
	bool sick;
	int sick_code;
	bool tried_last; /* the one more try before the end was made */
	int64_t retry_ms;
	int64_t retry_wait_ms;
};

static void list_init(struct list *l)
{
	*l = (struct list){ .last = &l->first };
}

static void list_add(struct list *l, struct request *q)
{
	q->next = NULL;
	*l->last = q;
	l->last = &q->next;
	l->n++;
	l->rows += q->n_in;
}

static struct request *list_cut(struct list *l, struct request **at)
{
	struct request *q = *at;

	if (q == NULL)
		return NULL;
	*at = q->next;
	if (q->next == NULL)
		l->last = at;
	q->next = NULL;
	l->n--;
	l->rows -= q->n_in;
	return q;
}

/* ---- requests ---- */

struct request *request_new(enum request_class kind, request_fn *run, store_cb *cb, void *arg)
{
	struct request *q = xcalloc(1, sizeof(*q));

	q->kind = kind;
	q->run = run;
	q->cb = cb;
	q->cb_arg = arg;
	return q;
}

static void request_free(struct request *q)
{
	if (q == NULL)
		return;
	pool_done(&q->pool);
	free(q->out);
	free(q);
}

struct str request_text(struct request *q, struct str s)
{
	return pool_str(&q->pool, s);
}

struct str request_text_cut(struct request *q, struct str s, size_t max)
{
	size_t chars = 0, i;

	for (i = 0; i < s.len && s.p[i] != '\0'; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && chars++ == max)
			break;
	}
	return pool_str(&q->pool, (struct str){ s.p, i });
}

void *request_row(struct request *q, size_t size)
{
	q->out = xgrow(q->out, &q->out_cap, q->reply.n + 1, size);
	char *row = (char *)q->out + q->reply.n++ * size;
	memset(row, 0, size);
	return row;
}

/* Runs the callback, once. On the loop. */
static void answer(struct request *q)
{
	store_cb *cb = q->cb;

	q->cb = NULL;
	q->reply.code = q->err.code;
	q->reply.err = &q->err;
	if (cb != NULL)
		cb(&q->reply, q->cb_arg);
}

/* ---- the thread ---- */

/* Puts a request in the way back; takes the lock. */
static void give_back(struct store *st, struct request *q)
{
	pthread_mutex_lock(&st->lock);
	list_add(&st->done, q);
	pthread_mutex_unlock(&st->lock);
	event_active(st->wake, EV_READ, 0);
}

static void tell_state(struct store *st, bool up, const struct err *why)
{
	pthread_mutex_lock(&st->lock);
	st->told_up = up;
	st->news = true;
	if (!up)
		st->why = *why;
	pthread_mutex_unlock(&st->lock);
	event_active(st->wake, EV_READ, 0);
}

static void fell_sick(struct store *st, const struct err *why)
{
	if (!st->sick)
		st->retry_wait_ms = st->options.retry_ms;
	if (!st->sick || why->code != st->sick_code)
		tell_state(st, false, why);
	st->sick = true;
	st->sick_code = why->code;
	st->retry_ms = clock_mono_ms() + st->retry_wait_ms;
}

static int in_transaction(struct engine *e, struct request *q, struct err *err)
{
	struct err ignored = { 0 };
	int r = engine_run(e, SQL_BEGIN, NULL, err);

	if (r < 0)
		return r;
	r = q->run(e, q, err);
	if (r == 0)
		r = engine_run(e, SQL_COMMIT, NULL, err);
	/* SQLite may have rolled back already; then this one fails and nothing is lost. */
	if (r < 0 && engine_run(e, SQL_ROLLBACK, NULL, &ignored) < 0)
		(void)ignored;
	return r;
}

static int carry_out(struct store *st, struct request *q)
{
	q->err = (struct err){ 0 };
	q->reply = (struct store_reply){ 0 };
	if (st->engine == NULL)
		return err_set(&q->err, -EIO, "the database cannot be opened; see the log");
	return q->kind == REQUEST_READ ? q->run(st->engine, q, &q->err)
	                               : in_transaction(st->engine, q, &q->err);
}

static void count_kept(struct store *st, uint64_t dropped)
{
	pthread_mutex_lock(&st->lock);
	st->kept_rows = st->kept.rows;
	st->dropped += dropped;
	pthread_mutex_unlock(&st->lock);
}

/* Keeps a request for later; its caller hears of the failure now, through a stand-in. */
static void keep(struct store *st, struct request *q)
{
	struct request *told = request_new(q->kind, NULL, q->cb, q->cb_arg);
	uint64_t dropped = 0;

	told->err = q->err;
	q->cb = NULL;
	list_add(&st->kept, q);
	while (st->kept.rows > st->options.keep_max) {
		struct request **at = &st->kept.first;
		while (*at != NULL && (*at)->kind != REQUEST_EVENTS)
			at = &(*at)->next;
		if (*at == NULL)
			at = &st->kept.first;
		struct request *lost = list_cut(&st->kept, at);

		if (lost == NULL)
			break;
		dropped += lost->n_in;
		request_free(lost);
	}
	count_kept(st, dropped);
	give_back(st, told);
}

static void handle(struct store *st, struct request *q)
{
	bool is_kept = q->kind >= REQUEST_KEEP;

	if (st->sick && is_kept) {
		err_set(&q->err, -EIO, "the database is out of order; kept for later");
		keep(st, q);
		return;
	}
	int r = carry_out(st, q);
	if (engine_is_sick(r)) {
		fell_sick(st, &q->err);
		if (is_kept) {
			keep(st, q);
			return;
		}
	}
	give_back(st, q);
}

static int probe(struct store *st, struct err *err)
{
	char now[32];
	const struct engine_options options = { .path = st->path, .busy_ms = st->options.busy_ms };

	/* A file that was replaced or repaired is only seen by opening it anew. */
	if (st->engine != NULL)
		st->engine->kind->close(st->engine);
	st->engine = NULL;
	int r = engine_sqlite.open(&options, &st->engine, err);
	if (r == 0)
		r = migrate(st->engine, migrations, n_migrations, st->path, err);
	if (r < 0)
		return r;
	(void)snprintf(now, sizeof(now), "%lld", (long long)clock_wall_ms());
	const struct value args[] = { VALUE_OF_STR(STR("probe")), VALUE_OF_STR(str_of(now)) };
	return engine_run(st->engine, SQL_SETTING_SET, args, err);
}

static void recover(struct store *st)
{
	struct err err = { 0 };
	int r = probe(st, &err);

	while (r == 0 && st->kept.first != NULL) {
		r = carry_out(st, st->kept.first);
		if (engine_is_sick(r)) {
			err = st->kept.first->err;
			break;
		}
		/* Done, or refused for good: then trying again would hold up the rest for ever. */
		r = 0;
		request_free(list_cut(&st->kept, &st->kept.first));
		count_kept(st, 0);
	}
	if (r == 0) {
		st->sick = false;
		tell_state(st, true, NULL);
		return;
	}
	st->retry_wait_ms =
		st->retry_wait_ms * 2 < RETRY_CAP_MS ? st->retry_wait_ms * 2 : RETRY_CAP_MS;
	fell_sick(st, &err);
}

/* Waits for work: with the lock held; false when it is time to end. */
static bool wait_for_work(struct store *st)
{
	for (;;) {
		if (st->stop && st->sick && st->kept.first != NULL && !st->tried_last) {
			st->tried_last = true;
			st->retry_ms = 0;
			return true;
		}
		if (st->abandon)
			return false;
		if (st->queue.first != NULL)
			return true;
		if (st->sick && clock_mono_ms() >= st->retry_ms)
			return true;
		if (st->stop)
			return false;
		if (!st->sick) {
			pthread_cond_wait(&st->todo, &st->lock);
			continue;
		}
		int64_t left = st->retry_ms - clock_mono_ms();
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += left / 1000;
		until.tv_nsec += left % 1000 * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&st->todo, &st->lock, &until);
	}
}

static void *thread_main(void *arg)
{
	struct store *st = arg;

	pthread_mutex_lock(&st->lock);
	while (wait_for_work(st)) {
		struct request *q = NULL;
		bool is_due = st->sick && clock_mono_ms() >= st->retry_ms;
		if (!is_due)
			q = list_cut(&st->queue, &st->queue.first);
		pthread_mutex_unlock(&st->lock);
		if (is_due)
			recover(st);
		else if (q != NULL)
			handle(st, q);
		pthread_mutex_lock(&st->lock);
	}
	pthread_mutex_unlock(&st->lock);
	return NULL;
}

/* ---- the loop's side ---- */

static void deliver(evutil_socket_t fd, short what, void *arg)
{
	struct store *st = arg;
	struct list done;
	struct err why;
	bool news, up;

	(void)fd;
	(void)what;
	pthread_mutex_lock(&st->lock);
	done = st->done;
	list_init(&st->done);
	news = st->news;
	up = st->told_up;
	why = st->why;
	st->news = false;
	pthread_mutex_unlock(&st->lock);
	if (news && st->options.on_state != NULL)
		st->options.on_state(up, up ? NULL : &why, st->options.arg);
	while (done.first != NULL) {
		struct request *q = list_cut(&done, &done.first);
		answer(q);
		request_free(q);
	}
}

void store_submit(struct store *st, struct request *q)
{
	bool is_full;

	pthread_mutex_lock(&st->lock);
	is_full = st->stop || st->queue.n >= st->options.queue_max;
	if (!is_full) {
		list_add(&st->queue, q);
		pthread_cond_signal(&st->todo);
	} else {
		(void)(st->stop ? err_set(&q->err, -ECANCELED, "the server is stopping")
		                : err_set(&q->err, -EAGAIN,
		                          "the database is too slow: %zu "
		                          "requests wait",
		                          st->queue.n));
		if (q->kind >= REQUEST_KEEP)
			st->dropped += q->n_in;
		list_add(&st->done, q);
	}
	pthread_mutex_unlock(&st->lock);
	if (is_full)
		event_active(st->wake, EV_READ, 0);
}

static int start_thread(struct store *st, struct err *err)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&st->lock, NULL);
	pthread_cond_init(&st->todo, &attr);
	pthread_condattr_destroy(&attr);
	int r = pthread_create(&st->thread, NULL, thread_main, st);
	if (r != 0) {
		pthread_cond_destroy(&st->todo);
		pthread_mutex_destroy(&st->lock);
		return err_set(err, -r, "start the store's thread: %s", strerror(r));
	}
	return 0;
}

static void store_free(struct store *st)
{
	if (st->engine != NULL)
		st->engine->kind->close(st->engine);
	if (st->wake != NULL)
		event_free(st->wake);
	free(st->path);
	free(st);
}

int store_open(const struct store_options *options, struct store **ret, struct err *err)
{
	struct store *st = xcalloc(1, sizeof(*st));

	st->options = *options;
	st->path = xstrdup(options->path);
	st->options.path = st->path;
	if (st->options.queue_max == 0)
		st->options.queue_max = QUEUE_MAX;
	if (st->options.keep_max == 0)
		st->options.keep_max = KEEP_MAX;
	if (st->options.busy_ms == 0)
		st->options.busy_ms = BUSY_MS;
	if (st->options.retry_ms == 0)
		st->options.retry_ms = RETRY_FIRST_MS;
	list_init(&st->queue);
	list_init(&st->done);
	list_init(&st->kept);
	st->told_up = true;
	const struct engine_options engine = { .path = st->path, .busy_ms = st->options.busy_ms };
	int r = engine_sqlite.open(&engine, &st->engine, err);
	if (r == 0)
		r = migrate(st->engine, migrations, n_migrations, st->path, err);
	if (r == 0) {
		st->wake = event_new(options->base, -1, EV_PERSIST, deliver, st);
		assert(st->wake != NULL);
		r = start_thread(st, err);
	}
	if (r < 0) {
		store_free(st);
		return r;
	}
	*ret = st;
	return 0;
}

static void cancel_all(struct list *l)
{
	while (l->first != NULL) {
		struct request *q = list_cut(l, &l->first);
		err_set(&q->err, -ECANCELED, "the server is stopping");
		q->reply = (struct store_reply){ 0 };
		answer(q);
		request_free(q);
	}
}

/* Waits until the queue is empty or the time is over. */
static void drain(struct store *st, unsigned grace_ms)
{
	int64_t until = clock_mono_ms() + grace_ms;
	const struct timespec nap = { .tv_nsec = 2000000 };

	while (clock_mono_ms() < until) {
		pthread_mutex_lock(&st->lock);
		bool is_idle = st->queue.first == NULL;
		pthread_mutex_unlock(&st->lock);
		if (is_idle)
			return;
		nanosleep(&nap, NULL);
	}
}

void store_close(struct store *st, unsigned grace_ms)
{
	if (st == NULL)
		return;
	pthread_mutex_lock(&st->lock);
	st->stop = true;
	pthread_cond_signal(&st->todo);
	pthread_mutex_unlock(&st->lock);
	drain(st, grace_ms);
	pthread_mutex_lock(&st->lock);
	st->abandon = true;
	pthread_cond_signal(&st->todo);
	pthread_mutex_unlock(&st->lock);
	/* Ends after the statement at hand. */
	pthread_join(st->thread, NULL);
	deliver(-1, 0, st);
	cancel_all(&st->queue);
	cancel_all(&st->kept);
	pthread_cond_destroy(&st->todo);
	pthread_mutex_destroy(&st->lock);
	store_free(st);
}

void store_stats(struct store *st, struct store_stats *ret)
{
	pthread_mutex_lock(&st->lock);
	*ret = (struct store_stats){
		.up = st->told_up,
		.waiting = st->queue.n,
		.kept = st->kept_rows,
		.dropped = st->dropped,
	};
	pthread_mutex_unlock(&st->lock);
}
