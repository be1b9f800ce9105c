/*
 * web_assets_none.c - the table of a server built without pages (-Dweb=false).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "web_assets.h"

const struct web_asset *web_assets(size_t *ret_n)
{
	*ret_n = 0;
	return NULL;
}
