/*
 * fd.h - file descriptors: release by scope, whole reads and writes, atomic replacement.
 *
 * Functions return a count or 0, or a negative errno; they retry EINTR and
 * never log. Descriptors made here are close-on-exec.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/** Closes `*fd` unless it is negative, and sets it to -1. */
void fd_close(int *fd);

static inline void auto_close_(int *fd)
{
	fd_close(fd);
}

/* A descriptor closed when its scope ends; initialise it (-1 when nothing is open yet). */
#define AUTO_CLOSE __attribute__((cleanup(auto_close_)))

static inline int fd_give_(int *fd)
{
	int was = *fd;

	*fd = -1;
	return was;
}

/* Gives an AUTO_CLOSE descriptor away and leaves -1 behind. */
#define FD_GIVE(fd) fd_give_(&(fd))

/** Opens `path` below `dir` (AT_FDCWD allowed) for reading. Returns the descriptor or -errno. */
MUST_CHECK int fd_open_read(int dir, const char *path);

/**
 * Reads from the start of `fd` into `buf` with one pread, as /proc files want it.
 * Returns bytes (at most size - 1; a NUL follows) or -errno; -EFBIG when the text filled the buffer.
 */
MUST_CHECK ssize_t fd_pread_text(int fd, char *buf, size_t size);

/** Opens, reads whole and closes a text file of less than `size` bytes; result as fd_pread_text. */
MUST_CHECK ssize_t fd_read_file(int dir, const char *path, char *buf, size_t size);

/** Reads until the end of the stream or `size` bytes. Returns the count or -errno. */
MUST_CHECK ssize_t fd_read_all(int fd, void *buf, size_t size);

/** Writes all of it. Returns 0 or -errno. */
MUST_CHECK int fd_write_all(int fd, const void *p, size_t len);

/**
 * Replaces `name` below `dir` as a whole: temporary file, fsync, rename, fsync of `dir`.
 * After a crash either the old or the new content is there. Returns 0 or -errno with a sentence.
 */
MUST_CHECK int fd_replace_file(int dir, const char *name, struct str data, mode_t mode,
                               struct err *err);

/** Sets or clears O_NONBLOCK. Returns 0 or -errno. */
MUST_CHECK int fd_set_nonblock(int fd, bool on);

/**
 * Takes the lock file `path` below `dir` (AT_FDCWD allowed) for this process's life (flock, pid written inside)
 * and returns its descriptor. Nobody else may open the file, because who can open it can lock it. -EBUSY when another process holds it; the sentence then names its pid and `what`.
 */
MUST_CHECK int fd_lock_file(int dir, const char *path, const char *what, struct err *err);

/** Sends one packet over a SOCK_SEQPACKET socket without waiting. Returns 0 or -errno. */
MUST_CHECK int fd_send_packet(int fd, const void *p, size_t len);

/**
 * Takes one packet without waiting. Returns its length; 0 when the other side is gone; -EAGAIN when there is none
 * now; -EMSGSIZE when it was longer than `size` (it is lost then).
 */
MUST_CHECK ssize_t fd_recv_packet(int fd, void *buf, size_t size);

#endif
