/*
 * tree.h - a private folder that stands for / or for the state folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_AGENT_TREE_H
#define TESTS_UNIT_AGENT_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char path[64];
	int fd;
};

static inline int tree_setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	(void)snprintf(t->path, sizeof(t->path), "/tmp/test-agent-XXXXXX");
	if (mkdtemp(t->path) == NULL)
		return -1;
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->fd < 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int flag,
                                  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	struct tree *t = *state;

	(void)close(t->fd);
	(void)nftw(t->path, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

/* Makes the file with its folders. */
static inline void tree_file(const struct tree *t, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s", name);
	for (char *at = path; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdirat(t->fd, path, 0755);
		*at = '/';
	}
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		abort();
}

#endif
