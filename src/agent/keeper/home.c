/*
 * home.c - making and locking the state folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* mkdir -p; what lies in the last one is nobody else's business. */
static int make_path(const char *path, struct err *err)
{
	char part[PATH_MAX];

	if (!str_copy(str_of(path), part, sizeof(part)))
		return err_set(err, -ENAMETOOLONG, "the name '%.40s...' is too long", path);
	for (char *at = part + 1;; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, c == '\0' ? 0711 : 0755) < 0 && errno != EEXIST)
			return err_sys(err, "make folder %s", part);
		if (c == '\0')
			return 0;
		*at = c;
	}
}

/* A plain file of the old owner's goes to the new one. One with a second name may be anybody's: it stays. */
static int give_file(int dir, const char *name, uid_t old, const struct account *to)
{
	struct stat st;
	AUTO_CLOSE int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    st.st_uid == old)
		return fchownat(fd, "", to->uid, to->gid, AT_EMPTY_PATH);
	return 0;
}

/* The worker's user was changed: its folder changes hands. */
static int give(int dir, const struct account *to, struct err *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return err_sys(err, "look at the worker's folder");
	if (st.st_uid == to->uid && st.st_gid == to->gid)
		return 0;
	if (fchown(dir, to->uid, to->gid) < 0)
		return err_sys(err, "give the worker its folder");
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
	if (list == NULL) {
		int r = err_sys(err, "list the worker's folder");

		fd_close(&copy);
		return r;
	}
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(list)) != NULL;)
		if (give_file(dir, e->d_name, st.st_uid, to) < 0)
			r = err_sys(err, "give the worker its file '%s'", e->d_name);
	(void)closedir(list);
	return r;
}

static int open_worker_dir(int dir, const struct account *owner, struct err *err)
{
	if (mkdirat(dir, "worker", 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make the worker's folder");
	AUTO_CLOSE int fd = openat(dir, "worker", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open the worker's folder");
	int r = owner != NULL ? give(fd, owner, err) : 0;
	return r < 0 ? r : FD_GIVE(fd);
}

int home_open(const char *path, const struct account *owner, struct home *ret, struct err *err)
{
	int r = make_path(path, err);

	if (r < 0)
		return r;
	AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "open folder %s", path);
	AUTO_CLOSE int lock = fd_lock_file(dir, "keeper.lock", "a muster-agent", err);
	if (lock < 0)
		return err_wrap(err, "state folder %s", path);
	AUTO_CLOSE int worker = open_worker_dir(dir, owner, err);
	if (worker < 0)
		return err_wrap(err, "state folder %s", path);
	*ret = (struct home){ FD_GIVE(dir), FD_GIVE(worker), FD_GIVE(lock) };
	return 0;
}

void home_close(struct home *h)
{
	fd_close(&h->worker);
	fd_close(&h->lock);
	fd_close(&h->dir);
}
