/*
 * call - one request from its route to its answer, through whatever it has to wait for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "server/api/api_int.h"

/* Below this, compressing costs more than it saves. */
enum { GZIP_FROM = 2048 };

struct call *call_new(struct api *api, struct http_req *req, const struct route *route)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->api = api;
	call->req = req;
	call->route = route;
	call->refs = 1;
	(void)str_copy(http_peer(req), call->peer, sizeof(call->peer));
	return call;
}

struct call *call_ref(struct call *call)
{
	call->refs++;
	return call;
}

void call_unref(struct call *call)
{
	if (--call->refs > 0)
		return;
	if (call->own_free != NULL)
		call->own_free(call->own);
	json_decref(call->body);
	free(call);
}

void call_gone(struct http_req *req, void *arg)
{
	struct call *call = arg;

	(void)req;
	call->req = NULL;
	call_unref(call);
}

/* The request, which is being answered: its reference goes with it. */
static struct http_req *take_request(struct call *call)
{
	struct http_req *req = call->req;

	assert(req != NULL);
	call->req = NULL;
	return req;
}

void call_reply_with(struct call *call, struct buf *json, const struct http_field *fields, size_t n)
{
	struct http_req *req = take_request(call);

	assert(!json->over);
	http_reply(req, &(struct http_answer){ .status = 200,
	                                       .body = buf_as_str(json),
	                                       .fields = fields,
	                                       .n_fields = n });
	call_unref(call);
}

void call_reply(struct call *call, struct buf *json)
{
	if (json->over) {
		struct err err = { 0 };

		(void)err_set(&err, -EFBIG, "the answer is too large");
		call_fail(call, &err);
		return;
	}
	if (json->len < GZIP_FROM || !http_takes_gzip(call->req)) {
		call_reply_with(call, json, NULL, 0);
		return;
	}
	struct http_req *req = take_request(call);
	struct http_blob *zipped = http_blob_gzip(buf_as_str(json));

	http_reply_doc(req, &(struct http_doc){ .type = "application/json", .gzip_blob = zipped });
	http_blob_unref(zipped);
	call_unref(call);
}

void call_done(struct call *call)
{
	AUTO_BUF struct buf b = BUF(8);

	buf_puts(&b, "{}");
	call_reply_with(call, &b, NULL, 0);
}

void call_refuse(struct call *call, const struct http_fault *fault)
{
	http_reply_error(take_request(call), fault);
	call_unref(call);
}

void call_bad_field(struct call *call, const char *field, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	call_refuse(call, &(struct http_fault){ 400, "bad_field", text, field, NULL });
}

void call_fail(struct call *call, const struct err *err)
{
	static const struct {
		int code;
		const char *name;
		const char *remedy;
	} rows[] = {
		{ -ENOENT, "not_found", NULL },
		{ -EBUSY, "busy", NULL },
		{ -EEXIST, "exists", NULL },
		{ -EALREADY, "already", NULL },
		{ -EACCES, "forbidden", NULL },
		{ -EPERM, "forbidden", NULL },
		{ -EINVAL, "bad_request", NULL },
		{ -EAGAIN, "busy", "try again in a moment" },
		{ -ENOTCONN, "redis_down", "see what the health says of redis" },
		{ -EIO, "sql_down", "see what the health says of sql" },
		{ -ENOSPC, "sql_down", "the disk of the server is full" },
		{ -ECANCELED, "ending", "the server is being stopped" },
	};
	int status = err_http_status(err->code);
	const char *name = "failed", *remedy = NULL;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].code == err->code) {
			name = rows[i].name;
			remedy = rows[i].remedy;
		}
	call_refuse(call, &(struct http_fault){ status, name, err->msg, NULL, remedy });
}
