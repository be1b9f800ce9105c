/*
 * hardware.h - what the firmware says about this machine that only root may read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_HARDWARE_H
#define AGENT_KEEPER_HARDWARE_H

enum { HARDWARE_TEXT_SIZE = 128 };

struct hardware {
	char serial[HARDWARE_TEXT_SIZE]; /* "" = unknown */
	char uuid[HARDWARE_TEXT_SIZE];   /* of the machine, "" = unknown */
};

/** Reads what can be read below the directory `root`; the rest stays empty. */
void hardware_read(int root, struct hardware *ret);

#endif
