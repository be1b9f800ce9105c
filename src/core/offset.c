/*
 * offset.c - the clock offset of the shortest round trip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/offset.h"

/* The year 5138: keeps sums of what a peer says far from overflow. */
#define LATEST_US 100000000000000000

static bool is_step(int64_t moved_ms)
{
	return moved_ms > OFFSET_STEP_MS || moved_ms < -OFFSET_STEP_MS;
}

void offset_begin(struct offset *o)
{
	o->probes = 0;
}

enum offset_answer offset_probe(struct offset *o, int64_t sent_us, int64_t server_us,
                                int64_t got_us, int64_t *ret_step_ms)
{
	int64_t rtt = got_us - sent_us;

	*ret_step_ms = 0;
	if (rtt < 0 || rtt > OFFSET_MAX_RTT_US || server_us < 0 || server_us > LATEST_US)
		return OFFSET_BAD;
	if (o->probes == 0 || rtt < o->round_rtt_us) {
		o->round_rtt_us = rtt;
		o->round_base_us = server_us - (sent_us + rtt / 2);
	}
	if (++o->probes < OFFSET_PROBES)
		return OFFSET_MORE;
	if (o->known && is_step((o->round_base_us - o->base_us) / 1000))
		*ret_step_ms = (o->round_base_us - o->base_us) / 1000;
	o->known = true;
	o->base_us = o->round_base_us;
	o->rtt_us = o->round_rtt_us;
	o->probes = 0;
	return OFFSET_DONE;
}

int64_t offset_true_ms(const struct offset *o, struct moment now)
{
	return o->known ? now.mono_ms + o->base_us / 1000 : now.wall_ms;
}

int64_t offset_ms(const struct offset *o, struct moment now)
{
	return offset_true_ms(o, now) - now.wall_ms;
}

int64_t offset_wall_step_ms(struct offset *o, struct moment now)
{
	int64_t ahead = now.wall_ms - now.mono_ms;
	int64_t moved = o->wall_known ? ahead - o->wall_ahead_ms : 0;

	o->wall_known = true;
	o->wall_ahead_ms = ahead;
	return is_step(moved) ? moved : 0;
}
