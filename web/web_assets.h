/*
 * web_assets.h - the pages of the web interface, linked into the server.
 *
 * The build makes the files (web/tools/build.mjs), compresses them once and puts
 * both forms into read-only memory. The server serves `path` as it stands; every
 * other path that is neither a file here nor below /api/ is a page of the
 * application and gets WEB_ASSET_PAGE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

/* The path of the one HTML page: every page of the application is this file. */
#define WEB_ASSET_PAGE "/index.html"

/*
 * What every answer with an asset must carry as Content-Security-Policy: the
 * pages need nothing else, and nothing else may be added to them.
 */
#define WEB_ASSET_CSP                                                                              \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                \
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

struct web_asset {
	const char *path;        /* "/assets/app-1A2B3C4D.js" */
	const char *type;        /* Content-Type */
	const char *etag;        /* with its quotes; that of the raw form */
	const unsigned char *gz; /* gzip'd form, NULL where it would not be smaller */
	size_t gz_len;
	const unsigned char *raw; /* never NULL */
	size_t raw_len;
	bool immutable; /* the name holds a hash of the content: cache for ever */
};

/** The assets, `*ret_n` of them, sorted by path; they live as long as the program. */
const struct web_asset *web_assets(size_t *ret_n);

/** The asset whose path is exactly the `len` bytes at `path`, or NULL. */
const struct web_asset *web_asset_find(const char *path, size_t len);

#endif
