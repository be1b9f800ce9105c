/*
 * option.h - options declared once: a table becomes parser, --help, sample file, manual page and completion.
 *
 * A program has a struct for its settings and a `const struct option_def[]` that says for each option its name,
 * type, place in the struct, default, range and help. Values come from defaults, then from an ini file, then from
 * the command line; the last one wins.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* The C type of the field each stands for is given behind it. */
enum option_type {
	OPT_STRING, /* char *, owned by the settings; NULL = not given, which an empty text is too */
	OPT_BOOL, /* bool; "yes no true false on off 1 0"; on the command line --name or --no-name */
	OPT_INT,  /* int64_t, min..max (as int64_t) */
	OPT_BYTES, /* uint64_t; "64MiB", "10k"; min..max in bytes */
	OPT_DURATION, /* int64_t milliseconds; "0.5", "10s", "5m", "1h", bare numbers are seconds; min..max in ms */
	OPT_ENUM,   /* int64_t: index of the word in `choices` */
	OPT_CHOICE, /* char *: one of the words in `choices`, or NULL */
	OPT_SECRET, /* struct secret; never accepted on the command line, never printed */
};

enum {
	OPTION_NO_INI = 1,   /* only on the command line */
	OPTION_NO_ARG = 2,   /* only in the file */
	OPTION_REQUIRED = 4, /* must be given somewhere; for strings, choices and secrets */
	OPTION_HIDDEN = 8,   /* for us and the tests: not in help */
	OPTION_URL =
		16, /* may be SCHEME://USER:PASSWORD@...: with a password it is treated as a secret */
};

struct option_def {
	const char
		*name; /* "queue-max": --queue-max on the command line, queue-max = in the file */
	const char *help; /* a sentence, with its full stop */
	const char *arg;  /* what stands for the value in help, e.g. "ADDR:PORT"; NULL = by type */
	const char *dflt; /* text as a user would write it; NULL = zero / not given */
	const char *const *choices; /* NULL at the end; for OPT_ENUM and OPT_CHOICE */
	size_t offset;              /* of the field in the settings */
	uint64_t min, max;          /* both 0 = no range */
	enum option_type type;
	unsigned flags;
	char letter; /* 'o' for -o; 0 = none */
};

/* What a program is, for help and manual. */
struct program {
	const char *name;     /* "muster-agent" or "muster hosts" */
	const char *args;     /* what comes behind the options, "" for nothing */
	const char *summary;  /* one line */
	const char *text;     /* paragraphs for help and manual; NULL = none */
	const char *examples; /* whole lines; NULL = none */
	const struct option_def *options;
	size_t n_options;
};

/* A table and the settings it fills. */
struct conf {
	const struct option_def *defs;
	size_t n;
	void *settings; /* zeroed, or filled through this table before */
};

/** Sets every field to its default; strings in the settings are freed. */
void conf_defaults(const struct conf *c);

/**
 * Reads an ini text over the settings.
 *
 * Lines before any section count as in [`section`] (NULL: there are none); another section is refused. Comments
 * are lines that begin with '#' or ';'. A value may stand in double quotes, with \" and \\ inside. CRLF and a
 * BOM are taken.
 *
 * Returns 0, or -EINVAL with "FILE:LINE: option 'x': what is wrong, what is allowed"; unknown options name the
 * nearest known one, an option given twice is refused. The settings may then be partly changed.
 */
MUST_CHECK int conf_ini(const struct conf *c, struct str text, const char *file,
                        const char *section, struct err *err);

/**
 * Opens and reads the file (at most 1 MiB), then conf_ini(). `*ret_loose` (may be NULL) says whether it holds
 * secrets while others than its owner may read it. A missing file is -ENOENT.
 */
MUST_CHECK int conf_ini_file(const struct conf *c, const char *path, const char *section,
                             bool *ret_loose, struct err *err);

/** The same for an open descriptor, read from its start; its offset stays where it is. */
MUST_CHECK int conf_ini_fd(const struct conf *c, int fd, const char *name, const char *section,
                           bool *ret_loose, struct err *err);

enum conf_asked { CONF_RUN, CONF_HELP, CONF_VERSION };

/* A command line being read. */
struct conf_line {
	bool stop_at_first;    /* the first positional argument ends the options */
	int rest;              /* set: index in argv of the first positional argument */
	enum conf_asked asked; /* set: whether --help or --version was met, where reading ends */
};

/**
 * Reads the command line over the settings: --name VALUE, --name=VALUE, -o VALUE, --flag, --no-flag; "--" ends
 * options. Positional arguments are moved behind the options. Reading the same `argv` again gives the same, so
 * a program may read it for --config, then the file, then once more.
 *
 * Returns 0, or -EINVAL with a sentence that names the option and the remedy.
 */
MUST_CHECK int conf_args(const struct conf *c, int argc, char **argv, struct conf_line *line,
                         struct err *err);

/** -EINVAL when an OPTION_REQUIRED one is missing. Call after everything was read. */
MUST_CHECK int conf_check(const struct conf *c, struct err *err);

/** Sets one option from text, as a line of the file would. */
MUST_CHECK int conf_set(const struct conf *c, struct str name, struct str value, struct err *err);

/** Frees the strings and wipes the secrets in the settings. */
void conf_done(const struct conf *c);

/** --help for a terminal of 80 columns. */
void conf_print_help(FILE *out, const struct program *program);

/** An ini file with every option, its default commented out, its help above. */
void conf_print_sample(FILE *out, const struct program *program);

/** A manual page (man macros). `section` is 1, 5 or 8. */
void conf_print_manual(FILE *out, const struct program *program, int section);

/** A table of the options in Markdown. */
void conf_print_markdown(FILE *out, const struct program *program);

/** Completion for bash: of one command, or of a command whose `programs` are named "command word". */
void conf_print_completion(FILE *out, const struct program *const *programs, size_t n);

#endif
