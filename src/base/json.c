/*
 * json.c - jansson in its strict mode.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"

#include <errno.h>

json_t *json_parse(struct str text, struct err *err)
{
	json_error_t why;
	json_t *j = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &why);

	if (j == NULL)
		err_set(err, -EBADMSG, "JSON, line %d column %d: %s", why.line, why.column,
		        why.text);
	return j;
}
