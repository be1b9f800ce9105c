/*
 * checkstate.h - the scheduled look at every worker: who is stale, and which row of its history moves.
 *
 * One pass reads the fleet's rdv_worker_* records. A worker whose record was not renewed for three intervals
 * (15 s at least) is offline. Its memory and disk percentages go into tb_worker_stamp_info as runs: a row
 * says "from firsttime to updatetime it was like this"; only updatetime moves while nothing else changes.
 *
 * Stamps are believed only at first sight. From then on a record is fresh when it changed since the pass
 * before, by our monotonic clock: a clock that jumps a day, here or there, makes nobody offline. The
 * same pass twice changes nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_CHECKSTATE_H
#define CORE_CHECKSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "core/hostid.h"
#include "core/moment.h"

enum {
	CHECK_INTERVALS = 3,
	CHECK_FLOOR_MS = 15000,
	CHECK_RECONNECT_MS = 35000, /* after an outage agents need so long to come back */
	CHECK_NAME_SIZE = 256,
	CHECK_MAX_WORKERS = 200000,
};

/* One rdv_worker_[ip]: [updatetime, workerip, fullhostname, memstatuspercent, diskstatuspercent]. */
struct worker_record {
	int64_t updatetime_s;
	char ip[HOST_IP_SIZE];
	char hostname[CHECK_NAME_SIZE];
	int mem, disk; /* percent 0..100, -1 = null */
};

/* One row of tb_worker_stamp_info. */
struct worker_run {
	int64_t firsttime_s, updatetime_s;
	char ip[HOST_IP_SIZE];
	char hostname[CHECK_NAME_SIZE];
	int mem, disk; /* as above */
};

enum check_effect_kind {
	CHECK_ROW,     /* insert `run` (nothing happens if (ip, firsttime) is there already) */
	CHECK_EXTEND,  /* the row (ip, firsttime) gets updatetime */
	CHECK_OFFLINE, /* the worker went stale */
	CHECK_ONLINE,  /* and is fresh (first seen, or again) */
};

struct check_effect {
	enum check_effect_kind kind;
	struct worker_run run; /* ROW, EXTEND: the row; OFFLINE, ONLINE: ip and updatetime_s */
};

struct check_options {
	uint64_t seed;       /* keys the index */
	int64_t interval_ms; /* rdv_client_loop_interval in force; 0 = 10 s */
	int64_t stale_ms; /* the "xx" of the contract when set by hand; 0 = max(3 x interval, 15 s) */
};

/* What a pass came to. */
struct check_result {
	size_t workers, offline, changed; /* changed: rows inserted, not those extended */
};

struct checkstate;

/** No workers yet, and the bus down. */
MUST_CHECK struct checkstate *checkstate_new(const struct check_options *options);

/** Frees it. */
void checkstate_free(struct checkstate *c);

/** The report interval in force, whenever it is read; also while another server holds the lease. */
void checkstate_set_interval(struct checkstate *c, int64_t interval_ms);

/**
 * Forgets all rows, to be told them anew by checkstate_load(): at the start, and whenever the lease was taken,
 * because another server may have written since, and what this one meant to write may have been refused.
 */
void checkstate_reload(struct checkstate *c);

/** Tells the latest row of a worker, from SQL. */
void checkstate_load(struct checkstate *c, const struct worker_run *last);

/** The bus came back (or stands since our start): nobody is stale before a fresh full deadline. */
void checkstate_bus_up(struct checkstate *c, struct moment now);

/** Begins a pass. now.wall_ms is Redis TIME. */
void checkstate_begin(struct checkstate *c, struct moment now);

/** One record of the pass; the same one twice does no harm. False when refused (too many workers). */
bool checkstate_record(struct checkstate *c, const struct worker_record *rec);

/** Ends the pass: workers without a record, or with a stale one, are judged. */
struct check_result checkstate_end(struct checkstate *c);

/** Takes the next thing to do; false when there is none. */
MUST_CHECK bool checkstate_take(struct checkstate *c, struct check_effect *ret);

/**
 * Reads the value of rdv_worker_[ip]: the JSON array of the contract, numbers or numbers in quotes, null for
 * an unknown percentage. False when it is anything else, or names another ip than the key does.
 */
MUST_CHECK bool worker_record_read(struct str value, struct str key_ip, struct worker_record *ret);

/** The same from five fields: of a Redis list in order, or of a hash by the five names of the contract. */
MUST_CHECK bool worker_record_fields(const struct str fields[5], struct str key_ip,
                                     struct worker_record *ret);

#endif
