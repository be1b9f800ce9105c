/*
 * attr.h - compiler attributes the whole house uses, and release by scope.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN               __attribute__((noreturn))
#define UNUSED                 __attribute__((unused))
#define COUNT_OF(a)            (sizeof(a) / sizeof((a)[0]))

#endif
