/*
 * pairs.c - files of line pairs, names above numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/pairs.h"

#include <errno.h>

#include "agent/worker/collect/scan.h"

/* Remembers the line of names `line` with all that is wanted of it; nothing if it has nothing. */
static void learn(const struct pairs_row *rows, size_t n_rows, struct pairs_memo *memo,
                  struct str line)
{
	struct str rest = line, proto, word;
	size_t before = memo->n, column = 0;

	if (!str_cut(&rest, ':', &proto) || memo->n_blocks >= PAIRS_WANTED)
		return;
	for (; str_word(&rest, &word) && column <= UINT16_MAX; column++) {
		for (size_t i = 0; i < n_rows && memo->n < PAIRS_WANTED; i++) {
			if (!str_is(proto, rows[i].proto) || !str_is(word, rows[i].name))
				continue;
			memo->at[memo->n].column = (uint16_t)column;
			memo->at[memo->n].slot = rows[i].slot;
			memo->at[memo->n++].block = (uint8_t)memo->n_blocks;
			break;
		}
	}
	if (memo->n == before)
		return;
	memo->blocks[memo->n_blocks].from = memo->names.len;
	memo->blocks[memo->n_blocks].len = line.len;
	if (buf_str(&memo->names, line))
		memo->n_blocks++;
	else
		memo->n = before;
}

static int64_t number_at(struct str *numbers, bool *ok)
{
	uint64_t v = 0;

	/* "-1" stands for "no limit" in columns nobody wants; as a value it is none. */
	*ok = scan_u64(numbers, &v);
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void take_block(const struct pairs_memo *memo, size_t block, struct str numbers,
                       struct pairs_values *ret)
{
	size_t column = 0;

	for (size_t i = 0; i < memo->n; i++) {
		bool ok;

		if (memo->at[i].block != block)
			continue;
		scan_skip(&numbers, memo->at[i].column - column);
		column = memo->at[i].column;
		int64_t v = number_at(&numbers, &ok);
		if (!ok)
			continue;
		ret->v[memo->at[i].slot] = v;
		ret->seen |= (uint32_t)1 << memo->at[i].slot;
		column++;
	}
}

static struct str block_names(const struct pairs_memo *memo, size_t block)
{
	struct str all = buf_as_str(&memo->names);

	return (struct str){ all.p + memo->blocks[block].from, memo->blocks[block].len };
}

static int parse_pairs(struct pairs_memo *memo, struct str text, struct pairs_values *ret,
                       size_t *ret_found, struct err *err)
{
	struct str names, numbers, proto, proto2;
	size_t block = 0;

	while (scan_line(&text, &names)) {
		if (!str_cut(&(struct str){ names.p, names.len }, ':', &proto))
			return err_set(err, -EPROTO, "a line without a protocol");
		if (!scan_line(&text, &numbers) || !str_cut(&numbers, ':', &proto2) ||
		    !str_eq(proto, proto2)) {
			proto = scan_sample(proto);
			return err_set(err, -EPROTO, "no numbers below '%.*s'", (int)proto.len,
			               proto.p);
		}
		if (block < memo->n_blocks && str_eq(names, block_names(memo, block)))
			take_block(memo, block++, numbers, ret);
	}
	*ret_found = block;
	return 0;
}

int pairs_parse(const struct pairs_row *rows, size_t n_rows, struct pairs_memo *memo,
                struct str text, struct pairs_values *ret, struct err *err)
{
	struct pairs_values now = *ret;
	struct str rest = text, line;
	size_t found = 0;
	int r = memo->n_blocks != 0 ? parse_pairs(memo, text, &now, &found, err) : 0;

	if (r < 0)
		return r;
	if (memo->n_blocks == 0 || found != memo->n_blocks) {
		now = *ret;
		pairs_done(memo);
		memo->names = BUF(PAIRS_MAX_NAMES);
		while (scan_line(&rest, &line)) {
			learn(rows, n_rows, memo, line);
			if (!scan_line(&rest, &line))
				break;
		}
		r = parse_pairs(memo, text, &now, &found, err);
		if (r < 0)
			return r;
	}
	*ret = now;
	return 0;
}

void pairs_done(struct pairs_memo *memo)
{
	buf_done(&memo->names);
	*memo = (struct pairs_memo){ 0 };
}
