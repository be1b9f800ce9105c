/*
 * web_assets.c - finds an asset by its path.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "web_assets.h"

#include <string.h>

const struct web_asset *web_asset_find(const char *path, size_t len)
{
	size_t n = 0;
	const struct web_asset *all = web_assets(&n);

	/* A handful of files: looking at each is quicker than being clever. */
	for (size_t i = 0; i < n; i++) {
		if (strlen(all[i].path) == len && memcmp(all[i].path, path, len) == 0)
			return &all[i];
	}
	return NULL;
}
