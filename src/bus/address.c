/*
 * address.c - the text that names a Redis, taken apart.
 *
 * A password may hold any byte, so in a URL it is percent-encoded, and no sentence here quotes more of the
 * text than cannot hold one: the scheme, the host, the port.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bus/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Resolves %XX; a NUL, a cut-off or bad escape and a result that does not fit are refused. */
static bool percent_decode(struct str s, char *dst, size_t size, size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_value(s.p[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_value(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0 || n + 1 >= size)
			return false;
		dst[n++] = (char)c;
	}
	dst[n] = '\0';
	*ret_len = n;
	return true;
}

/* "USER:PASSWORD", ":PASSWORD" or "USER" before the @ of a URL. */
static int parse_login(struct str s, struct bus_address *a, struct err *err)
{
	char word[1024];
	struct str user;
	bool has_password = str_cut(&s, ':', &user);
	size_t n;

	if (!has_password)
		user = s;
	if (!percent_decode(user, a->user, sizeof(a->user), &n))
		return err_set(err, -EINVAL,
		               "the user before the @ is too long or wrongly encoded");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)a->user[i] <= ' ')
			return err_set(err, -EINVAL, "the user before the @ holds a blank");
	if (!has_password)
		return 0;
	if (!percent_decode(s, word, sizeof(word), &n))
		return err_set(err, -EINVAL,
		               "the password before the @ is too long or wrongly encoded; write "
		               "special characters as %%XX");
	secret_set(&a->password, (struct str){ word, n });
	explicit_bzero(word, sizeof(word));
	return 0;
}

static int parse_db(struct str s, struct bus_address *a, struct err *err)
{
	uint64_t db;

	if (!str_u64(s, &db) || db > BUS_DB_MAX)
		return err_set(err, -EINVAL, "the database must be a number 0..%d", BUS_DB_MAX);
	a->db = (unsigned)db;
	return 0;
}

static bool is_host_char(char c, bool bracketed)
{
	if (isalnum((unsigned char)c) || c == '.')
		return true;
	return bracketed ? c == ':' || c == '%' : c == '-' || c == '_';
}

/* HOST, HOST:PORT, [V6], [V6]:PORT. */
static int parse_host(struct str s, struct bus_address *a, struct err *err)
{
	struct str host = s, port = { NULL, 0 };
	bool bracketed = s.len > 0 && s.p[0] == '[';
	uint64_t number = BUS_PORT_DEFAULT;

	if (bracketed) {
		struct str rest = str_skip(s, 1);

		if (!str_cut(&rest, ']', &host))
			return err_set(err, -EINVAL, "'[' without ']'");
		if (rest.len > 0 && rest.p[0] != ':')
			return err_set(err, -EINVAL, "want ':PORT' behind ']'");
		port = str_skip(rest, 1);
		if (rest.len > 0 && port.len == 0)
			return err_set(err, -EINVAL, "no port behind the colon");
	} else if (str_find(s, ':') < s.len) {
		port = s;
		if (!str_cut(&port, ':', &host))
			return err_set(err, -EINVAL, "no host");
		if (str_find(port, ':') < port.len)
			return err_set(err, -EINVAL,
			               "an IPv6 address stands in brackets: [2001:db8::1]:6379");
		if (port.len == 0)
			return err_set(err, -EINVAL, "no port behind the colon");
	}
	if (host.len == 0)
		return err_set(err, -EINVAL, "no host");
	for (size_t i = 0; i < host.len; i++)
		if (!is_host_char(host.p[i], bracketed))
			return err_set(err, -EINVAL,
			               "a host name holds letters, digits, '.', '-' and '_' only");
	if (!str_copy(host, a->host, sizeof(a->host)))
		return err_set(err, -EINVAL, "the host name is longer than %zu characters",
		               sizeof(a->host) - 1);
	if (port.len > 0 && (!str_u64(port, &number) || number == 0 || number > 65535))
		return err_set(err, -EINVAL, "the port is not a number 1..65535");
	a->port = (uint16_t)number;
	return 0;
}

static int parse_path(struct str s, struct bus_address *a, struct err *err)
{
	size_t n;

	if (s.len == 0 || s.p[0] != '/')
		return err_set(err, -EINVAL, "the path of a unix socket must begin with '/'");
	if (!percent_decode(s, a->path, sizeof(a->path), &n))
		return err_set(err, -EINVAL,
		               "the path of the unix socket is longer than %zu bytes or wrongly "
		               "encoded",
		               sizeof(a->path) - 1);
	return 0;
}

/* unix:/PATH, unix://[LOGIN@]/PATH[?db=N] */
static int parse_unix(struct str s, struct bus_address *a, struct err *err)
{
	struct str login, path = s;
	int r;

	a->scheme = BUS_UNIX;
	if (str_starts(s, STR("//"))) {
		path = str_skip(s, 2);
		if (str_find(path, '@') < str_find(path, '/') && str_cut(&path, '@', &login)) {
			r = parse_login(login, a, err);
			if (r < 0)
				return r;
		}
	}
	size_t mark = str_find(path, '?');

	if (mark < path.len) {
		struct str query = str_skip(path, mark + 1);

		if (!str_starts(query, STR("db=")))
			return err_set(err, -EINVAL, "only ?db=N may follow the path");
		r = parse_db(str_skip(query, 3), a, err);
		if (r < 0)
			return r;
		path.len = mark;
	}
	return parse_path(path, a, err);
}

/* [LOGIN@]HOST[:PORT][/DB]; the last @ counts, so that one inside a password does no harm. */
static int parse_net(struct str s, struct bus_address *a, struct err *err)
{
	size_t at = s.len;
	int r;

	for (size_t i = s.len; i > 0 && at == s.len; i--)
		if (s.p[i - 1] == '@')
			at = i - 1;
	if (at < s.len) {
		r = parse_login((struct str){ s.p, at }, a, err);
		if (r < 0)
			return r;
		s = str_skip(s, at + 1);
	}
	struct str host;

	if (!str_cut(&s, '/', &host)) {
		host = s;
		s.len = 0;
	}
	r = parse_host(host, a, err);
	if (r == 0 && s.len > 0)
		r = parse_db(s, a, err);
	return r;
}

static int parse(struct str text, struct bus_address *a, struct err *err)
{
	if (text.len == 0)
		return err_set(err, -EINVAL, "no address");
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f)
			return err_set(err, -EINVAL,
			               "blanks and control characters do not belong "
			               "into an address");
	if (text.p[0] == '/' || str_starts(text, STR("unix:")))
		return parse_unix(str_skip(text, text.p[0] == '/' ? 0 : 5), a, err);
	if (str_starts(text, STR("redis://")))
		return parse_net(str_skip(text, 8), a, err);
	if (str_starts(text, STR("rediss://"))) {
		a->scheme = BUS_TLS;
		return parse_net(str_skip(text, 9), a, err);
	}
	if (str_search(text, STR("://")) < text.len)
		return err_set(err, -EINVAL, "want HOST:PORT, redis://, rediss:// or unix:/PATH");
	return parse_host(text, a, err);
}

int bus_address_parse(struct str text, struct bus_address *ret, struct err *err)
{
	struct bus_address a = { .scheme = BUS_TCP };
	struct err why = { 0 };
	int r = parse(text, &a, &why);

	if (r < 0) {
		bus_address_done(&a);
		return err_set(err, r, "bad Redis address: %s", why.msg);
	}
	*ret = a;
	return 0;
}

void bus_address_copy(struct bus_address *dst, const struct bus_address *src)
{
	struct bus_address a = *src;

	a.password = (struct secret){ 0 };
	secret_copy(&a.password, &src->password);
	bus_address_done(dst);
	*dst = a;
}

void bus_address_done(struct bus_address *a)
{
	secret_done(&a->password);
	*a = (struct bus_address){ 0 };
}

bool bus_address_equal(const struct bus_address *a, const struct bus_address *b)
{
	return a->scheme == b->scheme && a->port == b->port && a->db == b->db &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0 &&
	       strcmp(a->user, b->user) == 0 &&
	       secret_is_set(&a->password) == secret_is_set(&b->password) &&
	       secret_equal(secret_reveal(&a->password), secret_reveal(&b->password));
}

const char *bus_address_name(const struct bus_address *a, char dst[BUS_NAME_SIZE])
{
	const char *kind = a->scheme == BUS_TLS ? "redis+tls" : "redis";

	if (a->scheme == BUS_UNIX)
		(void)snprintf(dst, BUS_NAME_SIZE, "redis unix:%s", a->path);
	else if (strchr(a->host, ':') != NULL)
		(void)snprintf(dst, BUS_NAME_SIZE, "%s [%s]:%u", kind, a->host, a->port);
	else
		(void)snprintf(dst, BUS_NAME_SIZE, "%s %s:%u", kind, a->host, a->port);
	return dst;
}
