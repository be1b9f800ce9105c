/*
 * keyed.c - files of `key value` lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/keyed.h"

#include <errno.h>

#include "agent/worker/collect/scan.h"

static int take(const struct keyed_row *row, struct str rest, struct keyed_values *out,
                struct err *err)
{
	struct str number = rest;
	uint64_t v;

	if (!scan_u64(&rest, &v)) {
		number = scan_sample(str_trim(number));
		return err_set(err, -EPROTO, "bad value '%.*s' of %s", (int)number.len, number.p,
		               row->key);
	}
	if (__builtin_mul_overflow(v, (uint64_t)row->factor, &v) ||
	    __builtin_add_overflow(v, out->v[row->slot], &v))
		v = UINT64_MAX;
	out->v[row->slot] = v;
	out->seen |= (uint64_t)1 << row->slot;
	return 0;
}

/*
 * Only the lines remembered. False when one of them is another line now: the memo is then
 * worthless.
 */
static bool parse_known(const struct keyed *k, const struct keyed_memo *memo, struct str text,
                        struct keyed_values *out, struct err *err, int *ret)
{
	struct str line = { 0 };
	size_t number = 0;

	for (size_t i = 0; i < memo->n; i++) {
		const struct keyed_row *row = &k->rows[memo->at[i].row];
		size_t len = memo->at[i].key_len;

		do {
			if (!scan_line(&text, &line))
				return false;
		} while (number++ < memo->at[i].line);
		if (line.len <= len || line.p[len] != k->separator ||
		    memcmp(line.p, row->key, len) != 0)
			return false;
		*ret = take(row, str_skip(line, len + 1), out, err);
		if (*ret < 0)
			return true;
	}
	return true;
}

static const struct keyed_row *find_row(const struct keyed *k, struct str key)
{
	for (size_t i = 0; i < k->n_rows; i++)
		if (str_is(key, k->rows[i].key))
			return &k->rows[i];
	return NULL;
}

static int parse_all(const struct keyed *k, struct keyed_memo *memo, struct str text,
                     struct keyed_values *out, struct err *err)
{
	struct str line, key;

	memo->n = 0;
	for (size_t number = 0; scan_line(&text, &line) && number <= UINT16_MAX; number++) {
		if (!str_cut(&line, k->separator, &key))
			continue;
		const struct keyed_row *row = find_row(k, key);
		if (row == NULL)
			continue;
		int r = take(row, line, out, err);
		if (r < 0)
			return r;
		if (memo->n < KEYED_ROWS) {
			memo->at[memo->n].line = (uint16_t)number;
			memo->at[memo->n].row = (uint16_t)(row - k->rows);
			memo->at[memo->n++].key_len = (uint16_t)key.len;
		}
	}
	return 0;
}

int keyed_parse(const struct keyed *k, struct keyed_memo *memo, struct str text,
                struct keyed_values *ret, struct err *err)
{
	struct keyed_values out = { 0 };
	int r = 0;

	if (memo->n == 0 || !parse_known(k, memo, text, &out, err, &r)) {
		out = (struct keyed_values){ 0 };
		r = parse_all(k, memo, text, &out, err);
	}
	if (r < 0) {
		memo->n = 0;
		return r;
	}
	*ret = out;
	return 0;
}
