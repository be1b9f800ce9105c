/*
 * keeper.h - the process that starts the worker and starts it again, whatever happens to it.
 *
 * Root where it is started so, small, without network, without threads; what it decides is core/keep.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_KEEPER_H
#define AGENT_KEEPER_KEEPER_H

#include "agent/agent_options.h"
#include "base/err.h"

/* Whether settings make sense to the worker; a sentence if not. */
typedef int keeper_check(const struct agent_options *o, struct err *err);

/**
 * Runs until SIGTERM or SIGINT. `argc`, `argv`: our command line, options only; it has been looked at for --help.
 * Settings that `check` refuses are not used.
 * Returns 0 after a clean stop; -EINVAL for bad settings, -EBUSY when a keeper runs here already, others for
 * what could not be set up.
 */
MUST_CHECK int keeper_run(int argc, char **argv, keeper_check *check, struct err *err);

#endif
