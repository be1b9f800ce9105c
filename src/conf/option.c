/*
 * option.c - the table as a whole: defaults, looking names up, what must be given.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conf/option.h"

#include <assert.h>
#include <errno.h>

#include "conf/option_int.h"

enum { NAME_MAX_BYTES = 64 };

void conf_defaults(const struct conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct err err = { 0 };

		value_done(&c->defs[i], c->settings);
		if (c->defs[i].dflt != NULL) {
			int r = value_read(&c->defs[i], str_of(c->defs[i].dflt), c->settings, &err);

			assert(r == 0 && "a default is within its own range");
			(void)r;
		}
	}
}

void conf_done(const struct conf *c)
{
	for (size_t i = 0; i < c->n; i++)
		value_done(&c->defs[i], c->settings);
}

const struct option_def *option_find(const struct conf *c, struct str name, unsigned without)
{
	for (size_t i = 0; i < c->n; i++)
		if ((c->defs[i].flags & without) == 0 && str_is(name, c->defs[i].name))
			return &c->defs[i];
	return NULL;
}

/* Edits (insert, delete, replace) that turn one name into the other; '_' for '-' costs nothing. */
static size_t distance(struct str a, struct str b)
{
	size_t row[NAME_MAX_BYTES + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char c = a.p[i - 1] == '_' ? '-' : a.p[i - 1];
			size_t best = diagonal + (c != b.p[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.len];
}

const char *option_nearest(const struct conf *c, struct str name, unsigned without)
{
	const char *nearest = NULL;
	size_t best = name.len / 3 + 2; /* further off is not a typing mistake */

	if (name.len > NAME_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < c->n; i++) {
		struct str known = str_of(c->defs[i].name);

		if ((c->defs[i].flags & (without | OPTION_HIDDEN)) != 0 ||
		    known.len > NAME_MAX_BYTES)
			continue;
		size_t d = distance(name, known);
		/* "interval" for "interval-default": a beginning counts as near. */
		if (name.len >= 3 && str_starts(known, name))
			d = 1;
		if (d < best && d < known.len) {
			best = d;
			nearest = c->defs[i].name;
		}
	}
	return nearest;
}

int conf_set(const struct conf *c, struct str name, struct str value, struct err *err)
{
	const struct option_def *def = option_find(c, name, OPTION_NO_INI);

	if (def == NULL) {
		const char *near = option_nearest(c, name, OPTION_NO_INI);

		return err_set(err, -EINVAL, "unknown option '%.*s'%s%s%s",
		               name.len > NAME_MAX_BYTES ? NAME_MAX_BYTES : (int)name.len, name.p,
		               near != NULL ? ", do you mean '" : "", near != NULL ? near : "",
		               near != NULL ? "'?" : "");
	}
	if (value_read(def, value, c->settings, err) < 0)
		return err_wrap(err, "option '%s'", def->name);
	return 0;
}

int conf_check(const struct conf *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct option_def *def = &c->defs[i];
		bool in_file = (def->flags & OPTION_NO_INI) == 0;
		bool on_line = (def->flags & OPTION_NO_ARG) == 0 && def->type != OPT_SECRET;

		AUTO_BUF struct buf how = BUF(ERR_MSG_SIZE);

		if ((def->flags & OPTION_REQUIRED) == 0 || value_is_given(def, c->settings))
			continue;
		if (on_line)
			buf_printf(&how, "--%s %s%s", def->name, value_arg(def),
			           in_file ? " or " : "");
		if (in_file)
			buf_printf(&how, "a line in the file: %s = %s", def->name, value_arg(def));
		return err_set(err, -EINVAL, "option '%s' is missing: give %s", def->name,
		               buf_cstr(&how));
	}
	return 0;
}
