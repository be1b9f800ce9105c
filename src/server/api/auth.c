/*
 * auth - who calls: a browser by its cookie, a program by its token, found in the store and remembered shortly.
 *
 * What is remembered is forgotten after REMEMBER_MS, so that what another hand changes in SQL comes true soon;
 * what ends through the API is forgotten at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "server/api/api_int.h"
#include "server/login/token.h"

enum {
	REMEMBER_MS = 30000,
	REMEMBER_MAX = 10000,
	TOUCH_MS = 60000, /* uses are noted so often */
};

static const int64_t SESSION_IDLE_MS = 7LL * 86400 * 1000;
static const int64_t SESSION_MAX_MS = 30LL * 86400 * 1000;

struct remembered {
	struct principal who;
	int64_t until_ms; /* monotonic */
};

struct lookup {
	struct call *call;
	uint8_t digest[DIGEST_BYTES];
	void (*then)(struct call *call);
};

static struct str digest_key(const uint8_t digest[DIGEST_BYTES])
{
	return (struct str){ (const char *)digest, DIGEST_BYTES };
}

void auth_forget(struct api *api, const uint8_t digest[DIGEST_BYTES])
{
	free(map_remove(&api->principals, digest_key(digest)));
	stream_drop(api, digest);
}

void auth_forget_all(struct api *api)
{
	while (api->principals.n > 0) {
		const struct map_entry *m = &api->principals.entries[0];

		free(map_remove(&api->principals, (struct str){ m->key, m->key_len }));
	}
}

static void remember(struct api *api, const struct principal *who)
{
	struct remembered *r = xcalloc(1, sizeof(*r));

	if (api->principals.n >= REMEMBER_MAX)
		auth_forget_all(api);
	r->who = *who;
	r->until_ms = clock_mono_ms() + REMEMBER_MS;
	free(map_put(&api->principals, digest_key(who->digest), r));
}

static bool recall(struct api *api, const uint8_t digest[DIGEST_BYTES], struct principal *ret)
{
	const struct remembered *r = map_get(&api->principals, digest_key(digest));

	if (r == NULL || clock_mono_ms() >= r->until_ms)
		return false;
	if (r->who.expires_ms != 0 && clock_wall_ms() >= r->who.expires_ms)
		return false;
	*ret = r->who;
	return true;
}

static void found(struct lookup *l, const struct principal *who)
{
	struct call *call = l->call;

	if (who != NULL) {
		remember(call->api, who);
		call->who = *who;
	}
	if (call->req != NULL)
		l->then(call);
	free(l);
	call_unref(call);
}

/* The store cannot say: that is not the same as "nobody". Who was known a while ago still is. */
static bool store_is_sick(struct lookup *l, const struct store_reply *reply)
{
	struct call *call = l->call;
	const struct remembered *r = map_get(&call->api->principals, digest_key(l->digest));

	if (reply->code == 0 || reply->code == -ENOENT)
		return false;
	if (r != NULL) {
		call->who = r->who;
		found(l, NULL);
		return true;
	}
	if (call->req != NULL)
		call_fail(call, reply->err);
	free(l);
	call_unref(call);
	return true;
}

static void on_session(const struct store_reply *reply, void *arg)
{
	struct lookup *l = arg;
	struct api *api = l->call->api;
	struct principal who = { .known = true };
	int64_t now = clock_wall_ms();

	if (store_is_sick(l, reply))
		return;
	if (reply->code != 0) {
		found(l, NULL);
		return;
	}
	const struct session_row *s = reply->session;
	const struct user_row *u = &reply->users[0];

	who.role = u->role;
	who.id = u->id;
	who.expires_ms = s->expires_ms;
	(void)str_copy(u->name, who.name, sizeof(who.name));
	(void)str_copy(s->csrf, who.csrf, sizeof(who.csrf));
	memcpy(who.digest, l->digest, DIGEST_BYTES);
	if (now - s->seen_ms >= TOUCH_MS) {
		int64_t end = s->created_ms + SESSION_MAX_MS;

		who.expires_ms = now + SESSION_IDLE_MS < end ? now + SESSION_IDLE_MS : end;
		store_session_touch(api->store, l->digest, now, who.expires_ms, NULL, NULL);
	}
	found(l, &who);
}

static void on_token(const struct store_reply *reply, void *arg)
{
	struct lookup *l = arg;
	struct api *api = l->call->api;
	struct principal who = { .known = true, .by_token = true };
	int64_t now = clock_wall_ms();

	if (store_is_sick(l, reply))
		return;
	if (reply->code != 0) {
		found(l, NULL);
		return;
	}
	const struct token_row *t = &reply->tokens[0];

	who.role = t->role;
	who.id = t->id;
	who.expires_ms = t->expires_ms;
	(void)str_copy(t->name, who.name, sizeof(who.name));
	memcpy(who.digest, l->digest, DIGEST_BYTES);
	if (now - t->used_ms >= TOUCH_MS)
		store_token_used(api->store, t->id, now, NULL, NULL);
	found(l, &who);
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* What the request brings along: a token of ours by its form, or a cookie. */
static bool credentials(const struct http_req *req, struct str *ret, bool *ret_token)
{
	struct str text;

	if (http_header(req, "authorization", &text)) {
		*ret_token = true;
		if (text.len < 7 || strncasecmp(text.p, "bearer ", 7) != 0)
			return false;
		*ret = str_trim(str_skip(text, 7));
		return ret->len == TOKEN_TEXT_SIZE - 1 && str_starts(*ret, STR(TOKEN_PREFIX)) &&
		       is_hex(str_skip(*ret, strlen(TOKEN_PREFIX)));
	}
	*ret_token = false;
	return http_cookie(req, "muster_session", ret) && ret->len == COOKIE_HEX && is_hex(*ret);
}

enum auth auth_start(struct call *call, void (*then)(struct call *call))
{
	struct api *api = call->api;
	uint8_t digest[DIGEST_BYTES];
	struct str text;
	bool is_token;

	if (!credentials(call->req, &text, &is_token))
		return AUTH_NO;
	token_digest(text, digest);
	if (recall(api, digest, &call->who))
		return AUTH_YES;

	struct lookup *l = xcalloc(1, sizeof(*l));

	l->call = call_ref(call);
	l->then = then;
	memcpy(l->digest, digest, DIGEST_BYTES);
	if (is_token)
		store_token_get(api->store, digest, clock_wall_ms(), on_token, l);
	else
		store_session_get(api->store, digest, clock_wall_ms(), on_session, l);
	return AUTH_LATER;
}

static bool csrf_is_fine(const struct call *call)
{
	struct str given;

	return http_header(call->req, "x-csrf-token", &given) &&
	       secret_equal(given, str_of(call->who.csrf));
}

bool auth_permits(struct call *call)
{
	const struct route *r = call->route;
	const struct principal *who = &call->who;

	if (r->role == ROLE_NOBODY)
		return true;
	struct str token;

	if (!who->known && http_header(call->req, "authorization", &token)) {
		call_refuse(call, &(struct http_fault){
					  401, "bad_token",
					  "the token is not valid: unknown, expired or revoked",
					  NULL, "make a new one on the page Tokens" });
		return false;
	}
	if (!who->known) {
		call_refuse(call,
		            &(struct http_fault){ 401, "login_needed", "nobody is logged in", NULL,
		                                  "log in, or send Authorization: Bearer with a "
		                                  "token that is valid" });
		return false;
	}
	if ((int)who->role < r->role) {
		call_refuse(call,
		            &(struct http_fault){ 403, "forbidden", "your role does not allow this",
		                                  NULL, "ask an admin" });
		return false;
	}
	if (!who->by_token && r->verb != VERB_GET && !csrf_is_fine(call)) {
		call_refuse(call,
		            &(struct http_fault){ 403, "csrf",
		                                  "the header X-CSRF-Token is missing or wrong",
		                                  NULL, "read the token from GET /session" });
		return false;
	}
	return true;
}
