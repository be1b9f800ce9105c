/*
 * files.c - see files.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/redis/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/rng.h"
#include "server/redis/acl.h"
#include "server/redis/private.h"

enum { PASSWORD_BYTES = 32, FILE_MAX = 16384 };

int redis_password(int dir, const char *name, struct secret *ret, struct err *err)
{
	char hex[2 * PASSWORD_BYTES + 2];
	uint8_t raw[PASSWORD_BYTES];
	ssize_t n = fd_read_file(dir, name, hex, sizeof(hex));
	int r = 0;

	if (n == -ENOENT) {
		random_bytes(raw, sizeof(raw));
		hex_encode(raw, sizeof(raw), hex);
		r = fd_replace_file(dir, name, (struct str){ hex, sizeof(hex) - 2 }, 0600, err);
	} else if (n < 0) {
		r = err_set(err, (int)n, "read '%s': %s", name, strerror((int)-n));
	} else if (!hex_decode(str_trim((struct str){ hex, (size_t)n }), raw, sizeof(raw))) {
		r = err_set(err, -EBADMSG,
		            "'%s' holds no password of ours; remove it and a new one is made",
		            name);
	}
	if (r == 0)
		secret_set(ret, (struct str){ hex, sizeof(hex) - 2 });
	explicit_bzero(hex, sizeof(hex));
	explicit_bzero(raw, sizeof(raw));
	return r;
}

/* A path as redis.conf reads it. */
static void add_quoted(struct buf *b, const char *name, const char *dir, const char *file)
{
	buf_printf(b, "%s \"", name);
	for (const char *p = dir; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_char(b, '\\');
		buf_char(b, *p);
	}
	buf_printf(b, "%s\"\n", file);
}

int redis_conf_write(int dir, const struct redis_conf *conf, struct err *err)
{
	AUTO_BUF struct buf text = BUF(FILE_MAX);
	AUTO_BUF struct buf acl = BUF(FILE_MAX);

	buf_puts(&text, "# Written by muster-server at each start; changes are lost.\n"
	                "bind 127.0.0.1\nprotected-mode yes\n");
	buf_printf(&text, "port %u\n", conf->port);
	if (conf->socket[0] != '\0') {
		add_quoted(&text, "unixsocket", conf->socket, "");
		buf_puts(&text, "unixsocketperm 600\n");
	}
	add_quoted(&text, "dir", conf->dir, "");
	add_quoted(&text, "aclfile", conf->dir, "/users.acl");
	buf_puts(&text,
	         "daemonize no\nsupervised no\nlogfile \"\"\nloglevel notice\n"
	         "databases 1\nsave \"\"\nappendonly yes\nappendfsync everysec\n"
	         "maxmemory-policy noeviction\ntcp-keepalive 60\n"
	         /* No name, value or message is longer, so none can choke who reads it. */
	         "proto-max-bulk-len 32mb\n"
	         /* A browser's server that hangs must not make Redis hold its messages for ever. */
	         "client-output-buffer-limit pubsub 64mb 16mb 60\n");
	if (!acl_write(&acl, conf->server, conf->agent, conf->has_read_only) || text.over)
		return err_set(err, -ENAMETOOLONG, "the data directory's path is too long");
	int r = fd_replace_file(dir, "users.acl", buf_as_str(&acl), 0600, err);
	explicit_bzero(acl.p, acl.len);
	return r < 0 ? r : fd_replace_file(dir, "redis.conf", buf_as_str(&text), 0600, err);
}

unsigned redis_number_read(int dir, const char *name)
{
	char text[32];
	uint64_t v;
	ssize_t n = fd_read_file(dir, name, text, sizeof(text));

	if (n < 0 || !str_u64(str_trim((struct str){ text, (size_t)n }), &v) || v > 65535)
		return 0;
	return (unsigned)v;
}

/* Binds a port of the loopback as Redis would; 0 takes any. Returns the port or -errno. */
static int try_port(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof(at);
	const int on = 1;
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return -errno;
	return ntohs(at.sin_port);
}

int redis_port_choose(unsigned wanted, unsigned before, unsigned *ret, struct err *err)
{
	const unsigned tries[] = { before, PRIVATE_REDIS_PORT, 0 };
	int r;

	if (wanted != 0) {
		r = try_port(wanted);
		if (r < 0)
			return err_set(err, r, "port %u for our Redis: %s", wanted, strerror(-r));
		*ret = wanted;
		return 0;
	}
	for (size_t i = before != 0 ? 0 : 1; i < COUNT_OF(tries); i++) {
		r = try_port(tries[i]);
		if (r > 0) {
			*ret = (unsigned)r;
			return 0;
		}
	}
	return err_set(err, r, "find a free port for our Redis: %s", strerror(-r));
}
