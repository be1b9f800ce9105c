/*
 * tokens.c - requests about API tokens and about settings.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/store_int.h"

enum { NAME_CHARS = 64 };

static void take_token(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;
	struct token_row *t = request_row(q, sizeof(*t));

	(void)n;
	t->id = c[0].i;
	digest_of_value(&c[1], t->digest);
	t->name = request_text(q, c[2].s);
	/* An unknown word may do least. */
	if (!user_role_read(c[3].s, &t->role))
		t->role = ROLE_VISITOR;
	t->created_ms = c[4].i;
	t->expires_ms = c[5].i;
	t->used_ms = c[6].i;
}

static int run_add(struct engine *e, struct request *q, struct err *err)
{
	const struct token_row *t = q->in;
	const struct value args[] = {
		value_of_digest(t->digest),
		VALUE_OF_STR(t->name),
		VALUE_OF_STR(str_of(user_role_name(t->role))),
		VALUE_OF_INT(t->created_ms),
		VALUE_OF_INT(t->expires_ms),
		VALUE_OF_INT(t->used_ms),
	};
	int r = engine_run(e, SQL_TOKEN_ADD, args, err);

	if (r == -EEXIST)
		return err_set(err, -EEXIST, "there is a token '" STR_FMT "' already",
		               STR_ARG(t->name));
	q->reply.id = e->kind->last_id(e);
	return r;
}

static struct request *token_request(request_fn *run, const struct token_row *token, store_cb *cb,
                                     void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run, cb, arg);
	struct token_row *copy = pool_alloc(&q->pool, sizeof(*copy));

	*copy = *token;
	copy->name = request_text_cut(q, token->name, NAME_CHARS);
	q->in = copy;
	return q;
}

void store_token_add(struct store *st, const struct token_row *token, store_cb *cb, void *arg)
{
	store_submit(st, token_request(run_add, token, cb, arg));
}

static int run_replace(struct engine *e, struct request *q, struct err *err)
{
	const struct token_row *t = q->in;
	const struct value name = VALUE_OF_STR(t->name);
	int r = engine_run(e, SQL_TOKEN_BY_NAME_REMOVE, &name, err);

	return r < 0 ? r : run_add(e, q, err);
}

void store_token_replace(struct store *st, const struct token_row *token, store_cb *cb, void *arg)
{
	store_submit(st, token_request(run_replace, token, cb, arg));
}

static int run_get(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { value_of_digest(q->digest), VALUE_OF_INT(q->number) };
	int r = engine_query(e, SQL_TOKEN_BY_DIGEST, args, take_token, q, err);

	q->reply.tokens = q->out;
	if (r == 0 && q->reply.n == 0)
		r = err_set(err, -ENOENT, "there is no such token, or it ran out");
	return r;
}

void store_token_get(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t now_ms,
                     store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_get, cb, arg);

	memcpy(q->digest, digest, DIGEST_BYTES);
	q->number = now_ms;
	store_submit(st, q);
}

static int run_list(struct engine *e, struct request *q, struct err *err)
{
	int r = engine_query(e, SQL_TOKENS_ALL, NULL, take_token, q, err);

	q->reply.tokens = q->out;
	return r;
}

void store_tokens_list(struct store *st, store_cb *cb, void *arg)
{
	store_submit(st, request_new(REQUEST_READ, run_list, cb, arg));
}

static int run_used(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_INT(q->other), VALUE_OF_INT(q->number) };

	return engine_run(e, SQL_TOKEN_USED, args, err);
}

void store_token_used(struct store *st, int64_t id, int64_t used_ms, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_used, cb, arg);

	q->number = id;
	q->other = used_ms;
	store_submit(st, q);
}

static int run_remove(struct engine *e, struct request *q, struct err *err)
{
	const struct value id = VALUE_OF_INT(q->number);
	int r = engine_run(e, SQL_TOKEN_REMOVE, &id, err);

	if (r == 0 && e->kind->changes(e) == 0)
		r = err_set(err, -ENOENT, "there is no such token");
	return r;
}

void store_token_remove(struct store *st, int64_t id, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_remove, cb, arg);

	q->number = id;
	store_submit(st, q);
}

/* ---- settings ---- */

static void take_setting(const struct value *c, size_t n, void *arg)
{
	struct request *q = arg;

	(void)n;
	q->reply.text = request_text(q, c[0].s);
	q->reply.n = 1;
}

static int run_setting_get(struct engine *e, struct request *q, struct err *err)
{
	const struct value name = VALUE_OF_STR(q->name);
	int r = engine_query(e, SQL_SETTING_GET, &name, take_setting, q, err);

	if (r == 0 && q->reply.n == 0)
		r = err_set(err, -ENOENT, "there is no setting '" STR_FMT "'", STR_ARG(q->name));
	return r;
}

void store_setting_get(struct store *st, struct str name, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_READ, run_setting_get, cb, arg);

	q->name = request_text(q, name);
	store_submit(st, q);
}

static int run_setting_set(struct engine *e, struct request *q, struct err *err)
{
	const struct value args[] = { VALUE_OF_STR(q->name), VALUE_OF_STR(q->value) };

	return engine_run(e, q->value.len > 0 ? SQL_SETTING_SET : SQL_SETTING_REMOVE, args, err);
}

void store_setting_set(struct store *st, struct str name, struct str value, store_cb *cb, void *arg)
{
	struct request *q = request_new(REQUEST_WRITE, run_setting_set, cb, arg);

	q->name = request_text_cut(q, name, NAME_CHARS);
	q->value = request_text(q, value);
	store_submit(st, q);
}
