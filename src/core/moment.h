/*
 * moment.h - what time it is, handed to the core: it never asks a clock itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_MOMENT_H
#define CORE_MOMENT_H

#include <stdint.h>

/*
 * One instant by two clocks. Whatever is waited for is measured by `mono_ms`; `wall_ms` only ends up
 * in stamps, so a wall clock that jumps makes no rule go wrong.
 */
struct moment {
	int64_t mono_ms; /* never goes back; arbitrary start */
	int64_t wall_ms; /* UTC milliseconds since 1970; may jump either way */
};

#endif
