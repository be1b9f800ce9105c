/*
 * log.h - what the person on duty reads: one line an event, on stderr.
 *
 * Four levels: err someone must act, warn we carry on but it is not right, info a state changed (a quiet
 * healthy host logs nothing), debug for us. Messages begin with the part that speaks ("bus: ...").
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* How a line looks: text with time for terminals, "<N>text" for the journal, one JSON object a line. */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JOURNAL, LOG_FORMAT_JSON };

/**
 * Sets what is shown and how; `program` (a literal) names us in every line. Call once at start.
 * Before the call: text, info and above.
 */
void log_setup(const char *program, enum log_level most, enum log_format format);

/** JOURNAL when stderr is the journal's stream, else TEXT. */
enum log_format log_format_guess(void);

/** One line. Control characters are escaped, long lines cut at 2,000 bytes. Safe from several threads. */
void log_write(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Whether a line of this level would be shown. */
bool log_shows(enum log_level level);

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERR, __VA_ARGS__)

/** "DOING: sentence of err" at level err. */
void log_err(const struct err *err, const char *doing);

/* Remembers when a message was last written, so that a repeated one does not flood; zeroed = never. */
struct log_pace {
	int64_t last_ns;
	uint64_t held_back;
};

/** True at most once each `every_ms`; the caller then logs. `pace` belongs to the caller's object. */
bool log_pace_is_due(struct log_pace *pace, int64_t every_ms);

#endif
