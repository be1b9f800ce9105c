/*
 * disk - reads and writes of each block device, and of all disks together.
 *
 * /proc/diskstats has a line for each device and partition:
 *	254 0 vda reads merged sectors ms writes merged sectors ms in-flight ms weighted-ms
 * then discards (since 4.18) and flushes (since 5.5). A sector is 512 bytes
 * whatever the disk says. Policy:
 *	- loop, ram, fd and sr devices are left out: they are files, memory, or idle;
 *	- partitions get their reads and writes only (disk.part_*);
 *	- device mapper, md, drbd and bcache stand on other disks and zram on memory: they are
 *	  reported, but not summed, so that every byte counts once.
 * What is a partition says /sys/block (only whole devices are in it), else the name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/devices.h"
#include "agent/worker/collect/scan.h"
#include "base/fd.h"

enum { LOOK_CYCLES = 60, SECTOR = 512, MAX_FIELDS = 17, MIN_FIELDS = 11 };
enum { NOT_WANTED = 1, WHOLE, STACKED, PARTITION }; /* device.kind */
enum { SIZE };                                      /* device.facts */

/* Fields behind the name. */
enum {
	READS,
	READS_MERGED,
	READ_SECTORS,
	READ_MS,
	WRITES,
	WRITES_MERGED,
	WRITE_SECTORS,
	WRITE_MS,
	IN_FLIGHT,
	IO_MS,
	WEIGHTED_MS,
	DISCARDS,
	DISCARDS_MERGED,
	DISCARD_SECTORS,
	DISCARD_MS,
	FLUSHES,
	FLUSH_MS
};

enum { N_ALL = 6, N_PART = 4, AT_PART = N_ALL, AT_DISK = AT_PART + N_PART, AT_SIZE = AT_DISK + 15 };

#define DISK(name, unit, decimals, field, help)                                                    \
	{                                                                                          \
		"disk." name, METRIC_COUNTER, decimals, unit, "device", "/proc/diskstats " field,  \
			help                                                                       \
	}
#define ALL(name, unit, decimals, help)                                                            \
	{                                                                                          \
		"disk.all_" name, METRIC_COUNTER, decimals, unit, NULL, "/proc/diskstats", help    \
	}

static const struct metric metrics[AT_SIZE + 1] = {
	ALL("read_count", "1", 0, "Reads of all disks, each counted once."),
	ALL("write_count", "1", 0, "Writes of all disks."),
	ALL("read_bytes", "B", 0, "Bytes read from all disks."),
	ALL("write_bytes", "B", 0, "Bytes written to all disks."),
	ALL("read_time", "s", 3, "Time reads of all disks took, added up."),
	ALL("write_time", "s", 3, "Time writes of all disks took, added up."),
	DISK("part_read_count", "1", 0, "field 4", "Reads of a partition."),
	DISK("part_write_count", "1", 0, "field 8", "Writes of a partition."),
	DISK("part_read_bytes", "B", 0, "field 6", "Bytes read from a partition."),
	DISK("part_write_bytes", "B", 0, "field 10", "Bytes written to a partition."),
	DISK("read_count", "1", 0, "field 4", "Reads finished."),
	DISK("write_count", "1", 0, "field 8", "Writes finished."),
	DISK("read_bytes", "B", 0, "field 6", "Bytes read."),
	DISK("write_bytes", "B", 0, "field 10", "Bytes written."),
	DISK("read_time", "s", 3, "field 7", "Time reads took, added up."),
	DISK("write_time", "s", 3, "field 11", "Time writes took, added up."),
	DISK("read_merged", "1", 0, "field 5", "Reads joined to a neighbour before they went out."),
	DISK("write_merged", "1", 0, "field 9", "Writes joined to a neighbour."),
	{ "disk.in_flight", METRIC_GAUGE, 0, "1", "device", "/proc/diskstats field 12",
	  "Requests on their way." },
	DISK("io_time", "s", 3, "field 13", "Time the device was busy."),
	DISK("queue_time", "s", 3, "field 14", "Time requests spent waiting and served, added up."),
	DISK("discard_count", "1", 0, "field 15", "Discards finished (since 4.18)."),
	DISK("discard_bytes", "B", 0, "field 17", "Bytes discarded (since 4.18)."),
	DISK("flush_count", "1", 0, "field 19", "Flushes finished (since 5.5)."),
	DISK("flush_time", "s", 3, "field 20", "Time flushes took, added up (since 5.5)."),
	[AT_SIZE] = { "disk.size", METRIC_GAUGE, 0, "B", "device", "/sys/block/DEVICE/size",
	              "Size of the device." },
};

/* Which field each metric from AT_DISK on shows, and what it is multiplied by. */
static const struct {
	uint8_t field;
	uint16_t factor;
} shown[AT_SIZE - AT_DISK] = {
	{ READS, 1 },
	{ WRITES, 1 },
	{ READ_SECTORS, SECTOR },
	{ WRITE_SECTORS, SECTOR },
	{ READ_MS, 1 },
	{ WRITE_MS, 1 },
	{ READS_MERGED, 1 },
	{ WRITES_MERGED, 1 },
	{ IN_FLIGHT, 1 },
	{ IO_MS, 1 },
	{ WEIGHTED_MS, 1 },
	{ DISCARDS, 1 },
	{ DISCARD_SECTORS, SECTOR },
	{ FLUSHES, 1 },
	{ FLUSH_MS, 1 },
};

struct disk {
	struct source *file;
	struct devices devices;
	uint64_t sums[N_ALL];
	bool ran;
};

struct disk_row {
	struct str name;
	uint64_t v[MAX_FIELDS];
	size_t n; /* fields there are */
};

/* Name first; the numbers only if the device is wanted, see disk_parse_numbers(). */
static int disk_parse_name(struct str *line, struct disk_row *ret, struct err *err)
{
	struct str all = scan_sample(*line);
	uint64_t major, minor;

	if (!scan_u64(line, &major) || !scan_u64(line, &minor) || !str_word(line, &ret->name))
		return err_set(err, -EPROTO, "want major, minor and a name in '%.*s'", (int)all.len,
		               all.p);
	return 0;
}

static int disk_parse_numbers(struct str line, struct disk_row *ret, struct err *err)
{
	struct str name = scan_sample(ret->name);

	ret->n = scan_numbers(&line, ret->v, MAX_FIELDS);
	if (ret->n < MIN_FIELDS)
		return err_set(err, -EPROTO, "want %d numbers for '%.*s'", MIN_FIELDS,
		               (int)name.len, name.p);
	/* Nonsense must not wrap around when it becomes bytes. */
	static const uint8_t sectors[] = { READ_SECTORS, WRITE_SECTORS, DISCARD_SECTORS };
	for (size_t i = 0; i < COUNT_OF(sectors) && sectors[i] < ret->n; i++)
		if (ret->v[sectors[i]] > UINT64_MAX / SECTOR)
			ret->v[sectors[i]] = UINT64_MAX / SECTOR;
	return 0;
}

/*
 * "sda1", "nvme0n1p2", "mmcblk0p1", "cciss/c0d0p1": what a partition looks like where sysfs is
 * missing.
 */
static bool looks_like_partition(struct str name)
{
	size_t digits = 0;

	while (digits < name.len && isdigit((unsigned char)name.p[name.len - 1 - digits]))
		digits++;
	if (digits == 0 || digits == name.len)
		return false;
	struct str stem = { name.p, name.len - digits };
	if (str_starts(name, STR("sd")) || str_starts(name, STR("hd")) ||
	    str_starts(name, STR("vd")) || str_starts(name, STR("xvd")))
		return true;
	return stem.len >= 2 && stem.p[stem.len - 1] == 'p' &&
	       isdigit((unsigned char)stem.p[stem.len - 2]);
}

static bool starts_with_any(struct str name, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_starts(name, str_of(*words)))
			return true;
	return false;
}

/*
 * The device's folder in /sys/block; a slash in the name is a '!' there. False when it has no place
 * in a path.
 */
static bool block_path(const struct device *dev, const char *what, char *path, size_t size)
{
	int n = snprintf(path, size, "sys/block/%s", dev->name);

	if (n < 0 || (size_t)n >= size || dev->name[0] == '.')
		return false;
	for (char *p = path + sizeof("sys/block/") - 1; *p != '\0'; p++)
		if (*p == '/')
			*p = '!';
	int m = snprintf(path + n, size - (size_t)n, "%s", what);
	return m >= 0 && (size_t)m < size - (size_t)n;
}

static bool is_empty_dir(int root, const char *path)
{
	AUTO_CLOSE int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(FD_GIVE(fd));
	bool empty = true;

	if (dir == NULL)
		return true;
	for (struct dirent *e; empty && (e = readdir(dir)) != NULL;)
		empty = e->d_name[0] == '.';
	(void)closedir(dir);
	return empty;
}

static int kind_of(const struct collect_cx *cx, const struct device *dev)
{
	static const char *const unwanted[] = { "loop", "ram", "fd", "sr", NULL };
	static const char *const stacked[] = { "dm-", "md", "drbd", "bcache", "zram", NULL };
	struct str name = { dev->name, dev->len };
	char path[384];

	if (starts_with_any(name, unwanted))
		return NOT_WANTED;
	bool whole =
		block_path(dev, "", path, sizeof(path)) && faccessat(cx->root, path, F_OK, 0) == 0;
	if (!whole && faccessat(cx->root, "sys/block", F_OK, 0) == 0)
		return PARTITION;
	if (!whole && looks_like_partition(name))
		return PARTITION;
	if (starts_with_any(name, stacked))
		return STACKED;
	return block_path(dev, "/slaves", path, sizeof(path)) && !is_empty_dir(cx->root, path)
	               ? STACKED
	               : WHOLE;
}

static void look(const struct collect_cx *cx, struct device *dev, size_t index)
{
	char path[384], text[64];
	int64_t sectors;

	if (dev->is_new)
		dev->kind = kind_of(cx, dev);
	if (dev->kind == NOT_WANTED || dev->kind == PARTITION || cx->cycle < dev->look_at)
		return;
	dev->look_at = cx->cycle + LOOK_CYCLES + (dev->is_new ? index % LOOK_CYCLES : 0);
	dev->facts[SIZE] = SAMPLE_ABSENT;
	if (!block_path(dev, "/size", path, sizeof(path)))
		return;
	ssize_t n = fd_read_file(cx->root, path, text, sizeof(text));
	if (n > 0 && str_i64(str_trim((struct str){ text, (size_t)n }), &sectors) && sectors >= 0 &&
	    sectors < INT64_MAX / SECTOR)
		dev->facts[SIZE] = sectors * SECTOR;
}

static void disk_emit(struct sink *out, const struct device *dev, const struct disk_row *row)
{
	const struct metric *rows = metrics + (dev->kind == PARTITION ? AT_PART : AT_DISK);
	size_t n = dev->kind == PARTITION ? N_PART : COUNT_OF(shown);

	for (size_t i = 0; i < n && shown[i].field < row->n; i++)
		sink_emit_u64(out, &rows[i], dev->tags, row->v[shown[i].field] * shown[i].factor);
	if (dev->kind != PARTITION)
		sink_emit(out, &metrics[AT_SIZE], dev->tags, dev->facts[SIZE]);
}

static int sample_rows(const struct collect_cx *cx, struct disk *d, struct str text,
                       struct sink *out, struct err *err)
{
	struct disk_row row = { .name = STR("") };
	struct str line;

	devices_begin(&d->devices);
	while (scan_line(&text, &line)) {
		int r = disk_parse_name(&line, &row, err);

		if (r < 0)
			return r;
		struct device *dev = devices_next(&d->devices, "device", row.name);
		if (dev == NULL)
			continue;
		look(cx, dev, d->devices.cursor);
		if (dev->kind != NOT_WANTED) {
			r = disk_parse_numbers(line, &row, err);
			if (r < 0)
				return r;
			if (dev->kind == WHOLE)
				device_add(dev,
				           (uint64_t[]){ row.v[READS], row.v[WRITES],
				                         row.v[READ_SECTORS] * SECTOR,
				                         row.v[WRITE_SECTORS] * SECTOR,
				                         row.v[READ_MS], row.v[WRITE_MS] },
				           N_ALL, !d->ran, d->sums);
			disk_emit(out, dev, &row);
		}
		dev->is_new = false;
	}
	devices_end(&d->devices);
	d->ran = true;
	return 0;
}

static int disk_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct disk *d = state;

	(void)err;
	d->file = source_get(cx->sources, "proc/diskstats", SOURCE_PIECES);
	return 0;
}

static void disk_close(void *state)
{
	struct disk *d = state;

	devices_done(&d->devices);
}

static int disk_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct disk *d = state;
	struct str text;

	int r = source_text(d->file, &text, err);
	if (r < 0)
		return r;
	if (sample_rows(cx, d, text, out, err) < 0)
		return err_wrap(err, "parse /proc/diskstats");
	for (size_t i = 0; i < N_ALL; i++)
		sink_emit_u64(out, &metrics[i], NULL, d->sums[i]);
	return 0;
}

const struct collector collector_disk = {
	.name = "disk",
	.summary = "Reads and writes of each block device",
	.source = "/proc/diskstats, /sys/block",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct disk),
	.open = disk_open,
	.sample = disk_sample,
	.close = disk_close,
};
