/*
 * request - what a handler may ask of its request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "http/http_int.h"

static const struct head *head_of(const struct http_req *req)
{
	return parser_head(req->conn->parser);
}

enum http_verb http_verb(const struct http_req *req)
{
	return head_of(req)->verb;
}

struct str http_path(const struct http_req *req)
{
	return head_str(head_of(req), head_of(req)->path);
}

struct str http_query_text(const struct http_req *req)
{
	return head_str(head_of(req), head_of(req)->query);
}

bool http_query_at(const struct http_req *req, size_t i, struct str *ret_name,
                   struct str *ret_value)
{
	const struct head *h = head_of(req);

	if (i >= h->n_args)
		return false;
	*ret_name = head_str(h, h->args[i].name);
	*ret_value = head_str(h, h->args[i].value);
	return true;
}

bool http_query(const struct http_req *req, const char *name, struct str *ret)
{
	struct str n, v;

	for (size_t i = 0; http_query_at(req, i, &n, &v); i++)
		if (str_is(n, name)) {
			*ret = v;
			return true;
		}
	return false;
}

bool http_header(const struct http_req *req, const char *name, struct str *ret)
{
	return head_field(head_of(req), name, ret);
}

bool http_cookie(const struct http_req *req, const char *name, struct str *ret)
{
	struct str all;

	if (!http_header(req, "cookie", &all))
		return false;
	while (all.len > 0) {
		struct str item = { all.p, str_find(all, ';') }, key;

		all = str_skip(all, item.len + 1);
		item = str_trim(item);
		if (str_cut(&item, '=', &key) && str_is(key, name)) {
			*ret = item;
			return true;
		}
	}
	return false;
}

struct str http_peer(const struct http_req *req)
{
	return str_of(req->conn->peer);
}

bool http_is_secure(const struct http_req *req)
{
	(void)req;
	return false; /* plain sockets only: TLS is the proxy's in front */
}

void http_on_cancel(struct http_req *req, void (*cb)(struct http_req *req, void *arg), void *arg)
{
	assert(req->conn->phase == PHASE_HANDLER || req->conn->phase == PHASE_ROUTE ||
	       req->conn->phase == PHASE_BODY);
	req->cancel = cb;
	req->cancel_arg = arg;
}
