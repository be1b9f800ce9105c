/*
 * message.h - the `info` message of a host: written by the agent, read by the server.
 *
 * Its keys are a public contract (docs/message.md). Samples hold base units; the
 * message holds the views people asked for: percent, MB (1024 * 1024 bytes) and KB (1024), rates
 * over the interval. Keys of the contract are always there, null when there is no value.
 * A counter that went backwards was reset: its rate is null for that interval.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/sample.h"

/* A message is never longer; the reader refuses what is. */
enum { MESSAGE_MAX_BYTES = 4 * 1024 * 1024 };

/*
 * What a message says besides numbers; all borrowed. An empty text is null, an empty cluster is
 * left out.
 */
struct message_head {
	struct str cluster, ip, mac, hostname, version;
	struct str id; /* the host's identity, 32 hex digits; agent.id */
	uint64_t seq;
	/* The report interval in force; agent.interval. `interval` is less while somebody watches; 0 = null. */
	unsigned report_ms;
	unsigned interval_ms; /* 0 = what lies between the two samples */
};

/* Prepared texts for the schema last seen, so that writing is copying and printing numbers. */
struct message_writer;

/** A writer; one per stream of messages (the pair of schemas it has seen is what it keeps). */
MUST_CHECK struct message_writer *message_writer_new(void);

/** Frees it; NULL allowed. */
void message_writer_free(struct message_writer *w);

/**
 * Appends the message made of `now`, with rates since `before` (NULL or empty: rates are null).
 * Both samples come from sinks. Allocates only when a schema is new. Returns false when the buffer
 * is full (`buf` then holds a useless part).
 */
MUST_CHECK bool message_write(struct message_writer *w, struct buf *b,
                              const struct message_head *head, const struct sample *now,
                              const struct sample *before);

/* The two percentages of rdv_worker_[ip]; 0..100 or -1 when unknown. */
struct message_levels {
	int mem;  /* in use: all that is not available */
	int disk; /* of the fullest local file system */
};

/** The levels of one sample. */
struct message_levels message_levels(struct message_writer *w, const struct sample *now);

enum { MESSAGE_STUCK_MAX = 8 };

/* What the server's roll needs of a message. Numbers that are null or missing are NAN. */
struct message_digest {
	char ip[46], hostname[256], mac[18], version[32], cluster[64]; /* "" if missing */
	char id[33];                                                   /* the same; 32 hex digits */
	int64_t ts_ms;                                                 /* 0 if missing */
	uint64_t seq;
	double interval_s; /* seconds the rates are taken over */
	double report_s;   /* seconds between reports when nobody watches */
	double load1;
	double cpu;             /* percent not idle and not waiting for I/O */
	double cores;           /* processors online */
	double mem, disk;       /* percent, as message_levels */
	double net_in, net_out; /* KB/s, all interfaces that are hardware */
	double offset_ms, missed;
	unsigned n_stuck;                   /* file systems that do not answer, all of them */
	char stuck[MESSAGE_STUCK_MAX][128]; /* mount points of the first ones, cut to fit */
};

/**
 * Reads one message. Unknown keys are skipped, known ones of a wrong type are refused.
 * Returns 0; -EBADMSG if it is not JSON or not ours, -EMSGSIZE if it is too long. `ret` is written
 * only on success.
 */
MUST_CHECK int message_read(struct str text, struct message_digest *ret, struct err *err);

#endif
