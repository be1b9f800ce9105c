/*
 * account.c - looking a user up in /etc/passwd.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/keeper/account.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"

enum { PASSWD_MAX_BYTES = 4 << 20 };

/* "name:password:uid:gid:..."; false for other shapes and for ids that stand for "none". */
static bool read_line(struct str line, struct str name, struct account *ret)
{
	struct str field, uid_text, gid_text;
	uint64_t uid, gid;

	if (!str_cut(&line, ':', &field) || !str_eq(field, name) || !str_cut(&line, ':', &field) ||
	    !str_cut(&line, ':', &uid_text) || !str_cut(&line, ':', &gid_text))
		return false;
	if (!str_u64(uid_text, &uid) || !str_u64(gid_text, &gid) || uid >= UINT32_MAX ||
	    gid >= UINT32_MAX)
		return false;
	*ret = (struct account){ .uid = (uid_t)uid, .gid = (gid_t)gid };
	return true;
}

bool account_parse(struct str passwd, struct str name, struct account *ret)
{
	struct str line;

	while (str_line(&passwd, &line))
		if (read_line(line, name, ret))
			return true;
	return false;
}

int account_find(const char *name, struct account *ret, struct err *err)
{
	size_t size = (size_t)64 << 10;
	ssize_t n;
	AUTO_FREE char *text = NULL;

	do {
		text = xrealloc(text, size, 1);
		n = fd_read_file(AT_FDCWD, "/etc/passwd", text, size);
		size *= 4;
	} while (n == -EFBIG && size <= PASSWD_MAX_BYTES);
	if (n < 0)
		return err_set(err, (int)n, "read /etc/passwd: %s", strerror((int)-n));
	if (!account_parse((struct str){ text, (size_t)n }, str_of(name), ret))
		return err_set(err, -ENOENT, "there is no user '%s'", name);
	return 0;
}
