/*
 * err.c - sentences about failures, and the one table from errno to the outside world's numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int code;
	enum exit_code exit;
	int http;
} outside[] = {
	{ EINVAL, EXIT_USAGE, 400 },
	{ EPROTO, EXIT_FAILED, 400 },
	{ EBADMSG, EXIT_FAILED, 400 },
	{ ENOENT, EXIT_FAILED, 404 },
	{ EEXIST, EXIT_FAILED, 409 },
	{ EBUSY, EXIT_FAILED, 409 },
	{ EALREADY, EXIT_FAILED, 409 },
	{ EMSGSIZE, EXIT_FAILED, 413 },
	{ ERANGE, EXIT_USAGE, 400 },
	{ EAGAIN, EXIT_FAILED, 429 },
	{ EACCES, EXIT_DENIED, 403 },
	{ EPERM, EXIT_DENIED, 403 },
	{ EKEYREJECTED, EXIT_DENIED, 401 },
	{ ECONNREFUSED, EXIT_UNREACHABLE, 503 },
	{ ECONNRESET, EXIT_UNREACHABLE, 503 },
	{ EHOSTUNREACH, EXIT_UNREACHABLE, 503 },
	{ ENETUNREACH, EXIT_UNREACHABLE, 503 },
	{ ENOTCONN, EXIT_UNREACHABLE, 503 },
	{ EPIPE, EXIT_UNREACHABLE, 503 },
	{ ETIMEDOUT, EXIT_UNREACHABLE, 504 },
};

static void plain(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	char msg[ERR_MSG_SIZE]; /* the arguments may point into err->msg */
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	plain(msg);
	err->code = code;
	memcpy(err->msg, msg, sizeof(msg));
	return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char msg[ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	plain(msg);
	size_t n = strlen(msg);
	(void)snprintf(msg + n, sizeof(msg) - n, ": %.*s", (int)(sizeof(msg) - n), err->msg);
	memcpy(err->msg, msg, sizeof(msg));
	return err->code;
}

int err_sys(struct err *err, const char *fmt, ...)
{
	char msg[ERR_MSG_SIZE];
	int code = -errno;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(err, code, "%s: %s", msg, strerror(-code));
}

int err_exit_code(int code)
{
	for (size_t i = 0; i < COUNT_OF(outside); i++)
		if (outside[i].code == -code)
			return (int)outside[i].exit;
	return code == 0 ? (int)EXIT_DONE : (int)EXIT_FAILED;
}

int err_http_status(int code)
{
	for (size_t i = 0; i < COUNT_OF(outside); i++)
		if (outside[i].code == -code)
			return outside[i].http;
	return code == 0 ? 200 : 500;
}
