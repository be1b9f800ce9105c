/*
 * work - a few threads, a queue in, a queue out, an eventfd to wake the loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/work.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

enum { MAX_THREADS = 8 };

struct job {
	struct job *next;
	void (*run)(void *arg);
	void (*done)(void *arg, bool cancelled);
	void *arg;
};

/* First in, first out. */
struct line {
	struct job *first, **end;
	size_t n;
};

struct work {
	pthread_mutex_t lock; /* guards the lines and `ending` */
	pthread_cond_t more;
	struct line waiting, finished;
	bool ending;
	size_t queue_max;
	pthread_t threads[MAX_THREADS];
	unsigned n_threads;
	int wake; /* eventfd */
	struct event *event;
};

static void line_init(struct line *l)
{
	*l = (struct line){ 0 };
	l->end = &l->first;
}

static void line_put(struct line *l, struct job *j)
{
	j->next = NULL;
	*l->end = j;
	l->end = &j->next;
	l->n++;
}

static struct job *line_take(struct line *l)
{
	struct job *j = l->first;

	if (j == NULL)
		return NULL;
	l->first = j->next;
	if (l->first == NULL)
		l->end = &l->first;
	l->n--;
	return j;
}

static void *serve(void *arg)
{
	struct work *w = arg;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		struct job *j = line_take(&w->waiting);

		if (j == NULL) {
			(void)pthread_cond_wait(&w->more, &w->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&w->lock);
		j->run(j->arg);
		(void)pthread_mutex_lock(&w->lock);
		line_put(&w->finished, j);
		/* Fails only when the counter is full, and then it is readable anyway. */
		if (write(w->wake, &one, sizeof(one)) < 0)
			continue;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void deliver(struct work *w)
{
	for (;;) {
		(void)pthread_mutex_lock(&w->lock);
		struct job *j = line_take(&w->finished);
		(void)pthread_mutex_unlock(&w->lock);
		if (j == NULL)
			return;
		j->done(j->arg, false);
		free(j);
	}
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		deliver(arg);
}

int work_new(struct event_base *base, unsigned threads, size_t queue_max, struct work **ret,
             struct err *err)
{
	struct work *w = xcalloc(1, sizeof(*w));
	sigset_t all, before;

	line_init(&w->waiting);
	line_init(&w->finished);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->more, NULL);
	w->queue_max = queue_max;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0) {
		int r = err_sys(err, "make an eventfd");

		work_free(w);
		return r;
	}
	w->event = event_new(base, w->wake, EV_READ | EV_PERSIST, on_wake, w);
	(void)event_add(w->event, NULL);

	/* Signals are the loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = 0;

	while (r == 0 && w->n_threads < threads && w->n_threads < MAX_THREADS) {
		r = pthread_create(&w->threads[w->n_threads], NULL, serve, w);
		if (r == 0)
			w->n_threads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		work_free(w);
		return err_set(err, -r, "start a thread: %s", strerror(r));
	}
	*ret = w;
	return 0;
}

int work_add(struct work *w, void (*run)(void *arg), void (*done)(void *arg, bool cancelled),
             void *arg)
{
	int r = 0;

	(void)pthread_mutex_lock(&w->lock);
	if (w->waiting.n >= w->queue_max) {
		r = -EAGAIN;
	} else {
		struct job *j = xcalloc(1, sizeof(*j));

		*j = (struct job){ .run = run, .done = done, .arg = arg };
		line_put(&w->waiting, j);
		(void)pthread_cond_signal(&w->more);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

void work_free(struct work *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->ending = true;
	(void)pthread_cond_broadcast(&w->more);
	(void)pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n_threads; i++)
		(void)pthread_join(w->threads[i], NULL);
	deliver(w);
	for (struct job *j = line_take(&w->waiting); j != NULL; j = line_take(&w->waiting)) {
		j->done(j->arg, true);
		free(j);
	}
	if (w->event != NULL)
		event_free(w->event);
	fd_close(&w->wake);
	(void)pthread_cond_destroy(&w->more);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
