/*
 * option_int.h - what the files of this folder share: one option read, found and described.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONF_OPTION_INT_H
#define CONF_OPTION_INT_H

#include "conf/option.h"

/**
 * Reads `value` into the option's field. Returns 0, or -EINVAL with what is wrong and what is allowed; the
 * sentence does not name the option, and never shows a secret.
 */
MUST_CHECK int value_read(const struct option_def *def, struct str value, void *settings,
                          struct err *err);

/** Frees what the field holds and leaves zero. */
void value_done(const struct option_def *def, void *settings);

/** Whether a string or secret is there; numbers always are. */
bool value_is_given(const struct option_def *def, const void *settings);

/** Whether the value is a URL with a password in it, of an option where that can be. */
bool value_holds_password(const struct option_def *def, struct str value);

/** Adds what may be given: "1 to 100", "0.5s to 1h", "text, json or auto"; nothing when all may. */
void value_allowed(const struct option_def *def, struct buf *b);

/** What stands for the value in help: "N", "SECONDS"...; NULL for a bool. */
const char *value_arg(const struct option_def *def);

/** The option of that name that has none of `without` among its flags, or NULL. */
const struct option_def *option_find(const struct conf *c, struct str name, unsigned without);

/** The known name nearest to a mistyped one, as option_find() would find it; NULL when none is near. */
const char *option_nearest(const struct conf *c, struct str name, unsigned without);

#endif
