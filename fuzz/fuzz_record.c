/*
 * fuzz_record.c - any bytes as what a host keeps in keys: the worker's record, signs of life, members of the
 * workload, names of keys. What is taken can be written and is taken again, the same.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "core/checkstate.h"
#include "wire/keys.h"
#include "wire/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void try_worker(struct str text)
{
	AUTO_BUF struct buf b = BUF(65536);
	struct worker_record rec, again;

	if (!worker_record_read(text, STR(""), &rec))
		return;
	check(worker_write(&b, rec.updatetime_s, str_of(rec.ip), str_of(rec.hostname), rec.mem,
	                   rec.disk));
	check(worker_record_read(buf_as_str(&b), str_of(rec.ip), &again));
	check(again.updatetime_s == rec.updatetime_s && again.mem == rec.mem &&
	      again.disk == rec.disk && strcmp(again.hostname, rec.hostname) == 0);
}

static void try_workload(struct str text)
{
	AUTO_BUF struct buf b = BUF((size_t)1 << 20);
	struct str info, same;
	int64_t ts, same_ts;

	if (!workload_read(text, &ts, &info))
		return;
	check(workload_write(&b, ts) && buf_str(&b, info) && buf_char(&b, '}'));
	check(workload_read(buf_as_str(&b), &same_ts, &same) && ts == same_ts &&
	      str_eq(info, same));
}

/* One value a line. */
static void try_life(struct str text)
{
	struct str v[LIFE_N] = { { NULL, 0 } };
	struct life life;

	for (size_t i = 0; i < LIFE_N && str_line(&text, &v[i]); i++)
		;
	if (life_read(v, &life))
		check(strlen(life.id) == 32 && life.seen_ms >= 0 && life.interval_ms >= 0);
}

static void try_name(struct str text)
{
	struct key_name k;
	struct str ip;

	for (enum key_id id = 0; id < KEY_N; id++)
		if (key_ip_of(id, text, &ip))
			check(key_make(id, ip, &k) && str_eq(key_str(&k), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	try_worker(text);
	try_workload(text);
	try_life(text);
	try_name(text);
	return 0;
}
