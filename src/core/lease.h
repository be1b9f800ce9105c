/*
 * lease.h - one active checkstate for each Redis: a lease with a fencing number.
 *
 * Redis holds muster:lease:checkstate = "FENCE HOLDER COUNT" with a time to live. Whoever sets it is active until it
 * lets go or cannot renew. Redis may lose the key (flush, restart with old data), so a lease alone is no
 * lock: each new holder's fence is larger than any before, every write carries its fence, and the
 * place written to keeps the largest fence it has seen and its holder; it refuses smaller ones, and the same
 * one of another holder (two Redis that forgot can hand out one number twice).
 *
 * Times to live run by Redis' wall clock, and when that is set back a dead holder's lease outlives it by as much: so
 * COUNT moves with each renewal, and a lease that stands still for long is seized.
 *
 * Taking and renewing must be atomic in Redis (one script each):
 *   TAKE   if the key is missing or its HOLDER is us: fence = max(INCR muster:lease:checkstate:fence, floor + 1), store both, PX ttl
 *   SEIZE  the same, and also when the key's token is still the one of the last REFUSED
 *   RENEW  if the key is still exactly ours: COUNT + 1, PX ttl
 *   DROP   if the key is still exactly ours: DEL
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "core/moment.h"

enum {
	LEASE_TTL_MS = 15000,
	LEASE_RENEW_MS = 5000, /* renewed so often; taking is tried so often */
	LEASE_SEIZE_MS =
		45000, /* a lease that was not renewed for so long is seized, whatever its time to live */
	LEASE_MARGIN_MS = 1000, /* we count ourselves out so long before Redis does */
};

enum lease_state {
	LEASE_OFF,   /* the bus is down, or we do not want it */
	LEASE_FREE,  /* not ours; we try */
	LEASE_ASKED, /* TAKE is on its way */
	LEASE_HELD,  /* ours until held_until_ms */
	LEASE_N_STATES
};

enum lease_event {
	LEASE_EV_UP,    /* the bus is up and we want the lease */
	LEASE_EV_DOWN,  /* the bus broke */
	LEASE_EV_TIMER, /* lease_due_ms() has come */
	LEASE_EV_TAKEN, /* answer to TAKE or SEIZE: ours; `number` is its fence */
	LEASE_EV_REFUSED, /* answer to TAKE: another has it; `number` is its token: FENCE * 1,000,000 + COUNT */
	LEASE_EV_RENEWED, /* answer to RENEW: still ours */
	LEASE_EV_LOST,    /* answer to RENEW: no longer ours */
	LEASE_EV_FENCED,  /* a write was refused: `number` is the largest fence seen there */
	LEASE_EV_STOP,    /* we end */
	LEASE_N_EVENTS
};

enum lease_effect { LEASE_NOTHING, LEASE_TAKE, LEASE_SEIZE, LEASE_RENEW, LEASE_DROP };

struct lease {
	enum lease_state state;
	uint64_t fence;        /* of the lease we hold or held last */
	uint64_t floor;        /* largest fence known to have been used: goes along with TAKE */
	uint64_t token;        /* of the holder that refused us last: goes along with SEIZE */
	int64_t token_ms;      /* it has not changed since */
	int64_t due_ms;        /* next try or renewal; INT64_MAX = none */
	int64_t sent_ms;       /* when the request at hand was sent */
	bool asked;            /* HELD: a RENEW is on its way */
	int64_t held_until_ms; /* HELD: by our monotonic clock, margin taken off */
};

/** A lease not wanted yet. `floor`: the largest fence the store has seen. */
void lease_init(struct lease *l, uint64_t floor);

/** Tells what happened; returns what to send. `number` matters for TAKEN, REFUSED and FENCED only. */
MUST_CHECK enum lease_effect lease_step(struct lease *l, enum lease_event ev, uint64_t number,
                                        struct moment now);

/** Whether we may act as the active one at this moment; the writes then carry l->fence. */
bool lease_is_held(const struct lease *l, struct moment now);

/** When a LEASE_EV_TIMER is wanted, by the monotonic clock; INT64_MAX = never. */
int64_t lease_due_ms(const struct lease *l);

#endif
