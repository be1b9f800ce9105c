/*
 * ini_int.h - an ini text as a stream of sections and values, with line numbers and nothing cut.
 *
 *	# comment              a line that begins with '#' or ';'
 *	[section]
 *	name = value           to the end of the line, blanks at both ends removed
 *	name = "va\"lue\\ "    in double quotes: blanks kept, \" and \\ known
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONF_INI_INT_H
#define CONF_INI_INT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { INI_MAX_BYTES = 1 << 20 };

struct ini {
	struct str rest; /* not read yet; borrowed */
	unsigned line;   /* of the item last returned, from 1 */
	bool begun;
	struct buf text; /* a quoted value without its quotes; wiped by ini_done() */
};

enum ini_kind { INI_END, INI_SECTION, INI_VALUE };

struct ini_item {
	enum ini_kind kind;
	struct str name;  /* of the section or option, never empty */
	struct str value; /* valid until the next call */
};

/** Begins reading `text`, which is borrowed. */
void ini_init(struct ini *ini, struct str text);

/** Wipes and frees. */
void ini_done(struct ini *ini);

/** The next item. Returns 0, or -EINVAL with a sentence about line ini->line, which it does not name. */
MUST_CHECK int ini_next(struct ini *ini, struct ini_item *ret, struct err *err);

#endif
