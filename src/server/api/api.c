/*
 * api - from the head of a request to its handler: route, login, body, fields.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/api.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "server/api/api_int.h"
#include "web_assets.h"

static void on_users(const struct store_reply *reply, void *arg)
{
	struct api *api = arg;

	if (reply->code != 0)
		return; /* asked again by whoever wants to know */
	api->admin_known = true;
	for (size_t i = 0; i < reply->n; i++)
		api->has_admin = api->has_admin || reply->users[i].role == ROLE_ADMIN;
}

struct api *api_new(const struct api_options *options)
{
	struct api *api = xcalloc(1, sizeof(*api));
	uint64_t seed[2];

	random_bytes(seed, sizeof(seed));
	api->o = *options;
	api->store = hub_store(options->hub);
	api->rev_base = clock_wall_ms() * 1000;
	map_init(&api->principals, seed[0]);
	api->throttle = throttle_new(seed[1]);
	stream_hub_init(api);
	api->listener = hub_listen(options->hub, &(struct hub_listener){
							 .on_host = stream_on_host,
							 .on_gone = stream_on_gone,
							 .on_event = stream_on_event,
							 .on_sample = stream_on_sample,
							 .on_reset = stream_on_reset,
							 .arg = api,
						 });
	store_users_list(api->store, on_users, api);
	return api;
}

void api_free(struct api *api)
{
	if (api == NULL)
		return;
	if (api->listener >= 0)
		hub_unlisten(api->o.hub, api->listener);
	stream_hub_done(api);
	roll_doc_done(&api->doc);
	auth_forget_all(api);
	map_done(&api->principals);
	throttle_free(api->throttle);
	free(api);
}

/* ---- routing ---- */

/* Whether `path` fits; a "{...}" segment goes into `arg`. */
static bool path_fits(const char *pattern, struct str path, char arg[PATH_ARG_SIZE])
{
	struct str want = str_of(pattern);

	while (want.len > 0 && path.len > 0) {
		struct str w = { want.p, str_find(str_skip(want, 1), '/') + 1 };
		struct str have = { path.p, str_find(str_skip(path, 1), '/') + 1 };

		want = str_skip(want, w.len);
		path = str_skip(path, have.len);
		if (w.len > 2 && w.p[1] == '{') {
			if (have.len < 2 || !str_copy(str_skip(have, 1), arg, PATH_ARG_SIZE))
				return false;
		} else if (!str_eq(w, have)) {
			return false;
		}
	}
	return want.len == 0 && path.len == 0;
}

static const char *verb_name(enum http_verb verb)
{
	static const struct {
		enum http_verb verb;
		const char *name;
	} rows[] = { { VERB_GET, "GET, HEAD" },
		     { VERB_POST, "POST" },
		     { VERB_PUT, "PUT" },
		     { VERB_PATCH, "PATCH" },
		     { VERB_DELETE, "DELETE" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].verb == verb)
			return rows[i].name;
	return "";
}

/* The route, or NULL with the methods the path would take in `allow`. */
static const struct route *find_route(struct str path, enum http_verb verb, char arg[PATH_ARG_SIZE],
                                      struct buf *allow)
{
	size_t n = 0;
	const struct route *all = api_routes(&n);

	for (size_t i = 0; i < n; i++) {
		if (!path_fits(all[i].path, path, arg))
			continue;
		bool streams = (all[i].flags & ROUTE_STREAM) != 0;

		if (all[i].verb == verb ||
		    (verb == VERB_HEAD && all[i].verb == VERB_GET && !streams))
			return &all[i];
		buf_puts(allow, allow->len > 0 ? ", " : "");
		buf_puts(allow, streams ? "GET" : verb_name(all[i].verb));
	}
	return NULL;
}

static void refuse_route(struct http_req *req, const struct buf *allow)
{
	static const struct http_fault unknown = { 404, "no_such_address",
		                                   "there is nothing at this address", NULL,
		                                   "docs/reference/api.md lists them all" };
	static const char wrong[] =
		"{\"error\":{\"code\":\"bad_method\",\"message\":\"this address "
		"does not take this method\"}}\n";

	if (allow->len == 0) {
		http_reply_error(req, &unknown);
		return;
	}
	http_reply(req, &(struct http_answer){
				.status = 405,
				.body = str_of(wrong),
				.fields = &(struct http_field){ "Allow", buf_as_str(allow) },
				.n_fields = 1 });
}

/* ---- the way to the handler ---- */

static void on_body(struct http_req *req, struct str body, void *arg)
{
	struct call *call = call_ref(arg);

	(void)req;
	if (call_decode(call, body))
		call->route->handler(call);
	call_unref(call);
}

static void go_on(struct call *call)
{
	if (!auth_permits(call))
		return;
	http_on_cancel(call->req, call_gone, call);
	http_read_body(call->req, call->route->body_max, on_body, call);
}

static void on_head(struct http_req *req, void *arg)
{
	struct api *api = arg;
	struct str path = http_path(req);
	char path_arg[PATH_ARG_SIZE] = "";
	AUTO_BUF struct buf allow = BUF(100);

	if (!str_starts(path, STR("/api/"))) {
		pages_reply(req);
		return;
	}
	struct str rest = str_starts(path, STR(API_PREFIX "/")) ? str_skip(path, strlen(API_PREFIX))
	                                                        : STR("");
	const struct route *route = find_route(rest, http_verb(req), path_arg, &allow);

	if (route == NULL) {
		refuse_route(req, &allow);
		return;
	}
	struct call *call = call_new(api, req, route);

	memcpy(call->path_arg, path_arg, sizeof(path_arg));
	if (route->role != ROLE_NOBODY && auth_start(call, go_on) == AUTH_LATER) {
		http_hold(req);
		http_on_cancel(req, call_gone, call);
		return;
	}
	go_on(call);
}

void api_serve(struct api *api, struct http_options *ret)
{
	ret->on_head = on_head;
	ret->arg = api;
	ret->json_prefix = "/api/";
	ret->csp = WEB_ASSET_CSP;
}
