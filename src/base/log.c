/*
 * log.c - formatting one line and writing it with one write().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/jwrite.h"
#include "base/str.h"

/* Written once at start, before there are threads; read-only afterwards. */
static struct {
	const char *program;
	enum log_level most;
	enum log_format format;
} log_is = { "muster", LOG_INFO, LOG_FORMAT_TEXT };

enum { LINE_MAX_BYTES = 2000, PATIENCE_MS = 100 };

/* Lines nobody took from us, since one was taken last. */
static atomic_uint lines_dropped;

static const char *const level_names[] = { "err", "warn", "info", "debug" };
static const char level_priority[] = { '3', '4', '6', '7' };

void log_setup(const char *program, enum log_level most, enum log_format format)
{
	log_is.program = program;
	log_is.most = most;
	log_is.format = format;
}

enum log_format log_format_guess(void)
{
	const char *stream = getenv("JOURNAL_STREAM"); /* "device:inode" of the journal's socket */
	struct str dev_text, ino_text = str_of(stream);
	uint64_t dev = 0, ino = 0;
	struct stat st;

	if (str_cut(&ino_text, ':', &dev_text) && str_u64(dev_text, &dev) &&
	    str_u64(ino_text, &ino) && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	    st.st_ino == ino)
		return LOG_FORMAT_JOURNAL;
	return LOG_FORMAT_TEXT;
}

bool log_shows(enum log_level level)
{
	return level <= log_is.most;
}

/* Writes the time of day, or with the date in front as JSON wants it. */
static void stamp(char *dst, size_t size, bool with_date)
{
	int64_t ms = clock_wall_ms();
	time_t t = (time_t)(ms / 1000);
	struct tm tm = { 0 };

	(void)gmtime_r(&t, &tm);
	size_t n = with_date ? strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm)
	                     : strftime(dst, size, "%H:%M:%S", &tm);
	(void)snprintf(dst + n, size - n, ".%03dZ", (int)(ms % 1000));
}

static void add_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_char(b, (char)c);
	}
}

/* Whether a line can be written without waiting: who reads our log must not be able to hold us up. */
static bool has_room(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[80];
	unsigned missing = atomic_load(&lines_dropped);

	/* A reader who is merely slow gets a moment, one who does not come back does not get it again. */
	if (poll(&out, 1, missing == 0 ? PATIENCE_MS : 0) == 0) {
		(void)atomic_fetch_add(&lines_dropped, 1);
		return false;
	}
	if (missing != 0 && atomic_compare_exchange_strong(&lines_dropped, &missing, 0)) {
		int len = snprintf(text, sizeof(text), "(%u lines of the log were dropped)\n",
		                   missing);
		ssize_t n = write(STDERR_FILENO, text, (size_t)len);
		(void)n;
	}
	return true;
}

static void write_line(enum log_level level, struct str text)
{
	AUTO_BUF struct buf b = BUF(4 * LINE_MAX_BYTES + 256);
	char when[40];

	switch (log_is.format) {
	case LOG_FORMAT_JSON: {
		struct jw j = JW(&b);

		stamp(when, sizeof(when), true);
		jw_obj(&j);
		jw_kstr(&j, "time", str_of(when));
		jw_kstr(&j, "level", str_of(level_names[level]));
		jw_kstr(&j, "program", str_of(log_is.program));
		jw_kstr(&j, "message", text);
		jw_end_obj(&j);
		break;
	}
	case LOG_FORMAT_JOURNAL:
		buf_printf(&b, "<%c>", level_priority[level]);
		add_escaped(&b, text);
		break;
	case LOG_FORMAT_TEXT:
	default:
		stamp(when, sizeof(when), false);
		buf_printf(&b, "%s %s %s ", when, log_is.program, level_names[level]);
		add_escaped(&b, text);
		break;
	}
	buf_char(&b, '\n');
	if (has_room()) {
		ssize_t n = write(STDERR_FILENO, b.p, b.len);
		(void)n; /* nowhere to complain to */
	}
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (!log_shows(level))
		return;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	write_line(level,
	           (struct str){ text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 });
}

void log_err(const struct err *err, const char *doing)
{
	log_write(LOG_ERR, "%s: %s", doing, err->msg);
}

bool log_pace_is_due(struct log_pace *pace, int64_t every_ms)
{
	int64_t now = clock_mono_ns();

	if (pace->last_ns != 0 && now - pace->last_ns < every_ms * 1000000) {
		pace->held_back++;
		return false;
	}
	pace->last_ns = now;
	pace->held_back = 0;
	return true;
}
