/*
 * link.h - what keeper and worker say to each other over their socketpair: one frame a packet.
 *
 *	byte 0      version (LINK_VERSION)
 *	byte 1      kind
 *	bytes 2-3   number of texts, little endian as all that follows
 *	bytes 4-27  three 64-bit numbers: id, time, value
 *	then        for each text two bytes of length and the bytes
 *
 *	kind     from     id      time      value                       texts
 *	WELCOME  keeper   -       -         starts of this keeper's     name of the settings file ("" = none), serial
 *	                                    worker, this one included   number and uuid of the hardware ("" = unknown)
 *	NEWS     keeper   number  UTC ms    how often it happened       kind of event, sentence
 *	STOP     keeper   -       -         1 = for good, 0 = a new     -
 *	                                    worker follows at once
 *	HELLO    worker   -       -         -                           version
 *	ALIVE    worker   -       -         -                           -
 *	STATE    worker   -       -         -                           what it is doing, for the service manager
 *	TOLD     worker   number  -         -                           - (that NEWS was passed on)
 *
 * The keeper says WELCOME first. It does not believe the worker: a frame out of shape ends the worker.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_LINK_H
#define WIRE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum {
	LINK_VERSION = 1,
	LINK_MAX_BYTES = 4096, /* of a frame */
	LINK_MAX_TEXTS = 4,
	/* Descriptors the worker is started with. */
	LINK_FD = 3,       /* this link, SOCK_SEQPACKET */
	LINK_INI_FD = 4,   /* the settings file, or /dev/null */
	LINK_STATE_FD = 5, /* the worker's folder, its own */
};

enum link_kind {
	LINK_WELCOME = 1,
	LINK_NEWS,
	LINK_STOP,
	LINK_HELLO,
	LINK_ALIVE,
	LINK_STATE,
	LINK_TOLD,
	LINK_N_KINDS
};

struct link_frame {
	enum link_kind kind;
	uint64_t id;
	int64_t time_ms;
	int64_t value;
	size_t n_texts;
	struct str texts[LINK_MAX_TEXTS]; /* borrowed */
};

/** Writes the frame into `dst` of LINK_MAX_BYTES. Returns its length, 0 when it does not fit. */
MUST_CHECK size_t link_write(const struct link_frame *f, char *dst);

/** Reads a packet; texts are borrowed from it, well-formed UTF-8 and without control characters. False when it is no frame. */
MUST_CHECK bool link_read(struct str packet, struct link_frame *ret);

/** Text `i`, or an empty one. */
struct str link_text(const struct link_frame *f, size_t i);

#endif
