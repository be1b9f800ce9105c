/*
 * clock.h - the two clocks: monotonic for schedules, wall for stamps.
 *
 * Nothing in core/ calls these: time comes in as an argument there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/** Nanoseconds since an arbitrary start; counts suspend (CLOCK_BOOTTIME); never goes back. */
int64_t clock_mono_ns(void);

/** clock_mono_ns() in milliseconds. */
int64_t clock_mono_ms(void);

/** UTC milliseconds since 1970 by this machine's clock; may jump either way. */
int64_t clock_wall_ms(void);

/** CPU time of this process, all threads, in nanoseconds. */
int64_t clock_cpu_ns(void);

#endif
