/*
 * tokens - what programs log in with: made, listed, ended.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/api/api_int.h"
#include "server/login/token.h"

static void put_time(struct jw *j, const char *key, int64_t ms)
{
	if (ms > 0)
		jw_ki64(j, key, ms);
	else
		jw_knull(j, key);
}

static void on_list(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(REPLY_BYTES);
	struct jw j = JW(&b);

	if (call->req != NULL && reply->code < 0) {
		call_fail(call, reply->err);
	} else if (call->req != NULL) {
		jw_obj(&j);
		jw_key(&j, "tokens");
		jw_arr(&j);
		for (size_t i = 0; i < reply->n; i++) {
			const struct token_row *t = &reply->tokens[i];

			jw_obj(&j);
			jw_ki64(&j, "id", t->id);
			jw_kstr(&j, "name", t->name);
			jw_kstr(&j, "role", str_of(user_role_name(t->role)));
			put_time(&j, "created", t->created_ms);
			put_time(&j, "expires", t->expires_ms);
			put_time(&j, "used", t->used_ms);
			jw_end_obj(&j);
		}
		jw_end_arr(&j);
		jw_end_obj(&j);
		call_reply(call, &b);
	}
	call_unref(call);
}

void handle_tokens(struct call *call)
{
	store_tokens_list(call->api->store, on_list, call_ref(call));
}

static void on_made(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(200);
	struct jw j = JW(&b);

	if (call->req != NULL && reply->code == -EEXIST) {
		call_refuse(call, &(struct http_fault){ 409, "exists",
		                                        "there is a token of this name already",
		                                        "name", "end it, or choose another name" });
	} else if (call->req != NULL && reply->code < 0) {
		call_fail(call, reply->err);
	} else if (call->req != NULL) {
		jw_obj(&j);
		jw_ki64(&j, "id", reply->id);
		jw_kstr(&j, "token", str_of(call->own));
		jw_end_obj(&j);
		call_reply(call, &b);
	}
	call_unref(call);
}

void handle_token_make(struct call *call)
{
	const struct value *v = call->values;
	char *text = xcalloc(1, TOKEN_TEXT_SIZE);
	int64_t now = clock_wall_ms();
	struct token_row row = {
		.name = v[TOKEN_NAME].text,
		.role = (enum user_role)v[TOKEN_ROLE].number,
		.created_ms = now,
		.expires_ms = v[TOKEN_EXPIRES].given ? now + v[TOKEN_EXPIRES].number * 1000 : 0,
	};

	call->own = text;
	call->own_free = free;
	token_make(TOKEN_PREFIX, text);
	token_digest(str_of(text), row.digest);
	store_token_add(call->api->store, &row, on_made, call_ref(call));
}

static void on_removed(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;

	if (reply->code == 0) {
		/* Which digest it had only the store knew: nobody is remembered any more. */
		stream_drop_token(call->api, call->values[TOKEN_ID].number);
		auth_forget_all(call->api);
	}
	if (call->req != NULL && reply->code == -ENOENT)
		call_refuse(call, &(struct http_fault){ 404, "not_found", "there is no such token",
		                                        "id", NULL });
	else if (call->req != NULL && reply->code < 0)
		call_fail(call, reply->err);
	else if (call->req != NULL)
		call_done(call);
	call_unref(call);
}

void handle_token_remove(struct call *call)
{
	store_token_remove(call->api->store, call->values[TOKEN_ID].number, on_removed,
	                   call_ref(call));
}
