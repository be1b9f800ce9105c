/*
 * mounts.c - which file systems of a host are worth a number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect/mounts.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/worker/collect/scan.h"
#include "base/mem.h"

enum kind { NONE, LOCAL, LOCAL_SLOW, REMOTE, OVERLAY };

/* A line of the text, escapes not yet resolved. */
struct line {
	struct str dev, root, point, type, source;
	enum kind kind;
};

struct lines {
	struct line *p;
	size_t n, cap;
};

static const struct {
	const char *type;
	enum kind kind;
} kinds[] = {
	{ "ext4", LOCAL },         { "xfs", LOCAL },
	{ "btrfs", LOCAL },        { "ext3", LOCAL },
	{ "ext2", LOCAL },         { "vfat", LOCAL },
	{ "zfs", LOCAL },          { "bcachefs", LOCAL },
	{ "f2fs", LOCAL },         { "exfat", LOCAL },
	{ "msdos", LOCAL },        { "ntfs3", LOCAL },
	{ "ntfs", LOCAL },         { "jfs", LOCAL },
	{ "reiserfs", LOCAL },     { "nilfs2", LOCAL },
	{ "ufs", LOCAL },          { "hfs", LOCAL },
	{ "hfsplus", LOCAL },      { "minix", LOCAL },
	{ "ubifs", LOCAL },        { "jffs2", LOCAL },
	{ "fuse", REMOTE },        { "fuseblk", LOCAL_SLOW },
	{ "ocfs2", LOCAL_SLOW },   { "gfs2", LOCAL_SLOW },
	{ "nfs", REMOTE },         { "nfs4", REMOTE },
	{ "cifs", REMOTE },        { "smb3", REMOTE },
	{ "smbfs", REMOTE },       { "ncpfs", REMOTE },
	{ "afs", REMOTE },         { "ceph", REMOTE },
	{ "lustre", REMOTE },      { "glusterfs", REMOTE },
	{ "gpfs", REMOTE },        { "beegfs", REMOTE },
	{ "orangefs", REMOTE },    { "9p", REMOTE },
	{ "virtiofs", REMOTE },    { "overlay", OVERLAY },
	{ "overlayfs", OVERLAY },  { "aufs", OVERLAY },
	{ "squashfs", NONE },      { "iso9660", NONE },
	{ "erofs", NONE },         { "cramfs", NONE },
	{ "romfs", NONE },         { "fuse.gvfsd-fuse", NONE },
	{ "fuse.portal", NONE },   { "fuse.lxcfs", NONE },
	{ "fuse.snapfuse", NONE }, { "fuse.squashfuse", NONE },
	{ "devtmpfs", NONE },
};

static enum kind kind_of(struct str type, struct str source)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_is(type, kinds[i].type))
			return kinds[i].kind;
	if (str_starts(type, STR("fuse.")))
		return REMOTE;
	/* What we do not know may have a program or a wire behind it, whatever its source looks like. */
	return str_starts(source, STR("/dev/")) ? LOCAL_SLOW : NONE;
}

static int parse_line(struct str text, struct line *ret, struct err *err)
{
	struct str whole = scan_sample(text), word;
	uint64_t ids[2];

	if (scan_numbers(&text, ids, 2) != 2 || !str_word(&text, &ret->dev) ||
	    !str_word(&text, &ret->root) || !str_word(&text, &ret->point) ||
	    !str_word(&text, &word))
		return err_set(err, -EPROTO, "bad line '%.*s'", (int)whole.len, whole.p);
	do {
		if (!str_word(&text, &word))
			return err_set(err, -EPROTO, "no '-' in line '%.*s'", (int)whole.len,
			               whole.p);
	} while (!str_is(word, "-"));
	if (!str_word(&text, &ret->type))
		return err_set(err, -EPROTO, "no type in line '%.*s'", (int)whole.len, whole.p);
	/* A source may be empty, and is then missing. */
	if (!str_word(&text, &ret->source))
		ret->source = STR("");
	ret->kind = kind_of(ret->type, ret->source);
	return 0;
}

static int parse_lines(struct str text, struct lines *ret, struct err *err)
{
	struct str line;

	while (scan_line(&text, &line) && ret->n < MOUNTS_MAX_LINES) {
		if (ret->n == ret->cap)
			ret->p = xgrow(ret->p, &ret->cap, ret->n + 1, sizeof(ret->p[0]));
		int r = parse_line(line, &ret->p[ret->n], err);
		if (r < 0)
			return r;
		ret->n++;
	}
	return 0;
}

/* Under a later mount at the same place nobody sees the earlier one. */
static bool is_hidden(const struct lines *all, size_t i)
{
	for (size_t k = i + 1; k < all->n; k++)
		if (str_eq(all->p[k].point, all->p[i].point))
			return true;
	return false;
}

static struct str pool_of(struct str source)
{
	source.len = str_find(source, '/');
	return source;
}

static bool is_same_storage(const struct line *a, const struct line *b)
{
	if (str_eq(a->dev, b->dev))
		return true;
	if (!str_eq(a->type, b->type))
		return false;
	if (str_is(a->type, "zfs"))
		return str_eq(pool_of(a->source), pool_of(b->source));
	return str_is(a->type, "btrfs") && str_eq(a->source, b->source);
}

static bool is_better(const struct line *a, const struct line *b)
{
	bool a_whole = str_is(a->root, "/"), b_whole = str_is(b->root, "/");

	if (a_whole != b_whole)
		return a_whole;
	return a->point.len < b->point.len;
}

/* Whether the way to `point` leads through a mount that may block. */
static bool has_slow_way(const struct lines *all, struct str point)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct line *l = &all->p[i];

		if (l->kind != REMOTE && l->kind != LOCAL_SLOW && !str_is(l->type, "autofs"))
			continue;
		if (point.len > l->point.len && str_starts(point, l->point) &&
		    (point.p[l->point.len] == '/' || str_is(l->point, "/")))
			return true;
	}
	return false;
}

static char *unescape(struct str s)
{
	char *text = str_dup(s), *to = text;

	for (size_t i = 0; i < s.len; i++) {
		unsigned v = 0;
		size_t k = 0;

		if (s.p[i] == '\\' && s.len - i >= 4)
			for (k = 0; k < 3 && s.p[i + 1 + k] >= '0' && s.p[i + 1 + k] <= '7'; k++)
				v = v * 8 + (unsigned)(s.p[i + 1 + k] - '0');
		if (k == 3 && v != 0 && v < 256) {
			*to++ = (char)v;
			i += 3;
		} else {
			*to++ = s.p[i];
		}
	}
	*to = '\0';
	return text;
}

static size_t choose(const struct lines *all, const struct line **chosen)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct line *l = &all->p[i];
		size_t k = 0;

		if (l->kind == NONE || (l->kind == OVERLAY && !str_is(l->point, "/")) ||
		    is_hidden(all, i))
			continue;
		while (k < n && !is_same_storage(chosen[k], l))
			k++;
		if (k == n && n < MOUNTS_MAX)
			chosen[n++] = l;
		else if (k < n && is_better(l, chosen[k]))
			chosen[k] = l;
	}
	return n;
}

int mounts_parse(struct str text, struct mounts *ret, struct err *err)
{
	const struct line *chosen[MOUNTS_MAX];
	struct lines all = { 0 };
	int r = parse_lines(text, &all, err);

	if (r == 0) {
		size_t n = choose(&all, chosen);

		ret->p = xcalloc(n, sizeof(ret->p[0]));
		ret->n = n;
		for (size_t i = 0; i < n; i++) {
			const struct line *l = chosen[i];

			ret->p[i] = (struct mount){
				.point = unescape(l->point),
				.device = unescape(l->source),
				.type = unescape(l->type),
				.remote = l->kind == REMOTE,
				.may_block = l->kind == REMOTE || l->kind == LOCAL_SLOW ||
				             has_slow_way(&all, l->point),
			};
		}
	}
	free(all.p);
	return r;
}

void mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->p[i].point);
		free(m->p[i].device);
		free(m->p[i].type);
	}
	free(m->p);
	*m = (struct mounts){ 0 };
}
