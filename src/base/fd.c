/*
 * fd.c - whole reads and writes, atomic replacement, lock files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_open_read(int dir, const char *path)
{
	int fd;

	do
		fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

ssize_t fd_pread_text(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = pread(fd, buf, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -EFBIG;
	buf[n] = '\0';
	return n;
}

ssize_t fd_read_file(int dir, const char *path, char *buf, size_t size)
{
	AUTO_CLOSE int fd = fd_open_read(dir, path);

	if (fd < 0)
		return fd;
	ssize_t n = fd_read_all(fd, buf, size);
	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -EFBIG;
	buf[n] = '\0';
	return n;
}

ssize_t fd_read_all(int fd, void *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, (char *)buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int fd_write_all(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len != 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_replace_file(int dir, const char *name, struct str data, mode_t mode, struct err *err)
{
	char tmp[256];
	int r = snprintf(tmp, sizeof(tmp), ".%s.tmp", name);

	if (r < 0 || (size_t)r >= sizeof(tmp))
		return err_set(err, -ENAMETOOLONG, "file name '%.40s...' is too long", name);
	(void)unlinkat(dir, tmp, 0);
	AUTO_CLOSE int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_sys(err, "create '%s'", tmp);
	/* The umask has no say over a mode that was asked for. */
	if (fchmod(fd, mode) < 0)
		r = -errno;
	else
		r = fd_write_all(fd, data.p, data.len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, tmp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, tmp, 0);
		return err_set(err, r, "write '%s': %s", name, strerror(-r));
	}
	AUTO_CLOSE int self = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (self < 0 || fsync(self) < 0)
		return err_sys(err, "flush the directory of '%s'", name);
	return 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int fd_lock_file(int dir, const char *path, const char *what, struct err *err)
{
	char text[32];
	AUTO_CLOSE int fd = openat(dir, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "open lock file %s", path);
	(void)fchmod(fd, 0600); /* one from before; who is not its owner cannot, and need not */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(err, "lock %s", path);
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
		struct str pid = str_trim((struct str){ text, n > 0 ? (size_t)n : 0 });
		return err_set(err, -EBUSY, "%s already runs here (pid " STR_FMT " holds %s)", what,
		               STR_ARG(pid.len != 0 ? pid : STR("?")), path);
	}
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return err_sys(err, "write our pid into %s", path);
	return FD_GIVE(fd);
}

int fd_send_packet(int fd, const void *p, size_t len)
{
	ssize_t n;

	do
		n = send(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t fd_recv_packet(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n > size ? -EMSGSIZE : n;
}
