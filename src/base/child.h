/*
 * child.h - starting another program: descriptors, user, session and death signal in one call.
 *
 * The new program gets a clean slate: default signals, an empty mask, only the
 * descriptors it was given. An exec that fails is reported by the call itself, not by an exit status.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

enum { CHILD_MAX_FDS = 8 };

struct child_spec {
	const char *path;  /* file to execute; no search along PATH unless `search` */
	char *const *argv; /* NULL at the end */
	char *const *envp; /* NULL = ours */
	const char *dir;   /* working directory; NULL = ours */
	bool search;       /* look `path` up along PATH */
	bool new_session;  /* setsid() */
	bool drop;         /* become uid/gid, with no other groups */
	uid_t uid;
	gid_t gid;
	int death_signal; /* sent to it when we die; 0 = none */
	size_t n_fds;     /* fds[i] becomes descriptor i; -1 = /dev/null */
	int fds[CHILD_MAX_FDS];
};

/**
 * Starts the program. Returns its pid, or -errno with a sentence that names the step that failed.
 * `*ret_pidfd` (may be NULL) gets a descriptor that becomes readable when it ends, or -1 on kernels without.
 */
MUST_CHECK pid_t child_start(const struct child_spec *spec, int *ret_pidfd, struct err *err);

/** "exit status 3", "killed by signal 9 (Killed)" for a wait status. */
void child_describe(int wait_status, char *dst, size_t size);

#endif
