/*
 * worker_record.c - rdv_worker_[ip] as found in Redis, which may hold anything.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/jread.h"
#include "core/checkstate.h"

enum { TIME, IP, NAME, MEM, DISK, N_FIELDS };

/* A percentage, whole or with decimals; null or nothing is "not known". */
static bool read_percent(struct str text, int *ret)
{
	int64_t v = -1;

	if (text.len != 0 && !str_fixed(text, 0, &v))
		return false;
	if (v > 100)
		v = 100;
	*ret = v < 0 ? -1 : (int)v;
	return true;
}

bool worker_record_fields(const struct str fields[5], struct str key_ip, struct worker_record *ret)
{
	struct worker_record rec = { 0 };

	if (!str_fixed(fields[TIME], 0, &rec.updatetime_s) || rec.updatetime_s < 0 ||
	    fields[IP].len == 0 || !str_copy(fields[IP], rec.ip, sizeof(rec.ip)) ||
	    !str_copy(fields[NAME], rec.hostname, sizeof(rec.hostname)) ||
	    !read_percent(fields[MEM], &rec.mem) || !read_percent(fields[DISK], &rec.disk))
		return false;
	if (key_ip.len != 0 && !str_eq(key_ip, fields[IP]))
		return false;
	*ret = rec;
	return true;
}

/* One element as text: a string without its escapes, a number, or null. */
static bool read_element(struct jread *j, struct buf *b, struct str *ret)
{
	struct str raw;
	size_t from = b->len;

	if (jr_type(j) == JR_NULL) {
		*ret = STR("");
		return jr_skip(j);
	}
	if (jr_type(j) != JR_STR)
		return jr_num(j, ret);
	if (!jr_str(j, &raw) || !jr_unescape(raw, b))
		return false;
	*ret = (struct str){ b->p + from, b->len - from };
	return true;
}

bool worker_record_read(struct str value, struct str key_ip, struct worker_record *ret)
{
	struct jread j = JREAD(value);
	struct str fields[N_FIELDS];
	size_t n = 0;
	/* Reserved whole, so that what `fields` borrows does not move. */
	AUTO_BUF struct buf b = BUF(value.len);

	if (value.len == 0 || buf_room(&b, value.len) == NULL || !jr_arr(&j))
		return false;
	while (jr_item(&j))
		if (n == N_FIELDS || !read_element(&j, &b, &fields[n++]))
			return false;
	return jr_end(&j) && n == N_FIELDS && worker_record_fields(fields, key_ip, ret);
}
