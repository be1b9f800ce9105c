/*
 * hello.c - the first words with a Redis: who we are, which database, whether it is one and new enough.
 *
 * All of it goes out at once. AUTH's refusal is an ordinary error answer on an open connection, so it is
 * told here from the rest; INFO and CLIENT may be forbidden to us by ACL, which by itself says that the
 * peer is Redis 6 or newer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus_int.h"

/* Streams came with 5.0. */
enum { VERSION_NEEDED = 5 };

static const struct {
	const char *word;
	int code;
} error_codes[] = {
	{ "NOPERM", -EACCES },   { "NOAUTH", -EACCES },     { "WRONGPASS", -EACCES },
	{ "DENIED", -EACCES },   { "LOADING", -EAGAIN },    { "BUSY", -EAGAIN },
	{ "TRYAGAIN", -EAGAIN }, { "MASTERDOWN", -EAGAIN }, { "CLUSTERDOWN", -EAGAIN },
	{ "OOM", -ENOSPC },      { "MISCONF", -ENOSPC },    { "READONLY", -EROFS },
};

int hello_error_code(struct str text)
{
	struct str word;

	if (!str_cut(&text, ' ', &word))
		word = text;
	for (size_t i = 0; i < COUNT_OF(error_codes); i++)
		if (str_is(word, error_codes[i].word))
			return error_codes[i].code;
	return -EBADMSG;
}

static int send_step(struct conn *c, enum hello_step step, const struct str *args, size_t n,
                     struct err *err)
{
	int r = conn_write(c, args, n);

	if (r < 0)
		return err_set(err, r, "takes no commands: %s", strerror(-r));
	c->steps[c->n_steps++] = step;
	return 0;
}

static int send_auth(struct conn *c, struct err *err)
{
	const struct bus_address *a = &c->bus->address;
	struct str password = secret_reveal(&a->password);

	if (!secret_is_set(&a->password))
		return 0;
	if (a->user[0] == '\0')
		return send_step(c, HELLO_AUTH, (struct str[]){ STR("AUTH"), password }, 2, err);
	return send_step(c, HELLO_AUTH, (struct str[]){ STR("AUTH"), str_of(a->user), password }, 3,
	                 err);
}

int hello_send(struct conn *c, struct err *err)
{
	const struct bus *bus = c->bus;
	char db[16];
	int r;

	c->n_steps = 0;
	c->at_step = 0;
	r = send_auth(c, err);
	(void)snprintf(db, sizeof(db), "%u", bus->address.db);
	if (r == 0 && bus->address.db != 0)
		r = send_step(c, HELLO_SELECT, (struct str[]){ STR("SELECT"), str_of(db) }, 2, err);
	if (r == 0 && bus->options.name != NULL)
		r = send_step(
			c, HELLO_NAME,
			(struct str[]){ STR("CLIENT"), STR("SETNAME"), str_of(bus->options.name) },
			3, err);
	if (r == 0)
		r = send_step(c, HELLO_INFO, (struct str[]){ STR("INFO"), STR("server") }, 2, err);
	if (r == 0)
		r = send_step(c, HELLO_PING, (struct str[]){ STR("PING") }, 1, err);
	return r;
}

/* Refusals that may come as the answer to anything. */
static int check_general(const struct reply *reply, struct err *err)
{
	struct str text = reply->text;

	if (str_starts(text, STR("NOAUTH")))
		return err_set(err, -EACCES, "wants a password and none is configured");
	if (str_starts(text, STR("DENIED")))
		return err_set(err, -EACCES,
		               "is in protected mode: it takes no connections from other hosts "
		               "before it has a password");
	if (str_starts(text, STR("LOADING")))
		return err_set(err, -EAGAIN, "is still loading its data");
	if (str_starts(text, STR("ERR max number of clients")))
		return err_set(err, -EAGAIN, "takes no more clients (maxclients)");
	return 0;
}

static int auth_refused(const struct conn *c, struct str text, struct err *err)
{
	const char *user = c->bus->address.user;

	if (str_search(text, STR("without any password configured")) < text.len ||
	    str_search(text, STR("no password is set")) < text.len)
		return err_set(err, -EACCES, "has no password set, but we are configured with one");
	if (str_search(text, STR("wrong number of arguments")) < text.len)
		return err_set(err, -EPROTONOSUPPORT,
		               "knows no users (older than 6.0); configure the password only");
	if (!str_starts(text, STR("WRONGPASS")) && !str_starts(text, STR("ERR invalid password")))
		return err_set(err, -EACCES, "refuses to log us in: %.*s",
		               (int)(text.len < 200 ? text.len : 200), text.p);
	if (user[0] != '\0')
		return err_set(err, -EACCES, "refuses user '%s': wrong name or password", user);
	return err_set(err, -EACCES, "refuses the password");
}

/* The value of "NAME:" in INFO's text. */
static struct str info_field(struct str info, struct str name)
{
	struct str line;

	while (str_line(&info, &line))
		if (line.len > name.len && str_starts(line, name) && line.p[name.len] == ':')
			return str_trim(str_skip(line, name.len + 1));
	return (struct str){ "", 0 };
}

static int take_info(struct conn *c, const struct reply *reply, struct err *err)
{
	struct bus_peer peer = { 0 };

	if (reply->type == REPLY_ERROR) {
		if (hello_error_code(reply->text) != -EACCES)
			return err_set(err, -EPROTO, "does not know INFO");
		c->bus->peer = peer; /* forbidden by ACL: new enough, and that is all we know */
		return 0;
	}
	if (reply->type != REPLY_TEXT)
		return err_set(err, -EPROTO, "answers INFO with something else");

	struct str version = info_field(reply->text, STR("redis_version"));
	struct str major, rest = version;
	uint64_t number;

	if (!str_cut(&rest, '.', &major) || !str_u64(major, &number) ||
	    !str_copy(version, peer.version, sizeof(peer.version)))
		return err_set(err, -EPROTO, "does not say which version it is");
	if (number < VERSION_NEEDED)
		return err_set(err, -EPROTONOSUPPORT,
		               "is version %s, and 5.0 or newer is needed (streams)", peer.version);
	(void)str_copy(info_field(reply->text, STR("run_id")), peer.run_id, sizeof(peer.run_id));
	c->bus->peer = peer;
	return 0;
}

static int take(struct conn *c, enum hello_step step, const struct reply *reply, struct err *err)
{
	bool refused = reply->type == REPLY_ERROR;
	int len = (int)(reply->text.len < 200 ? reply->text.len : 200);

	if (refused) {
		int r = check_general(reply, err);

		if (r < 0)
			return r;
	}
	switch (step) {
	case HELLO_AUTH:
		return refused ? auth_refused(c, reply->text, err) : 0;
	case HELLO_SELECT:
		return refused ? err_set(err, -EACCES, "refuses database %u: %.*s",
		                         c->bus->address.db, len, reply->text.p)
		               : 0;
	case HELLO_NAME:
		return 0; /* an ACL may forbid it, and nothing hangs on it */
	case HELLO_INFO:
		return take_info(c, reply, err);
	case HELLO_PING:
		break;
	}
	if (refused && hello_error_code(reply->text) != -EACCES)
		return err_set(err, hello_error_code(reply->text), "says '%.*s'", len,
		               reply->text.p);
	if (!refused && !reply_is(reply, "PONG"))
		return err_set(err, -EPROTO, "does not answer PING with PONG");
	return 1;
}

int hello_answer(struct conn *c, const struct reply *reply, struct err *err)
{
	int r = take(c, c->steps[c->at_step], reply, err);

	c->at_step++;
	return r;
}
