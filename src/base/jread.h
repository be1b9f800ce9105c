/*
 * jread.h - JSON read in place, field by field, without a tree.
 *
 * For messages that arrive many times a second from peers that may lie: it
 * validates as it goes (RFC 8259, UTF-8, nothing behind the value), allocates
 * nothing, and never goes deeper than JR_DEPTH. The first fault is sticky:
 * every later call answers "no", so a reader looks at jr_ok() once at the end.
 *
 *	struct jread j = JREAD(text);
 *	struct str key;
 *	jr_obj(&j);
 *	while (jr_key(&j, &key)) {
 *		if (str_is(key, "ip")) ok = jr_str(&j, &ip);
 *		else jr_skip(&j);
 *	}
 *	if (!jr_end(&j)) ... refuse
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_JREAD_H
#define BASE_JREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { JR_DEPTH = 32 };

enum jr_type { JR_OBJ, JR_ARR, JR_STR, JR_NUM, JR_TRUE, JR_FALSE, JR_NULL, JR_BAD };

struct jread {
	const char *from, *p, *end;
	const char *fault; /* what is wrong, NULL while all is well */
	uint8_t depth;
	bool first; /* just entered: no comma expected */
};

#define JREAD(text)                                                                                \
	((struct jread){ .from = (text).p, .p = (text).p, .end = (text).p + (text).len })

/** The kind of the next value, without taking it. */
enum jr_type jr_type(struct jread *j);

/** Enters an object / an array. False (a fault) when the next value is none. */
bool jr_obj(struct jread *j);
bool jr_arr(struct jread *j);

/**
 * The next member's name, raw (escapes left as they are); false at the end of the object, which is then left.
 * The caller takes the value before the next call.
 */
bool jr_key(struct jread *j, struct str *ret);

/** Whether another element follows; false at the end of the array, which is then left. */
bool jr_item(struct jread *j);

/** Takes a string; `*ret` is the raw text between the quotes: see jr_unescape(). */
bool jr_str(struct jread *j, struct str *ret);

/** Takes a number as text. */
bool jr_num(struct jread *j, struct str *ret);

/** Takes a number, or null as `dflt`. */
bool jr_double(struct jread *j, double dflt, double *ret);

/** Takes a whole number; one with a fraction or out of range is a fault. */
bool jr_i64(struct jread *j, int64_t *ret);

/** Takes true or false. */
bool jr_bool(struct jread *j, bool *ret);

/** Takes any value; `jr_raw` also gives its text. */
bool jr_skip(struct jread *j);
bool jr_raw(struct jread *j, struct str *ret);

/** No fault so far. */
static inline bool jr_ok(const struct jread *j)
{
	return j->fault == NULL;
}

/** No fault, everything closed, nothing but white space left. */
bool jr_end(struct jread *j);

/** Appends a raw string with its escapes resolved. False when the buffer is full. */
bool jr_unescape(struct str raw, struct buf *ret);

#endif
