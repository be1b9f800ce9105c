/*
 * login - people: the first admin, in, out, and who am I.
 *
 * A try counts as a failure from the moment it begins, so that a hundred at once are not a hundred free ones. The
 * password is hashed on a work thread; a name that does not exist costs the same time as one that does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/secret.h"
#include "server/api/api_int.h"
#include "server/login/password.h"
#include "server/login/token.h"
#include "server/work.h"

enum { NOTE_AT_FAILURES = 10 };

static const int64_t FIRST_EXPIRY_MS = 7LL * 86400 * 1000;
static const char cookie_end[] = "; Path=/; HttpOnly; SameSite=Strict";

/* The cookie of a session that lasts another week. */
static void write_cookie(const struct api *api, struct buf *b, struct str value)
{
	buf_puts(b, "muster_session=");
	buf_str(b, value);
	buf_printf(b, "%s; Max-Age=%lld%s", cookie_end, (long long)(FIRST_EXPIRY_MS / 1000),
	           api->o.secure_cookies ? "; Secure" : "");
}

/* One try to get in; belongs to its call. */
struct entrance {
	struct secret password;
	char stored[PASSWORD_TEXT_SIZE]; /* what it is compared with, or the new one */
	char language[8];
	bool right;
	struct err err;
	char cookie[TOKEN_TEXT_SIZE];
};

static void entrance_free(void *arg)
{
	struct entrance *e = arg;

	secret_done(&e->password);
	free(e);
}

static struct entrance *entrance_new(struct call *call, struct str password)
{
	struct entrance *e = xcalloc(1, sizeof(*e));

	secret_set(&e->password, password);
	call->own = e;
	call->own_free = entrance_free;
	return e;
}

/* What a peer is counted under: an IPv6 peer has a whole /64 to itself. */
static struct str addr_of(const struct call *call, char room[PEER_SIZE])
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, call->peer, &a) != 1)
		return str_of(call->peer);
	hex_encode(a.s6_addr, 8, room);
	return str_of(room);
}

/* True when the peer has to wait; it was told. */
static bool is_throttled(struct call *call, struct str name)
{
	char room[PEER_SIZE];
	int64_t wait =
		throttle_wait_ms(call->api->throttle, addr_of(call, room), name, clock_mono_ms());
	static const struct http_fault slow = { 429, "too_many_tries", "too many wrong tries", NULL,
		                                "wait a little, then try again" };

	if (wait == 0)
		return false;
	struct http_req *req = call->req;

	call->req = NULL;
	http_reply_retry(req, &slow, (unsigned)((wait + 999) / 1000));
	call_unref(call);
	return true;
}

static void note_failures(struct call *call)
{
	char text[160], room[PEER_SIZE];
	unsigned n = throttle_failures(call->api->throttle, addr_of(call, room));

	if (n != NOTE_AT_FAILURES)
		return;
	(void)snprintf(text, sizeof(text), "%u wrong logins in a row from %s", n, call->peer);
	(void)hub_note(
		call->api->o.hub,
		&(struct hub_note){ .kind = "login.failed", .level = EVENT_WARN, .text = text });
}

/* ---- the session ---- */

static void write_session(struct buf *b, const struct principal *who)
{
	struct jw j = JW(b);

	jw_obj(&j);
	jw_key(&j, "user");
	jw_obj(&j);
	jw_kstr(&j, "name", str_of(who->name));
	jw_kstr(&j, "role", str_of(user_role_name(who->role)));
	jw_end_obj(&j);
	jw_kstr(&j, "csrf", str_of(who->csrf));
	jw_end_obj(&j);
}

static void on_session_added(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	const struct entrance *e = call->own;
	AUTO_BUF struct buf b = BUF(4096);
	AUTO_BUF struct buf cookie = BUF(512);

	if (call->req != NULL && reply->code < 0) {
		call_fail(call, reply->err);
	} else if (call->req != NULL) {
		write_cookie(call->api, &cookie, str_of(e->cookie));
		write_session(&b, &call->who);
		call_reply_with(call, &b, &(struct http_field){ "Set-Cookie", buf_as_str(&cookie) },
		                1);
	}
	call_unref(call);
}

/* call->who is who came in: gives them a session. Takes over the caller's reference. */
static void open_session(struct call *call)
{
	struct entrance *e = call->own;
	uint8_t raw[CSRF_HEX / 2];
	int64_t now = clock_wall_ms();
	struct session_row row = {
		.user_id = call->who.id,
		.peer = str_of(call->peer),
		.created_ms = now,
		.seen_ms = now,
		.expires_ms = now + FIRST_EXPIRY_MS,
	};

	random_bytes(raw, sizeof(raw));
	hex_encode(raw, sizeof(raw), call->who.csrf);
	token_make("", e->cookie);
	token_digest(str_of(e->cookie), row.digest);
	row.csrf = str_of(call->who.csrf);
	store_session_add(call->api->store, &row, on_session_added, call);
}

void handle_session(struct call *call)
{
	AUTO_BUF struct buf b = BUF(4096);
	AUTO_BUF struct buf cookie = BUF(512);
	struct str value;

	write_session(&b, &call->who);
	if (call->who.by_token || !http_cookie(call->req, "muster_session", &value)) {
		call_reply(call, &b);
		return;
	}
	/* A session in use goes on, and so must its cookie. */
	write_cookie(call->api, &cookie, value);
	call_reply_with(call, &b, &(struct http_field){ "Set-Cookie", buf_as_str(&cookie) }, 1);
}

static void on_removed(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	AUTO_BUF struct buf b = BUF(8);
	AUTO_BUF struct buf cookie = BUF(200);

	if (call->req != NULL && reply->code < 0) {
		call_fail(call, reply->err);
	} else if (call->req != NULL) {
		buf_puts(&b, "{}");
		buf_printf(&cookie, "muster_session=%s; Max-Age=0", cookie_end);
		call_reply_with(call, &b, &(struct http_field){ "Set-Cookie", buf_as_str(&cookie) },
		                1);
	}
	call_unref(call);
}

void handle_logout(struct call *call)
{
	if (call->who.by_token) {
		call_refuse(call, &(struct http_fault){ 409, "no_session",
		                                        "a token has no session to end", NULL,
		                                        "DELETE /tokens/{id} ends a token" });
		return;
	}
	auth_forget(call->api, call->who.digest);
	store_session_remove(call->api->store, call->who.digest, on_removed, call_ref(call));
}

/* ---- in ---- */

static void compare(void *arg)
{
	struct entrance *e = ((struct call *)arg)->own;

	e->right = password_matches(str_of(e->stored), secret_reveal(&e->password));
}

static void on_compared(void *arg, bool cancelled)
{
	struct call *call = arg;
	const struct entrance *e = call->own;
	struct str name = call->values[LOGIN_NAME].text;
	char room[PEER_SIZE];

	if (cancelled || call->req == NULL) {
		call_unref(call);
		return;
	}
	if (!e->right) {
		note_failures(call);
		call_refuse(call, &(struct http_fault){ 401, "wrong_login",
		                                        "the name or the password is wrong", NULL,
		                                        NULL });
		call_unref(call);
		return;
	}
	throttle_pass(call->api->throttle, addr_of(call, room), name);

	struct user_row seen = { .id = call->who.id,
		                 .role = call->who.role,
		                 .language = str_of(e->language),
		                 .login_ms = clock_wall_ms() };

	store_user_update(call->api->store, &seen, NULL, NULL);
	open_session(call);
}

/* Hands the slow part to a thread. Takes over the caller's reference. */
static void hash_on_thread(struct call *call, void (*run)(void *arg),
                           void (*done)(void *arg, bool cancelled))
{
	static const struct http_fault busy = { 503, "busy",
		                                "too many people log in at this moment", NULL,
		                                "try again in a moment" };

	if (work_add(call->api->o.work, run, done, call) < 0) {
		if (call->req != NULL)
			call_refuse(call, &busy);
		call_unref(call);
	}
}

static void on_user(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	struct entrance *e = call->own;

	if (call->req == NULL || (reply->code < 0 && reply->code != -ENOENT)) {
		if (call->req != NULL)
			call_fail(call, reply->err);
		call_unref(call);
		return;
	}
	if (reply->code == 0) {
		const struct user_row *u = &reply->users[0];

		call->who.known = true;
		call->who.id = u->id;
		call->who.role = u->role;
		(void)str_copy(u->name, call->who.name, sizeof(call->who.name));
		(void)str_copy(u->password, e->stored, sizeof(e->stored));
		(void)str_copy(u->language, e->language, sizeof(e->language));
	}
	hash_on_thread(call, compare, on_compared);
}

void handle_login(struct call *call)
{
	struct str name = call->values[LOGIN_NAME].text;
	char room[PEER_SIZE];

	if (is_throttled(call, name))
		return;
	throttle_fail(call->api->throttle, addr_of(call, room), name, clock_mono_ms());
	(void)entrance_new(call, call->values[LOGIN_PASSWORD].text);
	store_user_by_name(call->api->store, name, on_user, call_ref(call));
}

/* ---- the first admin ---- */

static void make_hash(void *arg)
{
	struct entrance *e = ((struct call *)arg)->own;

	e->right = password_hash(secret_reveal(&e->password), e->stored, &e->err) == 0;
}

static void on_setup(const struct store_reply *reply, void *arg)
{
	struct call *call = arg;
	struct api *api = call->api;
	char room[PEER_SIZE];

	if (reply->code == 0 || reply->code == -EEXIST) {
		bool first = !api->has_admin && reply->code == 0;

		api->admin_known = api->has_admin = true;
		if (first && api->o.on_setup != NULL)
			api->o.on_setup(api->o.arg);
	}
	if (call->req == NULL || reply->code < 0) {
		if (call->req != NULL && reply->code == -EEXIST)
			call_refuse(call,
			            &(struct http_fault){ 409, "exists",
			                                  "the first admin has been made already",
			                                  NULL, "log in" });
		else if (call->req != NULL && reply->code == -EKEYREJECTED)
			call_refuse(call, &(struct http_fault){
						  403, "wrong_setup_link",
						  "the setup link is wrong or used up", "token",
						  "open the link the server printed" });
		else if (call->req != NULL)
			call_fail(call, reply->err);
		call_unref(call);
		return;
	}
	throttle_pass(api->throttle, addr_of(call, room), STR(""));
	call->who = (struct principal){ .known = true, .role = ROLE_ADMIN, .id = reply->id };
	(void)str_copy(call->values[SETUP_NAME].text, call->who.name, sizeof(call->who.name));
	open_session(call);
}

static void on_hashed(void *arg, bool cancelled)
{
	struct call *call = arg;
	const struct entrance *e = call->own;
	uint8_t digest[DIGEST_BYTES];
	const struct value *v = call->values;

	if (cancelled || call->req == NULL || !e->right) {
		if (!cancelled && call->req != NULL)
			call_fail(call, &e->err);
		call_unref(call);
		return;
	}
	struct user_row user = {
		.name = v[SETUP_NAME].text,
		.role = ROLE_ADMIN,
		.password = str_of(e->stored),
		.language = v[SETUP_LANGUAGE].given ? v[SETUP_LANGUAGE].text : STR(""),
		.created_ms = clock_wall_ms(),
	};

	token_digest(v[SETUP_TOKEN].text, digest);
	store_setup(call->api->store, digest, &user, on_setup, call);
}

void handle_setup(struct call *call)
{
	const struct value *v = call->values;
	struct err err = { 0 };
	char room[PEER_SIZE];

	if (is_throttled(call, STR("")))
		return;
	if (password_check(v[SETUP_NAME].text, v[SETUP_PASSWORD].text, &err) < 0) {
		call_bad_field(call, "password", "%s", err.msg);
		return;
	}
	throttle_fail(call->api->throttle, addr_of(call, room), STR(""), clock_mono_ms());
	(void)entrance_new(call, v[SETUP_PASSWORD].text);
	hash_on_thread(call_ref(call), make_hash, on_hashed);
}
