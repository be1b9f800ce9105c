/*
 * source.c - text files of the kernel, kept open and read at most once a cycle.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

enum { PAGE = 4096, HALF_PAGE = PAGE / 2 };

struct source {
	struct sources *all;
	const char *path;
	enum source_shape shape;
	int fd;
	char *text;
	size_t len, cap;
	uint64_t cycle;    /* the text or the failure is of this one; 0 = of none */
	uint64_t retry_at; /* missing: not looked for before this cycle */
	int code;          /* of this cycle */
};

struct sources {
	int root;
	uint64_t cycle;
	struct source **p;
	size_t n, cap;
};

struct sources *sources_new(int root)
{
	struct sources *s = xcalloc(1, sizeof(*s));

	s->root = root;
	s->cycle = 1;
	return s;
}

void sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		fd_close(&s->p[i]->fd);
		free(s->p[i]->text);
		free(s->p[i]);
	}
	free(s->p);
	free(s);
}

void sources_next(struct sources *s, uint64_t cycle)
{
	s->cycle = cycle;
}

struct source *source_get(struct sources *all, const char *path, enum source_shape shape)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->p[i]->path, path) == 0)
			return all->p[i];
	struct source *s = xcalloc(1, sizeof(*s));
	*s = (struct source){ .all = all, .path = path, .shape = shape, .fd = -1 };
	if (all->n == all->cap)
		all->p = xgrow(all->p, &all->cap, all->n + 1, sizeof(struct source *));
	all->p[all->n++] = s;
	return s;
}

static int read_piece(struct source *s, size_t *ret)
{
	ssize_t n;

	if (s->cap - s->len <= HALF_PAGE || s->text == NULL) {
		if (s->cap >= SOURCE_MAX_BYTES)
			return -EFBIG;
		s->text = xgrow(s->text, &s->cap, s->cap + PAGE, 1);
	}
	do
		n = pread(s->fd, s->text + s->len, s->cap - s->len, (off_t)s->len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret = (size_t)n;
	return 0;
}

static int read_text(struct source *s)
{
	s->len = 0;
	for (;;) {
		size_t room, n = 0;
		int r = read_piece(s, &n);

		if (r < 0)
			return r;
		room = s->cap - s->len;
		s->len += n;
		/* A full buffer means the kernel may have had more in every shape. */
		if (n == 0 || (n < room && s->shape == SOURCE_WHOLE) ||
		    (n < HALF_PAGE && n < room && s->shape == SOURCE_PIECES))
			return 0;
	}
}

static int open_and_read(struct source *s)
{
	bool was_open = s->fd >= 0;

	for (int attempt = 0;; attempt++) {
		int r = 0;

		if (s->fd < 0) {
			s->fd = fd_open_read(s->all->root, s->path);
			r = s->fd < 0 ? s->fd : 0;
		}
		if (r == 0)
			r = read_text(s);
		if (r == 0)
			return 0;
		fd_close(&s->fd);
		/* What was open and fails now may be a new file under the old name. */
		if (!was_open || attempt != 0)
			return r;
	}
}

int source_text(struct source *s, struct str *ret, struct err *err)
{
	uint64_t cycle = s->all->cycle;

	if (s->cycle != cycle) {
		s->cycle = cycle;
		if (cycle >= s->retry_at || s->fd >= 0)
			s->code = open_and_read(s);
		if (s->code < 0 && cycle >= s->retry_at)
			s->retry_at = cycle + SOURCE_RETRY;
	}
	if (s->code < 0)
		return err_set(err, s->code, "read /%s: %s", s->path, strerror(-s->code));
	*ret = (struct str){ s->text, s->len };
	return 0;
}

bool source_changed(struct source *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLPRI };

	return s->fd < 0 || (poll(&p, 1, 0) > 0 && (p.revents & (POLLPRI | POLLERR)) != 0);
}
