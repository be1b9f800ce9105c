/*
 * facts.c - reading what seldom changes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"

enum { TEXT_SIZE = 16384, NAME_SIZE = 64, CARDS_MAX = 64 };

/* At most the beginning of a file: cpuinfo of a large machine is long, and what we want stands first. */
static struct str read_start(int root, const char *path, char *text, size_t size)
{
	AUTO_CLOSE int fd = fd_open_read(root, path);
	ssize_t n = fd >= 0 ? fd_read_all(fd, text, size) : 0;

	return (struct str){ text, n > 0 ? (size_t)n : 0 };
}

/* The value behind "key" and `sep` at the beginning of a line. */
static struct str value_of(struct str text, struct str key, char sep)
{
	struct str line, name;

	while (str_line(&text, &line))
		if (str_cut(&line, sep, &name) && str_eq(str_trim(name), key))
			return str_trim(line);
	return (struct str){ "", 0 };
}

static bool is_comment(struct str word)
{
	return word.len != 0 && word.p[0] == '#';
}

struct str facts_full_name(struct str hosts, struct str name)
{
	struct str line, word;

	if (str_find(name, '.') < name.len)
		return name;
	while (str_line(&hosts, &line)) {
		if (!str_word(&line, &word) || is_comment(word))
			continue;
		while (str_word(&line, &word) && !is_comment(word))
			if (word.len > name.len + 1 && str_starts(word, name) &&
			    word.p[name.len] == '.')
				return word;
	}
	return name;
}

static void unquote(struct str s, char *dst, size_t size)
{
	size_t n = 0;
	bool quoted = s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0];

	if (quoted)
		s = (struct str){ s.p + 1, s.len - 2 };
	for (size_t i = 0; i < s.len && n + 1 < size; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		dst[n++] = s.p[i];
	}
	dst[n] = '\0';
}

void facts_os_name(struct str release, char *dst, size_t size)
{
	struct str pretty = value_of(release, STR("PRETTY_NAME"), '=');

	unquote(pretty.len != 0 ? pretty : value_of(release, STR("NAME"), '='), dst, size);
}

void facts_mac_of(int root, const char *name, char dst[18])
{
	char path[NAME_SIZE + 40], text[64];

	dst[0] = '\0';
	int len = snprintf(path, sizeof(path), "sys/class/net/%s/address", name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return;
	ssize_t n = fd_read_file(root, path, text, sizeof(text));
	struct str mac = str_trim((struct str){ text, n > 0 ? (size_t)n : 0 });
	if (mac.len == 17 && !str_is(mac, "00:00:00:00:00:00"))
		(void)str_copy(mac, dst, 18);
}

struct card {
	char name[NAME_SIZE];
	char mac[18];
	bool hardware;
};

static int by_name(const void *a, const void *b)
{
	const struct card *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static size_t list_cards(int root, struct card *cards)
{
	size_t n = 0;
	int fd = openat(root, "sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	if (list == NULL) {
		fd_close(&fd);
		return 0;
	}
	for (struct dirent *e; n < CARDS_MAX && (e = readdir(list)) != NULL;) {
		char device[NAME_SIZE + 8];
		struct stat st;

		if (e->d_name[0] == '.' || !str_copy(str_of(e->d_name), cards[n].name, NAME_SIZE))
			continue;
		facts_mac_of(root, e->d_name, cards[n].mac);
		(void)snprintf(device, sizeof(device), "%s/device", cards[n].name);
		cards[n].hardware = fstatat(dirfd(list), device, &st, 0) == 0;
		n += cards[n].mac[0] != '\0';
	}
	(void)closedir(list);
	qsort(cards, n, sizeof(*cards), by_name);
	return n;
}

/* Of hardware; where there is none (containers), of whatever there is. */
static void read_macs(int root, char *dst, size_t size)
{
	AUTO_FREE struct card *cards = xcalloc(CARDS_MAX, sizeof(*cards));
	size_t n = list_cards(root, cards), used = 0;
	bool any_hardware = false;

	for (size_t i = 0; i < n; i++)
		any_hardware |= cards[i].hardware;
	dst[0] = '\0';
	for (size_t i = 0; i < n && used + 19 < size; i++)
		if (cards[i].hardware == any_hardware)
			used += (size_t)snprintf(dst + used, size - used, "%s%s",
			                         used != 0 ? "," : "", cards[i].mac);
}

static void read_names(int root, char *text, struct facts *f)
{
	struct utsname u;
	struct str hosts = read_start(root, "etc/hosts", text, TEXT_SIZE);

	if (uname(&u) < 0)
		return;
	(void)str_copy(str_of(u.release), f->kernel, sizeof(f->kernel));
	(void)str_copy(str_of(u.machine), f->arch, sizeof(f->arch));
	/* A longer full name than fits is no host name; the short one always fits. */
	if (!str_copy(facts_full_name(hosts, str_of(u.nodename)), f->hostname, sizeof(f->hostname)))
		(void)str_copy(str_of(u.nodename), f->hostname, sizeof(f->hostname));
}

static void read_cpu(int root, char *text, char *dst, size_t size)
{
	static const char *const keys[] = { "model name", "Model", "Hardware",
		                            "cpu model",  "cpu",   "machine" };
	struct str info = read_start(root, "proc/cpuinfo", text, TEXT_SIZE);

	for (size_t i = 0; i < COUNT_OF(keys) && dst[0] == '\0'; i++)
		unquote(value_of(info, str_of(keys[i]), ':'), dst, size);
}

/* "cpu0 ...", "cpu1 ..." and later "btime N". */
static void read_stat(int root, struct facts *f)
{
	enum { STAT_MAX = 1 << 20 };
	AUTO_FREE char *text = xcalloc(STAT_MAX, 1);
	struct str stat = read_start(root, "proc/stat", text, STAT_MAX), line;
	struct str boot = value_of(stat, STR("btime"), ' ');
	uint64_t s;

	if (str_u64(boot, &s) && s < (uint64_t)INT64_MAX / 1000)
		f->boot_ms = (int64_t)s * 1000;
	while (str_line(&stat, &line))
		f->cores += line.len > 3 && str_starts(line, STR("cpu")) && line.p[3] != ' ';
}

void facts_read(int root, const char *sn, struct facts *ret)
{
	AUTO_FREE char *text = xcalloc(TEXT_SIZE, 1);
	uint64_t kb;
	struct str s, word;

	*ret = (struct facts){ 0 };
	(void)str_copy(str_of(sn), ret->sn, sizeof(ret->sn));
	read_names(root, text, ret);
	read_macs(root, ret->macs, sizeof(ret->macs));
	s = read_start(root, "etc/os-release", text, TEXT_SIZE);
	if (s.len == 0)
		s = read_start(root, "usr/lib/os-release", text, TEXT_SIZE);
	facts_os_name(s, ret->os, sizeof(ret->os));
	read_cpu(root, text, ret->cpu, sizeof(ret->cpu));
	s = value_of(read_start(root, "proc/meminfo", text, TEXT_SIZE), STR("MemTotal"), ':');
	if (str_word(&s, &word) && str_u64(word, &kb) && kb <= (uint64_t)INT64_MAX)
		ret->mem_kb = (int64_t)kb;
	read_stat(root, ret);
}
