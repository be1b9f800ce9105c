/*
 * record.h - what a host keeps about itself in keys, besides its messages: the worker's record, the fields
 * that prove it lives, and the members of its workload.
 *
 * rdv_worker_[ip] is read by core/checkstate.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

/** Appends the value of rdv_worker_[ip]. `mem` and `disk`: percent, below 0 = not known (null). */
bool worker_write(struct buf *b, int64_t updatetime_s, struct str ip, struct str hostname, int mem,
                  int disk);

/* Fields of server:info:{ip} that prove a host lives, in the order LIFE_FIELDS names them. */
enum life_field { LIFE_ID, LIFE_SEEN, LIFE_SEQ, LIFE_INTERVAL, LIFE_RUN, LIFE_N };

/* Their names, each as struct str: arguments of an HMGET. */
#define LIFE_FIELDS STR("id"), STR("seen"), STR("seq"), STR("interval"), STR("run")

/* A host's latest sign of life. */
struct life {
	char id[33]; /* 32 lower-case hex digits */
	int64_t seen_ms;
	uint64_t seq;
	int64_t interval_ms; /* 1 ms .. 1 day; 0 = not told */
	bool running;
};

/**
 * Reads what HMGET answered: values in the order of LIFE_FIELDS, {NULL, 0} = missing. False when there is no id
 * or no time, or something is not what it should be.
 */
MUST_CHECK bool life_read(const struct str values[LIFE_N], struct life *ret);

/**
 * Appends the beginning of a member of server:workload:{ip}; the caller appends the info object and '}'.
 */
bool workload_write(struct buf *b, int64_t ts_ms);

/** Reads a member: `*ret_info` is the message, borrowed, not yet looked into. False when it is no member. */
MUST_CHECK bool workload_read(struct str member, int64_t *ret_ts_ms, struct str *ret_info);

#endif
