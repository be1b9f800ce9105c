/*
 * datadir.c - see datadir.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/jwrite.h"
#include "base/mem.h"

enum { LINK_MAX_BYTES = 1024, FILE_MAX_BYTES = 16384 };

int datadir_open(const char *path, struct datadir *ret, struct err *err)
{
	char full[PATH_MAX];
	struct datadir d = { .fd = -1, .lock = -1 };

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make the data folder %s", path);
	if (realpath(path, full) == NULL)
		return err_sys(err, "find the data folder %s", path);
	d.fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.fd < 0)
		return err_sys(err, "open the data folder %s", full);
	d.lock = fd_lock_file(d.fd, "lock", "muster-server", err);
	if (d.lock < 0) {
		int r = err_wrap(err, "data folder %s", full);

		fd_close(&d.fd);
		return r;
	}
	d.path = xstrdup(full);
	*ret = d;
	return 0;
}

void datadir_close(struct datadir *d)
{
	fd_close(&d->fd);
	fd_close(&d->lock);
	free(d->path);
	*d = (struct datadir){ .fd = -1, .lock = -1 };
}

int datadir_line(const struct datadir *d, const char *name, void (*make)(char dst[TOKEN_TEXT_SIZE]),
                 char dst[TOKEN_TEXT_SIZE], struct err *err)
{
	char text[TOKEN_TEXT_SIZE + 8];
	ssize_t n = fd_read_file(d->fd, name, text, sizeof(text));

	if (n >= 0 && str_copy(str_trim((struct str){ text, (size_t)n }), dst, TOKEN_TEXT_SIZE) &&
	    dst[0] != '\0')
		return 0;
	if (n < 0 && n != -ENOENT && n != -EFBIG)
		return err_set(err, (int)n, "read %s/%s: %s", d->path, name, strerror((int)-n));
	make(dst);
	return fd_replace_file(d->fd, name, str_of(dst), 0600, err);
}

bool datadir_setup_token(const struct datadir *d, char dst[TOKEN_TEXT_SIZE])
{
	char text[LINK_MAX_BYTES];
	ssize_t n = fd_read_file(d->fd, "setup-link", text, sizeof(text));
	struct str rest = { text, n > 0 ? (size_t)n : 0 }, url;

	return str_cut(&rest, '#', &url) && str_copy(str_trim(rest), dst, TOKEN_TEXT_SIZE) &&
	       dst[0] != '\0';
}

int datadir_setup_link(const struct datadir *d, const char *link, struct err *err)
{
	AUTO_BUF struct buf text = BUF(LINK_MAX_BYTES - 1);

	buf_printf(&text, "%s\n", link);
	if (text.over)
		return err_set(err, -ENAMETOOLONG, "the address in the setup link is too long");
	return fd_replace_file(d->fd, "setup-link", buf_as_str(&text), 0600, err);
}

void datadir_remove(const struct datadir *d, const char *name)
{
	(void)unlinkat(d->fd, name, 0);
}

int datadir_server_json(const struct datadir *d, const char *url, const struct datadir_redis *redis,
                        struct err *err)
{
	AUTO_BUF struct buf text = BUF(FILE_MAX_BYTES);
	struct jw j = JW(&text);
	const struct bus_address *a = redis->server;

	jw_obj(&j);
	jw_kstr(&j, "url", str_of(url));
	jw_ki64(&j, "pid", getpid());
	jw_kstr(&j, "version", STR(MUSTER_VERSION));
	jw_key(&j, "redis");
	jw_obj(&j);
	if (a->scheme == BUS_UNIX) {
		jw_kstr(&j, "socket", str_of(a->path));
	} else {
		jw_kstr(&j, "host", str_of(a->host));
		jw_ki64(&j, "port", a->port);
		jw_kbool(&j, "tls", a->scheme == BUS_TLS);
		if (redis->ca != NULL)
			jw_kstr(&j, "ca", str_of(redis->ca));
	}
	jw_ki64(&j, "db", a->db);
	if (a->user[0] != '\0')
		jw_kstr(&j, "user", str_of(a->user));
	if (secret_is_set(&a->password))
		jw_kstr(&j, "password", secret_reveal(&a->password));
	jw_end_obj(&j);
	jw_end_obj(&j);
	buf_char(&text, '\n');
	int r = text.over ? err_set(err, -ENAMETOOLONG, "server.json would be too long")
	                  : fd_replace_file(d->fd, "server.json", buf_as_str(&text), 0600, err);
	explicit_bzero(text.p, text.len);
	return r;
}

/* In double quotes, which the reader takes off again. */
static void add_line(struct buf *b, const char *name, struct str value)
{
	buf_printf(b, "%s = \"", name);
	buf_str(b, value);
	buf_puts(b, "\"\n");
}

static void add_address(struct buf *b, const struct bus_address *a)
{
	AUTO_BUF struct buf text = BUF(512);
	bool is_v6 = strchr(a->host, ':') != NULL;

	if (a->scheme == BUS_UNIX) {
		buf_printf(&text, a->db != 0 ? "unix://%s?db=%u" : "unix:%s", a->path, a->db);
	} else {
		buf_puts(&text, a->scheme == BUS_TLS ? "rediss://" : "redis://");
		buf_printf(&text, is_v6 ? "[%s]:%u" : "%s:%u", a->host, a->port);
		if (a->db != 0)
			buf_printf(&text, "/%u", a->db);
	}
	add_line(b, "redis", buf_as_str(&text));
}

int datadir_agent_ini(const struct datadir *d, const struct datadir_redis *redis, struct err *err)
{
	AUTO_BUF struct buf text = BUF(FILE_MAX_BYTES);
	const struct bus_address *a = redis->agent;

	buf_puts(&text, "# Written by muster-server at each start: how the agent of this machine "
	                "reaches Redis.\n");
	add_address(&text, a);
	if (a->user[0] != '\0')
		add_line(&text, "user", str_of(a->user));
	if (secret_is_set(&a->password))
		add_line(&text, "password", secret_reveal(&a->password));
	if (redis->ca != NULL)
		add_line(&text, "ca", str_of(redis->ca));
	int r = text.over
	                ? err_set(err, -ENAMETOOLONG, "client-daemon.ini would be too long")
	                : fd_replace_file(d->fd, "client-daemon.ini", buf_as_str(&text), 0600, err);
	explicit_bzero(text.p, text.len);
	return r;
}
