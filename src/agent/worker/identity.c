/*
 * identity.c - keeping the host's id, and noticing when the host under it is another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/rng.h"
#include "conf/option.h"

#define FILE_NAME "identity"

/* The file's lines. */
struct kept {
	char *id, *was, *installation, *machine;
	int64_t created_ms;
};

static const struct option_def lines[] = {
	{ .name = "id", .type = OPT_STRING, .offset = offsetof(struct kept, id) },
	{ .name = "was", .type = OPT_STRING, .offset = offsetof(struct kept, was) },
	{ .name = "created", .type = OPT_INT, .offset = offsetof(struct kept, created_ms) },
	{ .name = "installation",
	  .type = OPT_STRING,
	  .offset = offsetof(struct kept, installation) },
	{ .name = "machine", .type = OPT_STRING, .offset = offsetof(struct kept, machine) },
};

/* One word of printable ASCII, or nothing. */
static void read_mark(struct str text, char dst[IDENTITY_MARK_SIZE])
{
	text = str_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] <= 0x20 || text.p[i] >= 0x7f || text.p[i] == '"')
			text.len = 0;
	(void)str_copy(text, dst, IDENTITY_MARK_SIZE);
}

void identity_marks_read(int root, const char *machine, struct identity_marks *ret)
{
	static const char *const paths[] = { "etc/machine-id", "var/lib/dbus/machine-id" };
	char text[256];

	*ret = (struct identity_marks){ 0 };
	read_mark(str_of(machine), ret->machine);
	for (size_t i = 0; i < COUNT_OF(paths) && ret->installation[0] == '\0'; i++) {
		ssize_t n = fd_read_file(root, paths[i], text, sizeof(text));

		if (n > 0)
			read_mark((struct str){ text, (size_t)n }, ret->installation);
	}
	/* What an image says before its first boot. */
	if (strcmp(ret->installation, "uninitialized") == 0)
		ret->installation[0] = '\0';
}

static bool differ(const char *kept, const char *now)
{
	return kept != NULL && now[0] != '\0' && strcmp(kept, now) != 0;
}

static int store(int dir, const struct identity *id, const struct identity_marks *marks,
                 const struct kept *before, struct err *err)
{
	char text[1024], hex[HOST_ID_TEXT_SIZE], was[HOST_ID_TEXT_SIZE] = "";
	/* A mark that cannot be read now is not forgotten. */
	const char *installation = marks->installation[0] == '\0' && before->installation != NULL
	                                   ? before->installation
	                                   : marks->installation;
	const char *machine = marks->machine[0] == '\0' && before->machine != NULL ? before->machine
	                                                                           : marks->machine;

	host_id_write(id->id, hex);
	if (host_id_is_set(id->was))
		host_id_write(id->was, was);
	int n = snprintf(text, sizeof(text),
	                 "# Which host this is. A copy of this file on another machine makes "
	                 "itself a new id.\n"
	                 "id = %s\nwas = %s\ncreated = %" PRId64
	                 "\ninstallation = %s\nmachine = %s\n",
	                 hex, was, id->created_ms, installation, machine);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_set(err, -ENAMETOOLONG, "identity is too long");
	return fd_replace_file(dir, FILE_NAME, (struct str){ text, (size_t)n }, 0600, err);
}

static void make(struct identity *id, enum identity_news news, int64_t now_ms)
{
	do
		random_bytes(&id->id, sizeof(id->id));
	while (!host_id_is_set(id->id));
	id->created_ms = now_ms;
	id->news = news;
}

/* False when what is kept is no identity. */
static bool take_kept(const struct kept *k, struct identity *id)
{
	if (!host_id_read(str_of(k->id), &id->id))
		return false;
	if (k->was != NULL && !host_id_read(str_of(k->was), &id->was))
		return false;
	id->created_ms = k->created_ms;
	return true;
}

static void judge(const struct kept *k, const struct identity_marks *marks, int64_t now_ms,
                  struct identity *id)
{
	bool installation = differ(k->installation, marks->installation);
	bool machine = differ(k->machine, marks->machine);

	if (installation && machine) {
		id->was = id->id;
		make(id, IDENTITY_COPY, now_ms);
	} else if (installation || machine) {
		id->news = IDENTITY_MOVED;
	}
}

static bool marks_are_kept(const struct kept *k, const struct identity_marks *marks)
{
	bool installation =
		marks->installation[0] == '\0' ||
		(k->installation != NULL && strcmp(k->installation, marks->installation) == 0);
	bool machine = marks->machine[0] == '\0' ||
	               (k->machine != NULL && strcmp(k->machine, marks->machine) == 0);

	return installation && machine;
}

int identity_load(int dir, const struct identity_marks *marks, int64_t now_ms, struct identity *ret,
                  struct err *err)
{
	struct kept kept = { 0 };
	struct conf c = { lines, COUNT_OF(lines), &kept };
	struct identity id = { 0 };
	struct err why = { 0 };
	int r = 0;
	AUTO_CLOSE int fd = fd_open_read(dir, FILE_NAME);

	if (fd == -ENOENT) {
		make(&id, IDENTITY_NEW, now_ms);
	} else if (fd < 0) {
		return err_set(err, fd, "open " FILE_NAME ": %s", strerror(-fd));
	} else if ((r = conf_ini_fd(&c, fd, FILE_NAME, NULL, NULL, &why)) < 0 && r != -EINVAL &&
	           r != -EFBIG) {
		/* A disk that cannot be read now has not lost it. */
		conf_done(&c);
		*err = why;
		return r;
	} else if (r < 0 || !take_kept(&kept, &id)) {
		r = 0;
		(void)renameat(dir, FILE_NAME, dir, FILE_NAME ".bad");
		id = (struct identity){ 0 };
		conf_done(&c);
		make(&id, IDENTITY_LOST, now_ms);
	} else {
		judge(&kept, marks, now_ms, &id);
	}
	if (id.news != IDENTITY_KNOWN || !marks_are_kept(&kept, marks))
		r = store(dir, &id, marks, &kept, err);
	conf_done(&c);
	if (r == 0)
		*ret = id;
	return r;
}

const char *identity_news_text(enum identity_news news)
{
	switch (news) {
	case IDENTITY_NEW:
		return "first start: this host made itself an identity";
	case IDENTITY_MOVED:
		return "this host's hardware or machine-id changed; it keeps its identity";
	case IDENTITY_COPY:
		return "this disk was copied from another host: it made itself an identity of its "
		       "own";
	case IDENTITY_LOST:
		return "the identity kept on disk could not be read; this host made itself a new "
		       "one";
	case IDENTITY_KNOWN:
	default:
		return NULL;
	}
}
