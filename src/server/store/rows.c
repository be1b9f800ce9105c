/*
 * rows.c - the words of the enums in rows.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/rows.h"

static const char *const status_names[] = { "unknown", "online", "offline" };
static const char *const role_names[] = { "visitor", "developer", "admin" };

static bool find(const char *const *names, size_t n, struct str name, size_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *host_status_name(enum host_status status)
{
	return status_names[status];
}

bool host_status_read(struct str name, enum host_status *ret)
{
	size_t i;

	if (!find(status_names, 3, name, &i))
		return false;
	*ret = (enum host_status)i;
	return true;
}

bool event_level_read(struct str name, enum event_level *ret)
{
	for (enum event_level i = EVENT_INFO; i <= EVENT_ERROR; i++) {
		if (str_is(name, event_level_name(i))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *user_role_name(enum user_role role)
{
	return role_names[role];
}

bool user_role_read(struct str name, enum user_role *ret)
{
	size_t i;

	if (!find(role_names, 3, name, &i))
		return false;
	*ret = (enum user_role)i;
	return true;
}
