/*
 * api.h - the server's HTTP API as the commands see it: a call in, JSON or a sentence out.
 *
 * The only file that knows libcurl.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_API_H
#define CLI_API_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret.h"

struct api {
	char *url;           /* "http://127.0.0.1:8470", no slash at the end; owned */
	struct secret token; /* bearer token */
	int64_t timeout_ms;  /* for a whole call; 0 = a minute */
	char *found_in;      /* data directory it was found by, NULL when given by flags; owned */
};

/**
 * Fills `ret` from flags (NULL = not given): `server` with the token in file `token_file` or the environment's
 * MUSTER_TOKEN; else from a data directory: `data`, MUSTER_DATA, ./data, /var/lib/muster-server, the first that holds
 * a server.json.
 *
 * Returns 0; -ENOENT when no server is found (the sentence says how to name one); -EACCES when its files
 * are not ours to read.
 */
MUST_CHECK int api_find(const char *server, const char *token_file, const char *data,
                        struct api *ret, struct err *err);

/** Releases what api_find() filled. */
void api_done(struct api *api);

/**
 * Calls `method` on `path` (from "/api/v1/..." on, already encoded), with `body` as JSON unless NULL.
 *
 * `*ret` (may be NULL) gets the reply, the caller's reference. Returns 0; -ECONNREFUSED, -ETIMEDOUT or another
 * network errno when there is no answer; -EKEYREJECTED, -EACCES, -ENOENT, -EINVAL, -EAGAIN or -EIO for the
 * server's refusals, with its own words and remedy.
 */
MUST_CHECK int api_call(const struct api *api, const char *method, const char *path,
                        const json_t *body, json_t **ret, struct err *err);

/** Percent-encodes `text` for use inside a path or query; the caller frees. */
MUST_CHECK char *api_escape(const char *text);

/** Adds "?name=value" or "&name=value", encoded; nothing when `value` is NULL. */
void api_add_query(struct buf *path, const char *name, const char *value);

/** Reads and parses DIR/server.json; the caller's reference, or NULL with a sentence. */
MUST_CHECK json_t *api_server_json(const char *dir, struct err *err);

#endif
