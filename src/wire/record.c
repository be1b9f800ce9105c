/*
 * record.c - a host's records in keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/record.h"

#include "base/jread.h"
#include "base/jwrite.h"

/* The largest stamp that is believed to be one: the year 5138. */
#define LATEST_MS 100000000000000
#define DAY_MS    86400000

static void write_percent(struct jw *j, int v)
{
	if (v < 0)
		jw_null(j);
	else
		jw_i64(j, v > 100 ? 100 : v);
}

bool worker_write(struct buf *b, int64_t updatetime_s, struct str ip, struct str hostname, int mem,
                  int disk)
{
	struct jw j = JW(b);

	jw_arr(&j);
	jw_i64(&j, updatetime_s);
	jw_str(&j, ip);
	jw_str(&j, hostname);
	write_percent(&j, mem);
	write_percent(&j, disk);
	jw_end_arr(&j);
	return !b->over;
}

static bool read_id(struct str s, char id[33])
{
	uint8_t bytes[16];

	if (!hex_decode(s, bytes, sizeof(bytes)))
		return false;
	hex_encode(bytes, sizeof(bytes), id);
	return true;
}

bool life_read(const struct str v[LIFE_N], struct life *ret)
{
	struct life life = { .running = !str_is(v[LIFE_RUN], "0") };

	if (!read_id(v[LIFE_ID], life.id) || !str_i64(v[LIFE_SEEN], &life.seen_ms) ||
	    life.seen_ms < 0 || life.seen_ms > LATEST_MS)
		return false;
	if (v[LIFE_SEQ].len != 0 && !str_u64(v[LIFE_SEQ], &life.seq))
		return false;
	if (v[LIFE_INTERVAL].len != 0 && (!str_fixed(v[LIFE_INTERVAL], 3, &life.interval_ms) ||
	                                  life.interval_ms < 1 || life.interval_ms > DAY_MS))
		return false;
	*ret = life;
	return true;
}

bool workload_write(struct buf *b, int64_t ts_ms)
{
	struct jw j = JW(b);

	jw_obj(&j);
	jw_key(&j, "timestamp");
	jw_fixed(&j, ts_ms, 3);
	jw_key(&j, "info");
	return !b->over;
}

bool workload_read(struct str member, int64_t *ret_ts_ms, struct str *ret_info)
{
	struct jread j = JREAD(member);
	struct str key, number, info = { 0 };
	int64_t ts_ms = -1;

	if (!jr_obj(&j))
		return false;
	while (jr_key(&j, &key)) {
		if (str_is(key, "timestamp")) {
			if (!jr_num(&j, &number) || !str_fixed(number, 3, &ts_ms))
				return false;
		} else if (str_is(key, "info") && jr_type(&j) == JR_OBJ) {
			jr_raw(&j, &info);
		} else {
			jr_skip(&j);
		}
	}
	if (!jr_end(&j) || ts_ms < 0 || ts_ms > LATEST_MS || info.p == NULL)
		return false;
	*ret_ts_ms = ts_ms;
	*ret_info = info;
	return true;
}
