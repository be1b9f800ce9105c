/*
 * settings.h - what the agent's options mean to the worker: an address, collectors, an ip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_SETTINGS_H
#define AGENT_WORKER_SETTINGS_H

#include <stddef.h>

#include "agent/agent_options.h"
#include "base/err.h"
#include "bus/address.h"

enum { SETTINGS_COLLECTORS_MAX = 64 };

struct settings {
	struct bus_address address; /* with user and password, wherever they were given */
	const char *collectors[SETTINGS_COLLECTORS_MAX]; /* literals of the collectors' own */
	size_t n_collectors;                             /* 0 = all */
};

/**
 * Reads them. -EINVAL with a sentence that names the option. `*ret` is written only on success; release it with
 * settings_done().
 */
MUST_CHECK int settings_read(const struct agent_options *o, struct settings *ret, struct err *err);

/** Wipes and frees. */
void settings_done(struct settings *s);

/** settings_read() for who only wants to know. */
MUST_CHECK int settings_check(const struct agent_options *o, struct err *err);

#endif
