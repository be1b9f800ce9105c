/*
 * err.h - a failure: a number for the caller, a sentence for a person.
 *
 * The innermost function says what failed, callers that add knowledge wrap it,
 * and whoever deals with it logs it once. All-zero is "no error".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

enum { ERR_MSG_SIZE = 512 };

struct err {
	int code; /* negative errno, 0 = none */
	char msg[ERR_MSG_SIZE];
};

/* Exit codes of every program of ours. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
	EXIT_DENIED = 4
};

/**
 * Sets `err` to `code` (negative errno) and a sentence without a full stop.
 * Control characters in the sentence are replaced by '?'. Returns `code`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** Puts "SENTENCE: " before what `err` says. Returns err->code, so it can be returned as it is. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Like err_set with -errno, and appends ": " and the system's words for it. Returns -errno. */
int err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Maps a negative errno to the exit code the program should end with. */
int err_exit_code(int code);

/** Maps a negative errno to the HTTP status an API answers with (500 when nothing fits). */
int err_http_status(int code);

#endif
