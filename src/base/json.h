/*
 * json.h - jansson, with our limits: for requests and files, where convenience counts.
 *
 * Messages that arrive many times a second are read by jread.h and written by jwrite.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

/**
 * Parses one JSON text: duplicate names, bad UTF-8, anything behind the value and numbers out of range
 * are refused. Returns the value (the caller's reference), or NULL with -EBADMSG and the line and column.
 */
MUST_CHECK json_t *json_parse(struct str text, struct err *err);

static inline void auto_json_(json_t **j)
{
	json_decref(*j);
}

/* A reference given up when its scope ends. */
#define AUTO_JSON __attribute__((cleanup(auto_json_)))

#endif
