/*
 * worker.h - the process that collects and reports: one event loop, unprivileged, replaceable.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_WORKER_H
#define AGENT_WORKER_WORKER_H

#include "base/err.h"

/**
 * Runs until the keeper says so. `argc`, `argv`: "worker" and the keeper's options; descriptors 3 to 5 as in
 * wire/link.h. Returns 0 after a clean end; -EINVAL when no keeper started it or the settings are bad; others for
 * what could not be set up.
 */
MUST_CHECK int worker_run(int argc, char **argv, struct err *err);

#endif
