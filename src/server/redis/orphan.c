/*
 * orphan.c - see orphan.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/redis/orphan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

enum { MARK_SIZE = 160, STATE_FIELD = 3, START_FIELD = 22, AFTER_KILL_MS = 5000 };

/* "PID START BOOT" of a live process; false when there is none or it is only waiting to be reaped. */
static bool mark_of(pid_t pid, char dst[MARK_SIZE])
{
	char path[64], text[1024], boot[64];
	struct str rest, word, start = { 0 };

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	ssize_t n = fd_read_file(AT_FDCWD, path, text, sizeof(text));
	if (n <= 0)
		return false;
	/* The name is in parentheses and may hold anything, also parentheses. */
	const char *behind = memrchr(text, ')', (size_t)n);
	if (behind == NULL)
		return false;
	rest = (struct str){ behind + 1, (size_t)(text + n - behind - 1) };
	for (int field = STATE_FIELD; field <= START_FIELD; field++) {
		if (!str_word(&rest, &word))
			return false;
		if (field == STATE_FIELD && (str_is(word, "Z") || str_is(word, "X")))
			return false;
		start = word;
	}
	ssize_t len = fd_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	struct str id = str_trim((struct str){ boot, len > 0 ? (size_t)len : 0 });
	(void)snprintf(dst, MARK_SIZE, "%d " STR_FMT " " STR_FMT, (int)pid, STR_ARG(start),
	               STR_ARG(id));
	return true;
}

int orphan_note(int dir, const char *name, pid_t pid, struct err *err)
{
	char mark[MARK_SIZE];

	if (!mark_of(pid, mark))
		return err_set(err, -ESRCH, "it ended at once");
	return fd_replace_file(dir, name, str_of(mark), 0600, err);
}

pid_t orphan_find(int dir, const char *name)
{
	char noted[MARK_SIZE], now[MARK_SIZE];
	int64_t pid;
	ssize_t n = fd_read_file(dir, name, noted, sizeof(noted));
	struct str rest = { noted, n > 0 ? (size_t)n : 0 }, word;

	if (!str_word(&rest, &word) || !str_i64(word, &pid) || pid <= 1 || pid > INT32_MAX)
		return 0;
	if (!mark_of((pid_t)pid, now) || !str_is(str_trim((struct str){ noted, (size_t)n }), now))
		return 0;
	return (pid_t)pid;
}

int orphan_wait(int dir, const char *name, unsigned ask_ms, unsigned kill_ms, struct err *err)
{
	const struct timespec nap = { .tv_nsec = 20000000 };
	int64_t start = clock_mono_ms();
	bool asked = false, killed = false;
	pid_t pid;

	while ((pid = orphan_find(dir, name)) > 0) {
		int64_t waited = clock_mono_ms() - start;
		if (waited > (int64_t)kill_ms + AFTER_KILL_MS)
			return err_set(err, -EBUSY, "the process %d of the run before does not end",
			               (int)pid);
		if (!asked && waited >= ask_ms) {
			asked = true;
			(void)kill(pid, SIGTERM);
		}
		if (!killed && waited >= kill_ms) {
			killed = true;
			(void)kill(pid, SIGKILL);
		}
		(void)nanosleep(&nap, NULL);
	}
	return 0;
}
