/*
 * table.c - printing rows as an aligned table, CSV (RFC 4180) or JSON.
 *
 * Bytes from hosts reach a terminal here: control characters become '?', so no host name can drive the
 * operator's screen. In CSV a leading '=', '+', '-' or '@' of a text is disarmed with a quote,
 * because spreadsheets would take it for a formula.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { CELL_MAX = 4096 };

static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
	       (c >= 0x20000 && c <= 0x3fffd);
}

size_t table_width(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t width = 0;

	while (*p != '\0') {
		size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
		uint32_t c = n == 1 ? *p : *p & (0x7fu >> n);

		for (size_t k = 1; k < n && p[k] != '\0'; k++)
			c = c << 6 | (p[k] & 0x3f);
		for (size_t k = 0; k < n && *p != '\0'; k++)
			p++;
		if (c >= 0x300 && c <= 0x36f)
			continue;
		width += is_wide(c) ? 2 : 1;
	}
	return width;
}

static void add_age(struct buf *b, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} steps[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (ms < 2 * steps[i].ms && i + 1 < COUNT_OF(steps))
			continue;
		buf_printf(b, "%" PRId64 " %s", ms > 0 ? ms / steps[i].ms : 0, steps[i].unit);
		return;
	}
}

static void add_time(struct buf *b, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	char text[32];

	(void)localtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_puts(b, text);
}

static void add_rate(struct buf *b, double kb)
{
	if (kb < 1000)
		buf_printf(b, "%.1f KB/s", kb);
	else if (kb < 1e6)
		buf_printf(b, "%.1f MB/s", kb / 1e3);
	else
		buf_printf(b, "%.2f GB/s", kb / 1e6);
}

static void add_plain(struct buf *b, const json_t *v)
{
	const char *text = json_string_value(v);

	if (text != NULL)
		buf_puts(b, text);
	else if (json_is_integer(v))
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(b, "%.10g", json_real_value(v));
	else if (json_is_boolean(v))
		buf_puts(b, json_is_true(v) ? "yes" : "no");
}

static void add_look(struct buf *b, const json_t *v, enum column_look look, int64_t now_ms)
{
	if (v == NULL || json_is_null(v)) {
		buf_puts(b, "-");
		return;
	}
	switch (look) {
	case LOOK_PERCENT:
		buf_printf(b, "%.1f %%", json_number_value(v));
		break;
	case LOOK_RATE_KB:
		add_rate(b, json_number_value(v));
		break;
	case LOOK_AGE:
		add_age(b, now_ms - (int64_t)json_number_value(v));
		break;
	case LOOK_TIME:
		add_time(b, (int64_t)json_number_value(v));
		break;
	case LOOK_TEXT:
	case LOOK_NUMBER:
	case LOOK_STATE:
	default:
		add_plain(b, v);
	}
}

/* No byte that a terminal would obey: C0, DEL, and C1 in UTF-8 (0xc2 0x80..0x9f) become '?'. */
static void disarm(char *text)
{
	for (char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];

		if (c < 0x20 || c == 0x7f)
			*p = '?';
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			p[0] = p[1] = '?';
	}
}

static char *cell_text(const json_t *row, const struct column *col, int64_t now_ms)
{
	struct buf b = BUF(CELL_MAX);

	add_look(&b, json_object_get(row, col->key), col->look, now_ms);
	char *text = buf_give(&b);
	disarm(text);
	return text;
}

static const char *state_colour(const char *state)
{
	static const char *const colours[][2] = {
		{ "online", "\033[32m" }, { "offline", "\033[31m" }, { "waiting", "\033[33m" },
		{ "unknown", "\033[2m" }, { "error", "\033[31m" },   { "warn", "\033[33m" },
	};

	for (size_t i = 0; i < COUNT_OF(colours); i++)
		if (strcmp(state, colours[i][0]) == 0)
			return colours[i][1];
	return NULL;
}

static bool is_right(enum column_look look)
{
	return look == LOOK_NUMBER || look == LOOK_PERCENT || look == LOOK_RATE_KB ||
	       look == LOOK_AGE;
}

static void print_cell(FILE *out, const char *text, size_t width, const struct column *col,
                       bool last, bool colour)
{
	size_t taken = table_width(text);
	int pad = width > taken ? (int)(width - taken) : 0;
	const char *on = colour && col->look == LOOK_STATE ? state_colour(text) : NULL;

	if (is_right(col->look))
		(void)fprintf(out, "%*s%s", pad, "", text);
	else
		(void)fprintf(out, "%s%s%s%*s", on != NULL ? on : "", text,
		              on != NULL ? "\033[0m" : "", last ? 0 : pad, "");
	(void)fputs(last ? "\n" : "  ", out);
}

static void print_table(FILE *out, const struct column *columns, size_t n, const json_t *rows,
                        int64_t now_ms)
{
	size_t n_rows = json_array_size(rows);
	char **cells = xcalloc((n_rows + 1) * n, sizeof(*cells));
	size_t *widths = xcalloc(n, sizeof(*widths));
	bool colour = isatty(fileno(out)) && getenv("NO_COLOR") == NULL;

	for (size_t r = 0; r <= n_rows; r++) {
		for (size_t c = 0; c < n; c++) {
			char *text = r == 0 ? xstrdup(columns[c].title)
			                    : cell_text(json_array_get(rows, r - 1), &columns[c],
			                                now_ms);
			size_t w = table_width(text);

			cells[r * n + c] = text;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	}
	for (size_t i = 0; i < (n_rows + 1) * n; i++) {
		print_cell(out, cells[i], widths[i % n], &columns[i % n], i % n == n - 1,
		           colour && i >= n);
		free(cells[i]);
	}
	free(cells);
	free(widths);
}

static void print_csv_value(FILE *out, const json_t *v)
{
	AUTO_BUF struct buf b = BUF(CELL_MAX);
	bool is_text = json_is_string(v);

	add_plain(&b, v);
	(void)buf_cstr(&b);
	if (b.len != 0)
		disarm(b.p);
	const char *text = buf_cstr(&b);
	bool formula = is_text && strchr("=+-@", text[0]) != NULL && text[0] != '\0';
	if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
		(void)fputs(text, out);
		return;
	}
	(void)fputs(formula ? "\"'" : "\"", out);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			(void)fputc('"', out);
		(void)fputc(*p, out);
	}
	(void)fputc('"', out);
}

static void print_csv(FILE *out, const struct column *columns, size_t n, const json_t *rows)
{
	for (size_t c = 0; c < n; c++)
		(void)fprintf(out, "%s%s", columns[c].key, c + 1 < n ? "," : "\r\n");
	for (size_t r = 0; r < json_array_size(rows); r++) {
		for (size_t c = 0; c < n; c++) {
			print_csv_value(out,
			                json_object_get(json_array_get(rows, r), columns[c].key));
			(void)fputs(c + 1 < n ? "," : "\r\n", out);
		}
	}
}

void table_print(FILE *out, enum output how, const struct column *columns, size_t n_columns,
                 const json_t *rows, int64_t now_ms)
{
	switch (how) {
	case OUTPUT_JSON:
		(void)json_dumpf(rows, out,
		                 JSON_INDENT(2) | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
		(void)fputc('\n', out);
		break;
	case OUTPUT_CSV:
		print_csv(out, columns, n_columns, rows);
		break;
	case OUTPUT_TABLE:
	default:
		print_table(out, columns, n_columns, rows, now_ms);
	}
}

void table_print_one(FILE *out, enum output how, const struct column *columns, size_t n_columns,
                     const json_t *row, int64_t now_ms)
{
	bool colour = isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
	size_t width = 0;

	if (how != OUTPUT_TABLE) {
		AUTO_JSON json_t *rows = json_pack("[O]", row);

		if (how == OUTPUT_JSON)
			table_print(out, how, columns, n_columns, row, now_ms);
		else
			table_print(out, how, columns, n_columns, rows, now_ms);
		return;
	}
	for (size_t c = 0; c < n_columns; c++)
		width = table_width(columns[c].title) > width ? table_width(columns[c].title)
		                                              : width;
	for (size_t c = 0; c < n_columns; c++) {
		AUTO_FREE char *text = cell_text(row, &columns[c], now_ms);
		struct column left = columns[c];

		left.look = is_right(left.look) ? LOOK_TEXT : left.look;
		(void)fprintf(out, "%-*s  ", (int)width, columns[c].title);
		print_cell(out, text, 0, &left, true, colour);
	}
}
