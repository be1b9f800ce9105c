/*
 * people.c - requests about users and their sessions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/secret.h"
#include "server/store/store_int.h"

enum { LANGUAGE_CHARS = 8, PASSWORD_CHARS = 128, CSRF_CHARS = 128, PEER_CHARS = 64 };

static void take_count(const struct value *c, size_t n, void *arg)
{
	int64_t *count = arg;

	(void)n;
	*count = c[0].i;
}

static void fill_user(struct request *q, const struct value *c, struct user_row *u)
{
	u->id = c[0].i;
	u->name = request_text(q, c[1].s);
	/* An unknown word may do least. */
	if (!user_role_read(c[2].s, &u->role))
		u->role = ROLE_VISITOR;
	u->password = request_text(q, c[3].s);
	u->language = request_text(q, c[4].s);
	u->created_ms = c[5].i;
	u->login_ms = c[6].i;
}

static void take_user(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	fill_user(q, c, request_row(q, sizeof(struct user_row)));
}

static const struct user_row *copy_user(struct request *q, const struct user_row *user)
{
	struct user_row *copy = pool_alloc(&q->pool, sizeof(*copy));

	*copy = *user;
	copy->name = request_text_cut(q, user->name, USER_NAME_CHARS);
	copy->password = request_text_cut(q, user->password, PASSWORD_CHARS);
	copy->language = request_text_cut(q, user->language, LANGUAGE_CHARS);
	return copy;
}

static int add_user(struct engine *e, struct request *q, struct err *err)
{
	const struct user_row *u = q->in;
	const struct value args[] = {
		VALUE_OF_STR(u->name),       VALUE_OF_STR(str_of(user_role_name(u->role))),
		VALUE_OF_STR(u->password),   VALUE_OF_STR(u->language),
		VALUE_OF_INT(u->created_ms), VALUE_OF_INT(u->login_ms),
	};
	int r = engine_run(e, SQL_USER_ADD, args, err);

	if (r == -EEXIST)
		return err_set(err, -EEXIST, "there is a user '" STR_FMT "' already",
		               STR_ARG(u->name));
	q->reply.id = e->kind->last_id(e);
	return r;
}

static void take_setting(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	q->reply.text = request_text(q, c[0].s);
}

static int run_setup(struct engine *e, struct request *q, struct err *err)
{
	const struct value name = VALUE_OF_STR(STR(SETTING_SETUP_DIGEST));
	char hex[2 * DIGEST_BYTES + 1];
	int64_t users = 0;
	int r = engine_query(e, SQL_USER_COUNT, NULL, take_count, &users, err);

	if (r == 0)
		r = engine_query(e, SQL_SETTING_GET, &name, take_setting, q, err);
	if (r < 0)
		return r;
	if (users > 0)
		return err_set(err, -EEXIST, "the first admin was made already; log in");
	hex_encode(q->digest, DIGEST_BYTES, hex);
	if (!secret_equal(q->reply.text, str_of(hex)))
		return err_set(
			err, -EKEYREJECTED,
			"this is not the setup link of this server; take the one it printed last");
	r = engine_run(e, SQL_SETTING_REMOVE, &name, err);
	return r < 0 ? r : add_user(e, q, err);
}

void store_setup(struct store *st, const uint8_t digest[DIGEST_BYTES], const struct user_row *user,
                 store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_setup, cb, arg);

	memcpy(q->digest, digest, DIGEST_BYTES);
	q->in = copy_user(q, user);
	store_submit(st, q);
}

void store_user_add(struct store *st, const struct user_row *user, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, add_user, cb, arg);

	q->in = copy_user(q, user);
	store_submit(st, q);
}

static int run_by_name(struct engine *e, struct request *q, struct err *err)
{
	const struct value name = VALUE_OF_STR(q->name);
	int r = engine_query(e, SQL_USER_BY_NAME, &name, take_user, q, err);

	q->reply.users = q->out;
	if (r == 0 && q->reply.n == 0)
		r = err_set(err, -ENOENT, "there is no such user");
	return r;
}

void store_user_by_name(struct store *st, struct str name, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_by_name, cb, arg);

	q->name = request_text(q, name);
	store_submit(st, q);
}

static int run_list(struct engine *e, struct request *q, struct err *err)
{
	int r = engine_query(e, SQL_USERS_ALL, NULL, take_user, q, err);

	q->reply.users = q->out;
	return r;
}

void store_users_list(struct store *st, store_cb *cb, void *arg)
{
	store_submit(st, request_new(REQUEST_READ, run_list, cb, arg));
}

/* Refuses what would leave nobody who may add users. */
static int keep_an_admin(struct engine *e, int64_t id, struct err *err)
{
	const struct value who = VALUE_OF_INT(id);
	int64_t others = 0;
	int r = engine_query(e, SQL_ADMINS_BUT, &who, take_count, &others, err);

	if (r == 0 && others == 0)
		r = err_set(err, -EPERM, "this is the last admin");
	return r;
}

static int need_change(struct engine *e, const char *what, struct err *err)
{
	return e->kind->changes(e) > 0 ? 0 : err_set(err, -ENOENT, "there is no such %s", what);
}

static int run_update(struct engine *e, struct request *q, struct err *err)
{
	const struct user_row *u = q->in;
	const struct value args[] = {
		VALUE_OF_STR(str_of(user_role_name(u->role))),
		value_or_null(u->password),
		VALUE_OF_STR(u->language),
		VALUE_OF_INT(u->login_ms),
		VALUE_OF_INT(u->id),
	};
	int r = u->role == ROLE_ADMIN ? 0 : keep_an_admin(e, u->id, err);

	if (r == 0)
		r = engine_run(e, SQL_USER_UPDATE, args, err);
	return r < 0 ? r : need_change(e, "user", err);
}

void store_user_update(struct store *st, const struct user_row *user, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_update, cb, arg);

	q->in = copy_user(q, user);
	store_submit(st, q);
}

static int run_remove(struct engine *e, struct request *q, struct err *err)
{
	const struct value id = VALUE_OF_INT(q->number);
	int r = engine_query(e, SQL_USER_BY_ID, &id, take_user, q, err);

	if (r == 0 && q->reply.n == 0)
		return err_set(err, -ENOENT, "there is no such user");
	if (r == 0)
		r = keep_an_admin(e, q->number, err);
	if (r == 0)
		r = engine_run(e, SQL_SESSIONS_OF_REMOVE, &id, err);
	return r < 0 ? r : engine_run(e, SQL_USER_REMOVE, &id, err);
}

void store_user_remove(struct store *st, int64_t id, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_remove, cb, arg);

	q->number = id;
	store_submit(st, q);
}

/* ---- sessions ---- */

static int run_session_add(struct engine *e, struct request *q, struct err *err)
{
	const struct session_row *s = q->in;
	const struct value now = VALUE_OF_INT(s->created_ms);
	const struct value args[] = {
		value_of_digest(s->digest),  VALUE_OF_INT(s->user_id),    VALUE_OF_STR(s->csrf),
		VALUE_OF_STR(s->peer),       VALUE_OF_INT(s->created_ms), VALUE_OF_INT(s->seen_ms),
		VALUE_OF_INT(s->expires_ms),
	};
	int r = engine_run(e, SQL_SESSIONS_EXPIRE, &now, err);

	return r < 0 ? r : engine_run(e, SQL_SESSION_ADD, args, err);
}

void store_session_add(struct store *st, const struct session_row *session, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_session_add, cb, arg);
	struct session_row *copy = pool_alloc(&q->pool, sizeof(*copy));

	*copy = *session;
	copy->csrf = request_text_cut(q, session->csrf, CSRF_CHARS);
	copy->peer = request_text_cut(q, session->peer, PEER_CHARS);
	q->in = copy;
	store_submit(st, q);
}

static void take_session(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;
	struct session_row *s = pool_alloc(&q->pool, sizeof(*s));

	digest_of_value(&c[0], s->digest);
	s->user_id = c[1].i;
	s->csrf = request_text(q, c[2].s);
	s->peer = request_text(q, c[3].s);
	s->created_ms = c[4].i;
	s->seen_ms = c[5].i;
	s->expires_ms = c[6].i;
	q->reply.session = s;
	take_user(c + 7, n - 7, arg);
}

static int run_session_get(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { value_of_digest(q->digest), VALUE_OF_INT(q->number) };
	int r = engine_query(e, SQL_SESSION_GET, args, take_session, q, err);

	q->reply.users = q->out;
	if (r == 0 && q->reply.n == 0)
		r = err_set(err, -ENOENT, "there is no such session, or it ran out");
	return r;
}

void store_session_get(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t now_ms,
                       store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_session_get, cb, arg);

	memcpy(q->digest, digest, DIGEST_BYTES);
	q->number = now_ms;
	store_submit(st, q);
}

static int run_session_touch(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_INT(q->number), VALUE_OF_INT(q->other),
		                      value_of_digest(q->digest) };
	int r = engine_run(e, SQL_SESSION_TOUCH, args, err);

	return r < 0 ? r : need_change(e, "session", err);
}

void store_session_touch(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t seen_ms,
                         int64_t expires_ms, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_session_touch, cb, arg);

	memcpy(q->digest, digest, DIGEST_BYTES);
	q->number = seen_ms;
	q->other = expires_ms;
	store_submit(st, q);
}

static int run_session_remove(struct engine *e, struct request *q, struct err *err)
{
	const struct value digest = value_of_digest(q->digest);

	return engine_run(e, SQL_SESSION_REMOVE, &digest, err);
}

void store_session_remove(struct store *st, const uint8_t digest[DIGEST_BYTES], store_cb *cb,
                          void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_session_remove, cb, arg);

	memcpy(q->digest, digest, DIGEST_BYTES);
	store_submit(st, q);
}
