/*
 * table.h - a table with one option of each type, for the tests of this folder.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_CONF_TABLE_H
#define TESTS_UNIT_CONF_TABLE_H

#include "conf/option.h"

struct settings {
	char *redis, *shape;
	bool colour, quiet;
	int64_t count, level, every_ms;
	uint64_t size;
	struct secret password;
	char *config;
};

static const char *const levels[] = { "err", "warn", "info", NULL };
static const char *const shapes[] = { "round", "square", NULL };

static const struct option_def table[] = {
	{ .name = "redis",
	  .type = OPT_STRING,
	  .offset = offsetof(struct settings, redis),
	  .letter = 'r',
	  .arg = "ADDRESS",
	  .help = "Where Redis listens.",
	  .flags = OPTION_REQUIRED | OPTION_URL },
	{ .name = "password",
	  .type = OPT_SECRET,
	  .offset = offsetof(struct settings, password),
	  .help = "What Redis wants to hear." },
	{ .name = "colour",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct settings, colour),
	  .dflt = "yes",
	  .help = "Paints." },
	{ .name = "quiet",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct settings, quiet),
	  .letter = 'q',
	  .help = "Says less." },
	{ .name = "count",
	  .type = OPT_INT,
	  .offset = offsetof(struct settings, count),
	  .letter = 'c',
	  .dflt = "3",
	  .min = (uint64_t)-5,
	  .max = 10,
	  .help = "How many." },
	{ .name = "level",
	  .type = OPT_ENUM,
	  .offset = offsetof(struct settings, level),
	  .dflt = "info",
	  .choices = levels,
	  .help = "How loud." },
	{ .name = "shape",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct settings, shape),
	  .choices = shapes,
	  .help = "How it looks." },
	{ .name = "loop-interval",
	  .type = OPT_DURATION,
	  .offset = offsetof(struct settings, every_ms),
	  .dflt = "10s",
	  .min = 500,
	  .max = 3600000,
	  .help = "How often." },
	{ .name = "queue-max",
	  .type = OPT_BYTES,
	  .offset = offsetof(struct settings, size),
	  .dflt = "64MiB",
	  .min = 1 << 20,
	  .max = (uint64_t)16 << 30,
	  .help = "How much, in words that are long enough to need more than one line of a "
	          "terminal." },
	{ .name = "config",
	  .type = OPT_STRING,
	  .offset = offsetof(struct settings, config),
	  .arg = "FILE",
	  .flags = OPTION_NO_INI,
	  .help = "The file." },
	{ .name = "secret-door",
	  .type = OPT_BOOL,
	  .offset = offsetof(struct settings, quiet),
	  .flags = OPTION_HIDDEN,
	  .help = "Nobody knows." },
};

/* The table with these settings. */
#define CONF(s) ((struct conf){ table, COUNT_OF(table), (s) })

#endif
