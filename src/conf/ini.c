/*
 * ini.c - reading ini texts into option tables.
 *
 * Comments behind values are not known on purpose: passwords hold '#' and ';'. Whoever writes one behind a
 * number is told so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "conf/ini_int.h"
#include "conf/option_int.h"

void ini_init(struct ini *ini, struct str text)
{
	*ini = (struct ini){ .rest = text, .text = BUF(INI_MAX_BYTES) };
}

static void forget_text(struct ini *ini)
{
	if (ini->text.p != NULL)
		explicit_bzero(ini->text.p, ini->text.cap);
	buf_reset(&ini->text);
}

void ini_done(struct ini *ini)
{
	forget_text(ini);
	buf_done(&ini->text);
}

/* `s` begins behind the opening quote. */
static int read_quoted(struct ini *ini, struct str s, struct err *err)
{
	size_t i = 0;

	/* At once as large as it can get: growing would leave copies of a secret behind. */
	char *room = buf_room(&ini->text, s.len + 1);
	(void)room;
	for (; i < s.len && s.p[i] != '"'; i++) {
		if (s.p[i] == '\\') {
			i++;
			if (i == s.len || (s.p[i] != '"' && s.p[i] != '\\'))
				return err_set(err, -EINVAL,
				               "only \\\" and \\\\ are known behind a backslash in "
				               "quotes");
		}
		buf_char(&ini->text, s.p[i]);
	}
	if (i == s.len)
		return err_set(err, -EINVAL, "the closing quote is missing");
	if (str_trim(str_skip(s, i + 1)).len != 0)
		return err_set(err, -EINVAL, "there is more behind the closing quote");
	return 0;
}

static int check_bytes(struct str line, struct err *err)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return err_set(err, -EINVAL, "byte %zu is a control character (0x%02x)",
			               i + 1, c);
	}
	return 0;
}

static int read_section(struct str line, struct ini_item *ret, struct err *err)
{
	if (!str_ends(line, STR("]")))
		return err_set(err, -EINVAL, "a section is written [name]");
	struct str name = str_trim((struct str){ line.p + 1, line.len - 2 });
	if (name.len == 0)
		return err_set(err, -EINVAL, "a section without a name");
	*ret = (struct ini_item){ .kind = INI_SECTION, .name = name };
	return 0;
}

static int read_value(struct ini *ini, struct str line, struct ini_item *ret, struct err *err)
{
	struct str name, value = line;

	/* What stands there instead may be a secret: not shown. */
	if (!str_cut(&value, '=', &name))
		return err_set(err, -EINVAL, "want 'name = value'");
	name = str_trim(name);
	value = str_trim(value);
	if (name.len == 0)
		return err_set(err, -EINVAL, "there is no name before the '='");
	if (str_starts(value, STR("\""))) {
		int r = read_quoted(ini, str_skip(value, 1), err);

		if (r < 0)
			return r;
		value = buf_as_str(&ini->text);
	}
	*ret = (struct ini_item){ .kind = INI_VALUE, .name = name, .value = value };
	return 0;
}

int ini_next(struct ini *ini, struct ini_item *ret, struct err *err)
{
	struct str line;

	if (!ini->begun && str_starts(ini->rest, STR("\xef\xbb\xbf")))
		ini->rest = str_skip(ini->rest, 3);
	ini->begun = true;
	forget_text(ini);
	while (str_line(&ini->rest, &line)) {
		ini->line++;
		if (str_ends(line, STR("\r")))
			line.len--;
		int r = check_bytes(line, err);
		if (r < 0)
			return r;
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		return line.p[0] == '[' ? read_section(line, ret, err)
		                        : read_value(ini, line, ret, err);
	}
	*ret = (struct ini_item){ .kind = INI_END };
	return 0;
}

/* One value; `seen` has for each option the line that gave it, 0 = none. */
static int take_value(const struct conf *c, const struct ini *ini, const struct ini_item *item,
                      unsigned *seen, struct err *err)
{
	const struct option_def *def = option_find(c, item->name, OPTION_NO_INI);

	if (def != NULL && seen[def - c->defs] != 0)
		return err_set(err, -EINVAL, "option '%s' was given in line %u already", def->name,
		               seen[def - c->defs]);
	int r = conf_set(c, item->name, item->value, err);
	if (r == 0 && def != NULL)
		seen[def - c->defs] = ini->line;
	return r;
}

static int check_section(struct str name, const char *section, struct err *err)
{
	if (section != NULL && str_is(name, section))
		return 0;
	return err_set(err, -EINVAL, "unknown section [%.*s]%s%s%s",
	               name.len > 40 ? 40 : (int)name.len, name.p,
	               section != NULL ? ", want [" : "", section != NULL ? section : "",
	               section != NULL ? "] or none" : "");
}

int conf_ini(const struct conf *c, struct str text, const char *file, const char *section,
             struct err *err)
{
	AUTO_FREE unsigned *seen = xcalloc(c->n, sizeof(*seen));
	struct ini_item item = { 0 };
	struct ini ini;
	int r;

	ini_init(&ini, text);
	do {
		r = ini_next(&ini, &item, err);
		if (r == 0 && item.kind == INI_SECTION)
			r = check_section(item.name, section, err);
		else if (r == 0 && item.kind == INI_VALUE)
			r = take_value(c, &ini, &item, seen, err);
	} while (r == 0 && item.kind != INI_END);
	if (r < 0)
		r = err_wrap(err, "%s:%u", file, ini.line);
	ini_done(&ini);
	return r;
}

static bool holds_secrets(const struct conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct option_def *def = &c->defs[i];
		const char *text;

		if (!value_is_given(def, c->settings))
			continue;
		if (def->type == OPT_SECRET)
			return true;
		if ((def->flags & OPTION_URL) == 0)
			continue;
		memcpy(&text, (const char *)c->settings + def->offset, sizeof(text));
		if (value_holds_password(def, str_of(text)))
			return true;
	}
	return false;
}

/* The file whole, or -EFBIG; descriptors shared with another process keep their offset. */
static ssize_t read_from_start(int fd, char *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = pread(fd, buf + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)have;
		have += (size_t)n;
	}
	return -EFBIG;
}

int conf_ini_fd(const struct conf *c, int fd, const char *name, const char *section,
                bool *ret_loose, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "%s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s is not a file", name);
	if (st.st_size > INI_MAX_BYTES)
		return err_set(err, -EFBIG, "%s has more than %d bytes", name, INI_MAX_BYTES);
	size_t size = (size_t)st.st_size + 4096; /* it may be growing */
	AUTO_FREE char *text = xcalloc(size, 1);
	ssize_t len = read_from_start(fd, text, size);
	int r = len < 0 ? err_set(err, (int)len, "%s: %s", name, strerror((int)-len))
	                : conf_ini(c, (struct str){ text, (size_t)len }, name, section, err);
	explicit_bzero(text, size);
	if (r == 0 && ret_loose != NULL)
		*ret_loose = (st.st_mode & 077) != 0 && holds_secrets(c);
	return r;
}

int conf_ini_file(const struct conf *c, const char *path, const char *section, bool *ret_loose,
                  struct err *err)
{
	/* A pipe without a writer must not hold us up. */
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(err, "open %s", path);
	return conf_ini_fd(c, fd, path, section, ret_loose, err);
}
