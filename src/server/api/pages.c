/*
 * pages - the files of the web interface, out of read-only memory.
 *
 * A path that names no file and has no extension is a page of the application, which is one file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/api_int.h"
#include "web_assets.h"

static bool names_a_file(struct str path)
{
	size_t last = 0;

	for (size_t i = 0; i < path.len; i++)
		if (path.p[i] == '/')
			last = i;
	struct str name = str_skip(path, last);

	/* "/hosts/10.0.0.7" is a page: what stands behind the last dot is no extension. */
	size_t dot = name.len;

	while (dot > 0 && name.p[dot - 1] != '.')
		dot--;
	struct str extension = str_skip(name, dot);

	return dot > 0 && extension.len >= 2 && extension.len <= 5 &&
	       (extension.p[0] < '0' || extension.p[0] > '9') &&
	       str_find(extension, ':') == extension.len;
}

static void no_pages(struct http_req *req)
{
	static const char text[] = "muster-server was built without its pages (-Dweb=false).\n"
				   "The API is at " API_PREFIX ".\n";

	http_reply(req, &(struct http_answer){ .status = 200,
	                                       .type = "text/plain; charset=utf-8",
	                                       .body = str_of(text) });
}

void pages_reply(struct http_req *req)
{
	static const struct http_fault unknown = { 404, "not_found", "there is no such page", NULL,
		                                   NULL };
	static const struct http_fault only_get = { 405, "bad_method", "pages can only be read",
		                                    NULL, NULL };
	struct str path = http_path(req);
	size_t n = 0;

	if (http_verb(req) != VERB_GET && http_verb(req) != VERB_HEAD) {
		http_reply_error(req, &only_get);
		return;
	}
	(void)web_assets(&n);
	if (n == 0) {
		no_pages(req);
		return;
	}
	const struct web_asset *a = web_asset_find(path.p, path.len);

	if (a == NULL && !names_a_file(path))
		a = web_asset_find(WEB_ASSET_PAGE, strlen(WEB_ASSET_PAGE));
	if (a == NULL) {
		http_reply_error(req, &unknown);
		return;
	}
	http_reply_doc(req, &(struct http_doc){
				    .type = a->type,
				    .etag = a->etag,
				    .cache = a->immutable ? "public, max-age=31536000, immutable"
	                                                  : "no-cache",
				    .plain = { (const char *)a->raw, a->raw_len },
				    .gzip = { (const char *)a->gz, a->gz_len },
			    });
}
