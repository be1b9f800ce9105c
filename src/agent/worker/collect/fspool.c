/*
 * fspool.c - asking file systems for their numbers on threads that may get stuck.
 *
 * One mutex guards the pool and all its jobs. Threads are detached: the process may end while
 * one of them is stuck.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/fspool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

enum { STACK_BYTES = 64 * 1024 };
enum step { IDLE, QUEUED, ASKING, DONE };

struct fsjob {
	struct fspool *pool; /* a reference */
	struct fsjob *next;  /* in the queue */
	char *path;
	enum step step;
	bool orphan; /* its maker let it go while it was being asked */
	int64_t since_ns;
	struct statvfs answer;
	int code;
};

struct fspool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	fspool_ask *ask;
	struct fsjob *first, *last; /* the queue */
	unsigned refs;              /* the maker, each job, each thread */
	unsigned threads, idle;
	bool closing;
};

struct fspool *fspool_new(fspool_ask *ask)
{
	struct fspool *p = xcalloc(1, sizeof(*p));

	p->ask = ask;
	p->refs = 1;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->work, NULL);
	return p;
}

/* Gives up a reference; takes the lock's ownership and releases it. */
static void unref_unlock(struct fspool *p)
{
	bool last = --p->refs == 0;

	(void)pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

void fspool_free(struct fspool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->closing = true;
	(void)pthread_cond_broadcast(&p->work);
	unref_unlock(p);
}

/* The lock is held; the pool's reference is the caller's to give up. */
static void job_destroy(struct fsjob *j)
{
	free(j->path);
	free(j);
}

static struct fsjob *take_job(struct fspool *p)
{
	struct fsjob *j = p->first;

	p->first = j->next;
	if (p->first == NULL)
		p->last = NULL;
	j->next = NULL;
	j->step = ASKING;
	j->since_ns = clock_mono_ns(); /* time in the queue is no silence of the file system's */
	return j;
}

static void work_off(struct fspool *p, struct fsjob *j)
{
	struct statvfs answer = { 0 };

	(void)pthread_mutex_unlock(&p->lock);
	int code = p->ask(j->path, &answer) < 0 ? -errno : 0;
	(void)pthread_mutex_lock(&p->lock);
	j->answer = answer;
	j->code = code;
	j->step = DONE;
	if (j->orphan) {
		job_destroy(j);
		p->refs--; /* not the last: this thread has one */
	}
}

static void *thread_main(void *arg)
{
	struct fspool *p = arg;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->first == NULL && !p->closing) {
			p->idle++;
			(void)pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
		}
		if (p->closing)
			break;
		work_off(p, take_job(p));
	}
	p->threads--;
	unref_unlock(p);
	return NULL;
}

/* The lock is held. Without a thread the job stays in the queue. */
static void start_thread(struct fspool *p)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;

	if (pthread_attr_init(&attr) != 0)
		return;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	/* Signals are for the main thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, &attr, thread_main, p) == 0) {
		p->threads++;
		p->refs++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
}

struct fsjob *fsjob_new(struct fspool *p, const char *path)
{
	struct fsjob *j = xcalloc(1, sizeof(*j));

	j->pool = p;
	j->path = xstrdup(path);
	(void)pthread_mutex_lock(&p->lock);
	p->refs++;
	(void)pthread_mutex_unlock(&p->lock);
	return j;
}

static void unqueue(struct fspool *p, const struct fsjob *j)
{
	struct fsjob *before = NULL;

	for (struct fsjob *at = p->first; at != NULL; before = at, at = at->next) {
		if (at != j)
			continue;
		if (before != NULL)
			before->next = j->next;
		else
			p->first = j->next;
		if (p->last == j)
			p->last = before;
		return;
	}
}

void fsjob_free(struct fsjob *j)
{
	if (j == NULL)
		return;
	struct fspool *p = j->pool;
	(void)pthread_mutex_lock(&p->lock);
	if (j->step == ASKING) {
		j->orphan = true;
		(void)pthread_mutex_unlock(&p->lock);
		return;
	}
	if (j->step == QUEUED)
		unqueue(p, j);
	job_destroy(j);
	unref_unlock(p);
}

void fsjob_begin(struct fsjob *j, int64_t now_ns)
{
	struct fspool *p = j->pool;

	(void)pthread_mutex_lock(&p->lock);
	if (j->step == IDLE || j->step == DONE) {
		j->step = QUEUED;
		j->since_ns = now_ns;
		if (p->last != NULL)
			p->last->next = j;
		else
			p->first = j;
		p->last = j;
		if (p->idle == 0 && p->threads < FSPOOL_THREADS)
			start_thread(p);
		(void)pthread_cond_signal(&p->work);
	}
	(void)pthread_mutex_unlock(&p->lock);
}

enum fsjob_state fsjob_look(struct fsjob *j, struct statvfs *ret, int *ret_code,
                            int64_t *ret_since_ns)
{
	struct fspool *p = j->pool;
	enum fsjob_state state;

	(void)pthread_mutex_lock(&p->lock);
	if (j->step == DONE) {
		*ret = j->answer;
		*ret_code = j->code;
		state = FSJOB_DONE;
	} else if (j->step == IDLE) {
		state = FSJOB_IDLE;
	} else {
		state = j->step == QUEUED ? FSJOB_QUEUED : FSJOB_WAITING;
		*ret_since_ns = j->since_ns;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return state;
}
