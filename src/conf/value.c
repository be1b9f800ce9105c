/*
 * value.c - one option's value: from text into its field, and in words what is allowed.
 *
 * Bytes count by 1024 whatever the suffix looks like (k, KB, KiB): two meanings of one letter in one file
 * would be worse than either. A bare duration is seconds, as the contract's loop interval is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "base/mem.h"
#include "conf/option_int.h"

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Largest first, as they are printed. */
static const struct unit durations[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },     { "ms", 1 },      { "", 1000 },
};
static const struct unit sizes[] = {
	{ "TiB", (int64_t)1 << 40 },
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "TB", (int64_t)1 << 40 },
	{ "GB", 1 << 30 },
	{ "MB", 1 << 20 },
	{ "KB", 1 << 10 },
	{ "T", (int64_t)1 << 40 },
	{ "G", 1 << 30 },
	{ "M", 1 << 20 },
	{ "K", 1 << 10 },
	{ "B", 1 },
	{ "", 1 },
};

static void *field_of(const struct option_def *def, void *settings)
{
	return (char *)settings + def->offset;
}

static void store_i64(const struct option_def *def, void *settings, int64_t v)
{
	memcpy(field_of(def, settings), &v, sizeof(v));
}

/* Number and unit; false when it is not that, or passes 63 bits. */
static bool read_scaled(struct str s, const struct unit *units, size_t n, int64_t *ret)
{
	enum { DECIMALS = 6, SCALE = 1000000 };
	size_t digits = 0;
	int64_t v;

	while (digits < s.len && (s.p[digits] == '.' || (s.p[digits] >= '0' && s.p[digits] <= '9')))
		digits++;
	struct str suffix = str_trim(str_skip(s, digits));
	if (!str_fixed((struct str){ s.p, digits }, DECIMALS, &v))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strlen(units[i].suffix) != suffix.len ||
		    strncasecmp(units[i].suffix, suffix.p, suffix.len) != 0)
			continue;
		/* Whole part and rest apart: the product of both could pass 63 bits half way. */
		int64_t whole = v / SCALE, rest = v % SCALE;
		if (whole > (INT64_MAX >> 1) / units[i].factor)
			return false;
		*ret = whole * units[i].factor + rest * units[i].factor / SCALE;
		return true;
	}
	return false;
}

/* "1h", "90s", "0.5s" is shown as "500ms": whole numbers of the largest unit that fits. */
static void print_scaled(struct buf *b, int64_t v, const struct unit *units, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && (v == 0 || v % units[i].factor != 0 || units[i].suffix[0] == '\0'))
		i++;
	if (v == 0) {
		buf_char(b, '0');
		return;
	}
	buf_i64(b, v / units[i].factor);
	buf_puts(b, units[i].suffix);
}

static void print_number(struct buf *b, enum option_type type, uint64_t v)
{
	if (type == OPT_DURATION)
		print_scaled(b, (int64_t)v, durations, 5);
	else if (type == OPT_BYTES)
		print_scaled(b, (int64_t)v, sizes, COUNT_OF(sizes));
	else
		buf_i64(b, (int64_t)v);
}

static bool has_range(const struct option_def *def)
{
	return def->min != 0 || def->max != 0;
}

void value_allowed(const struct option_def *def, struct buf *b)
{
	if (def->type == OPT_BOOL)
		buf_puts(b, "yes or no");
	if (def->type == OPT_ENUM || def->type == OPT_CHOICE) {
		for (size_t i = 0; def->choices[i] != NULL; i++) {
			if (i != 0)
				buf_puts(b, def->choices[i + 1] != NULL ? ", " : " or ");
			buf_puts(b, def->choices[i]);
		}
	} else if (has_range(def)) {
		print_number(b, def->type, def->min);
		buf_puts(b, " to ");
		print_number(b, def->type, def->max);
	}
}

const char *value_arg(const struct option_def *def)
{
	static const char *const by_type[] = {
		[OPT_STRING] = "TEXT", [OPT_BOOL] = NULL,       [OPT_INT] = "N",
		[OPT_BYTES] = "BYTES", [OPT_DURATION] = "TIME", [OPT_ENUM] = "WORD",
		[OPT_CHOICE] = "WORD", [OPT_SECRET] = "TEXT",
	};

	return def->arg != NULL ? def->arg : by_type[def->type];
}

/* "'12x' is not WHAT; allowed: RANGE", and a guess when a comment was swallowed. */
static int refuse(const struct option_def *def, struct str value, const char *what, struct err *err)
{
	AUTO_BUF struct buf allowed = BUF(ERR_MSG_SIZE / 2);
	bool comment = str_search(value, STR(" #")) < value.len ||
	               str_search(value, STR(" ;")) < value.len;

	value_allowed(def, &allowed);
	return err_set(err, -EINVAL, "'%.*s%s' is not %s%s%s%s",
	               value.len > 60 ? 60 : (int)value.len, value.p, value.len > 60 ? "..." : "",
	               what, allowed.len != 0 ? "; allowed: " : "", buf_cstr(&allowed),
	               comment ? " (a comment needs a line of its own)" : "");
}

static int in_range(const struct option_def *def, struct str value, int64_t v, struct err *err)
{
	if (!has_range(def) || (v >= (int64_t)def->min && v <= (int64_t)def->max))
		return 0;
	return refuse(def, value, "in range", err);
}

static bool read_bool(struct str s, bool *ret)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strlen(words[i]) == s.len && strncasecmp(words[i], s.p, s.len) == 0) {
			*ret = i % 2 != 0;
			return true;
		}
	}
	return false;
}

static int read_word(const struct option_def *def, struct str value, int64_t *ret, struct err *err)
{
	for (size_t i = 0; def->choices[i] != NULL; i++) {
		if (str_is(value, def->choices[i])) {
			*ret = (int64_t)i;
			return 0;
		}
	}
	return refuse(def, value, "a word known here", err);
}

static void store_text(const struct option_def *def, void *settings, struct str value)
{
	/* The copy first: `value` may be what the field holds. An empty text is no text. */
	char *copy = value.len != 0 ? str_dup(value) : NULL;

	value_done(def, settings);
	memcpy(field_of(def, settings), &copy, sizeof(copy));
}

static int read_number(const struct option_def *def, struct str value, int64_t *ret,
                       struct err *err)
{
	if (def->type == OPT_INT) {
		if (!str_i64(value, ret))
			return refuse(def, value, "a whole number", err);
	} else if (def->type == OPT_BYTES) {
		if (!read_scaled(value, sizes, COUNT_OF(sizes), ret))
			return refuse(def, value, "a size like 500k, 64MiB or 2G", err);
	} else if (!read_scaled(value, durations, COUNT_OF(durations), ret)) {
		return refuse(def, value, "a time like 0.5, 10s, 5m or 1h", err);
	}
	return in_range(def, value, *ret, err);
}

int value_read(const struct option_def *def, struct str value, void *settings, struct err *err)
{
	int64_t v = 0;
	bool flag;
	int r;

	switch (def->type) {
	case OPT_BOOL:
		if (!read_bool(value, &flag))
			return refuse(def, value, "a switch", err);
		memcpy(field_of(def, settings), &flag, sizeof(flag));
		return 0;
	case OPT_INT:
	case OPT_BYTES:
	case OPT_DURATION:
		r = read_number(def, value, &v, err);
		if (r == 0)
			store_i64(def, settings, v);
		return r;
	case OPT_ENUM:
		r = read_word(def, value, &v, err);
		if (r == 0)
			store_i64(def, settings, v);
		return r;
	case OPT_CHOICE:
		r = value.len != 0 ? read_word(def, value, &v, err) : 0;
		if (r == 0)
			store_text(def, settings, value);
		return r;
	case OPT_SECRET:
		secret_set(field_of(def, settings), value);
		return 0;
	case OPT_STRING:
	default:
		store_text(def, settings, value);
		return 0;
	}
}

void value_done(const struct option_def *def, void *settings)
{
	char *text;

	switch (def->type) {
	case OPT_STRING:
	case OPT_CHOICE:
		memcpy(&text, field_of(def, settings), sizeof(text));
		free(text);
		memset(field_of(def, settings), 0, sizeof(text));
		break;
	case OPT_SECRET:
		secret_done(field_of(def, settings));
		break;
	case OPT_BOOL:
		memset(field_of(def, settings), 0, sizeof(bool));
		break;
	case OPT_INT:
	case OPT_BYTES:
	case OPT_DURATION:
	case OPT_ENUM:
	default:
		store_i64(def, settings, 0);
		break;
	}
}

bool value_holds_password(const struct option_def *def, struct str value)
{
	struct str scheme, login = value;

	if ((def->flags & OPTION_URL) == 0 || !str_cut(&login, ':', &scheme) ||
	    !str_starts(login, STR("//")))
		return false;
	/* The last @ counts, as for who connects; what follows it is the place. */
	while (login.len != 0 && login.p[login.len - 1] != '@')
		login.len--;
	return str_find(login, ':') < login.len;
}

bool value_is_given(const struct option_def *def, const void *settings)
{
	const char *at = (const char *)settings + def->offset;
	const char *text;

	if (def->type == OPT_SECRET)
		return secret_is_set((const struct secret *)(const void *)at);
	if (def->type != OPT_STRING && def->type != OPT_CHOICE)
		return true;
	memcpy(&text, at, sizeof(text));
	return text != NULL;
}
