/*
 * args.c - the command line over an option table.
 *
 * Not getopt_long: it keeps its place in globals, takes abbreviations (so that a new option breaks old
 * scripts) and writes its complaints by itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <errno.h>

#include "conf/option_int.h"

/* One reading of a command line. */
struct args {
	int argc;
	char **argv;
	int at;   /* the word looked at */
	int rest; /* words before it are options, words from it to `at` are not */
	const struct conf *c;
	enum conf_asked asked;
};

static int unknown(const struct args *a, struct str name, struct err *err)
{
	const char *near = option_nearest(a->c, name, OPTION_NO_ARG);
	const struct option_def *file_only = option_find(a->c, name, 0);

	if (file_only != NULL)
		return err_set(err, -EINVAL, "'%s' stands in the file only", file_only->name);
	return err_set(err, -EINVAL, "unknown option '--%.*s'%s%s%s (--help lists them)",
	               name.len > 64 ? 64 : (int)name.len, name.p,
	               near != NULL ? ", do you mean '--" : "", near != NULL ? near : "",
	               near != NULL ? "'?" : "");
}

static int set_value(const struct args *a, const struct option_def *def, struct str value,
                     struct err *err)
{
	if (def->type == OPT_SECRET)
		return err_set(err, -EINVAL,
		               "--%s: everybody can read a command line; put it into the file",
		               def->name);
	if (value_holds_password(def, value))
		return err_set(err, -EINVAL,
		               "--%s: everybody can read a command line; put the address with its "
		               "password into the file",
		               def->name);
	if (value_read(def, value, a->c->settings, err) < 0)
		return err_wrap(err, "--%s", def->name);
	return 0;
}

/* The value in the next word. */
static int set_from_next(struct args *a, const struct option_def *def, struct err *err)
{
	const char *word = a->at + 1 < a->argc ? a->argv[a->at + 1] : NULL;

	if (def->type == OPT_SECRET)
		return set_value(a, def, STR(""), err);
	if (word == NULL)
		return err_set(err, -EINVAL, "--%s: wants a value (%s)", def->name, value_arg(def));
	if (word[0] == '-' && word[1] != '\0' && def->type != OPT_INT)
		return err_set(err, -EINVAL,
		               "--%s: wants a value (%s), found '%.40s'; one that begins "
		               "with '-' is given as --%s=...",
		               def->name, value_arg(def), word, def->name);
	a->at++;
	return set_value(a, def, str_of(word), err);
}

static int read_long(struct args *a, struct str word, struct err *err)
{
	struct str name, value = word;
	bool has_value = str_cut(&value, '=', &name);

	if (!has_value)
		name = word;
	if (str_is(name, "help") || str_is(name, "version")) {
		a->asked = name.p[0] == 'h' ? CONF_HELP : CONF_VERSION;
		return has_value ? err_set(err, -EINVAL, "--%.*s takes no value", STR_ARG(name))
		                 : 0;
	}
	const struct option_def *def = option_find(a->c, name, OPTION_NO_ARG);
	if (def == NULL && str_starts(name, STR("no-")) && !has_value) {
		def = option_find(a->c, str_skip(name, 3), OPTION_NO_ARG);
		if (def != NULL && def->type == OPT_BOOL)
			return set_value(a, def, STR("no"), err);
		def = NULL;
	}
	if (def == NULL)
		return unknown(a, name, err);
	if (has_value)
		return set_value(a, def, value, err);
	return def->type == OPT_BOOL ? set_value(a, def, STR("yes"), err)
	                             : set_from_next(a, def, err);
}

static const struct option_def *find_letter(const struct args *a, char letter)
{
	for (size_t i = 0; i < a->c->n; i++)
		if (a->c->defs[i].letter == letter && (a->c->defs[i].flags & OPTION_NO_ARG) == 0)
			return &a->c->defs[i];
	return NULL;
}

/* "-x", "-xyz" for switches, "-xVALUE"; `word` is without its dash. */
static int read_letters(struct args *a, struct str word, struct err *err)
{
	for (; word.len != 0; word = str_skip(word, 1)) {
		const struct option_def *def = find_letter(a, word.p[0]);
		int r;

		if (def == NULL && (word.p[0] == 'h' || word.p[0] == 'V')) {
			a->asked = word.p[0] == 'h' ? CONF_HELP : CONF_VERSION;
			return 0;
		}
		if (def == NULL)
			return err_set(err, -EINVAL, "unknown option '-%c' (--help lists them)",
			               word.p[0]);
		if (def->type != OPT_BOOL)
			return word.len > 1 ? set_value(a, def, str_skip(word, 1), err)
			                    : set_from_next(a, def, err);
		r = set_value(a, def, STR("yes"), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Words first..at of argv are an option: puts them before the positional ones that came earlier. */
static void move_forward(struct args *a, int first)
{
	for (int i = first; i <= a->at; i++) {
		char *word = a->argv[i];

		memmove(&a->argv[a->rest + 1], &a->argv[a->rest],
		        (size_t)(i - a->rest) * sizeof(*a->argv));
		a->argv[a->rest++] = word;
	}
}

int conf_args(const struct conf *c, int argc, char **argv, struct conf_line *line, struct err *err)
{
	struct args a = {
		.argc = argc,
		.argv = argv,
		.at = 1,
		.rest = argc > 0 ? 1 : 0,

		.c = c,
	};

	for (; a.at < argc && a.asked == CONF_RUN; a.at++) {
		const char *word = argv[a.at];
		int first = a.at, r;

		if (strcmp(word, "--") == 0) {
			/* It stays in front of the rest: read again, the line means the same. */
			move_forward(&a, first);
			break;
		}
		if (word[0] != '-' || word[1] == '\0') {
			if (line->stop_at_first)
				break;
			continue;
		}
		r = word[1] == '-' ? read_long(&a, str_of(word + 2), err)
		                   : read_letters(&a, str_of(word + 1), err);
		if (r < 0)
			return r;
		move_forward(&a, first);
	}
	line->rest = a.rest;
	line->asked = a.asked;
	return 0;
}
