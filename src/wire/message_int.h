/*
 * message_int.h - the plan of a message: shared by message.c, which carries it out, and plan.c,
 * which makes it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WIRE_MESSAGE_INT_H
#define WIRE_MESSAGE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/sample.h"

enum { MESSAGE_MODES = 10, STEP_OPERANDS = 4, STEP_NO_OPERAND = -2 };

enum step_kind {
	STEP_END,      /* nothing behind the text */
	STEP_VALUE,    /* number i[0] times scale */
	STEP_LESS,     /* number i[0] less i[1], i[2]... up to STEP_NO_OPERAND, times scale */
	STEP_RATE,     /* growth of i[0] per second times scale */
	STEP_SUM,      /* of the numbers in a list, times scale; the absent ones left out */
	STEP_FULLNESS, /* percent of i[0] used, i[1] available */
	STEP_PERCENTS, /* works out the shares of n_list modes from i[0] on; prints nothing */
	STEP_PERCENT,  /* share i[0] of the last STEP_PERCENTS */
	STEP_FS_STATE,
	STEP_CLUSTER,
	STEP_IP,
	STEP_MAC,
	STEP_HOSTNAME,
	STEP_VERSION,
	STEP_ID,
	STEP_REPORT,
	STEP_TS,
	STEP_SEQ,
	STEP_INTERVAL,
};

/* Copy the next text_len bytes of the plan's text, then do what `kind` says. */
struct step {
	uint32_t text_len;
	uint8_t kind, decimals;
	int32_t i[STEP_OPERANDS]; /* series; -1: there is none, the result is null */
	uint32_t list, n_list;    /* a part of writer.lists */
	double scale;             /* gives the mantissa that is printed with `decimals` */
};

struct message_writer {
	struct schema *schema; /* the plan is for this one; a reference */
	struct buf text;
	size_t text_done; /* bytes of `text` that belong to a step already */
	struct step *steps;
	size_t n_steps, cap_steps;
	int32_t *lists;
	size_t n_lists, cap_lists;
	int32_t mem_total, mem_available, mem_free, mem_buffers, mem_cached;
	uint32_t local_used, local_avail, local_read_only, n_local; /* lists: local file systems */
	/* Where the series of `schema` are in another one. */
	struct schema *before; /* a reference; NULL: none looked at yet */
	bool same;             /* it is the same: before_of is not used */
	int32_t *before_of;
	size_t cap_before_of;
};

/**
 * Makes the plan for `schema` (NULL: of a message in which everything is null) unless it is there.
 */
void plan_make(struct message_writer *w, struct schema *schema);

/** Finds the series of the plan's schema in `before`, unless that was done last. */
void plan_match(struct message_writer *w, struct schema *before);

/** Gives up what the plan refers to. */
void plan_forget(struct message_writer *w);

/** Percent used of used + available; below 0 if that is not known. */
double message_fullness(const struct sample *now, int32_t used_at, int32_t avail_at);

#endif
