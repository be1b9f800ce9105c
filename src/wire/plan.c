/*
 * plan.c - from a schema to the steps that print the `info` message.
 *
 * Series are found by their metrics' names; those of one device stand together
 * in a schema and share their tags. What a schema lacks becomes null.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/jwrite.h"
#include "base/mem.h"
#include "wire/message.h"
#include "wire/message_int.h"

static const char *const modes[MESSAGE_MODES] = {
	"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"
};

static const double KB = 1024, MB = 1024.0 * 1024;

enum { TAG_ROOM = 65536 }; /* bytes of one tag's value */

struct plan {
	struct message_writer *w;
	const struct schema *s;
	struct jw j;
};

static double power(unsigned n)
{
	double v = 1;

	while (n-- != 0)
		v *= 10;
	return v;
}

static struct step *add_step(struct plan *p, enum step_kind kind)
{
	struct message_writer *w = p->w;

	if (w->n_steps == w->cap_steps)
		w->steps = xgrow(w->steps, &w->cap_steps, w->n_steps + 1, sizeof(w->steps[0]));
	struct step *s = &w->steps[w->n_steps++];
	*s = (struct step){
		.text_len = (uint32_t)(w->text.len - w->text_done),
		.kind = (uint8_t)kind,
		.i = { -1, STEP_NO_OPERAND, STEP_NO_OPERAND, STEP_NO_OPERAND },
		.scale = 1,
	};
	w->text_done = w->text.len;
	/* A value stands here now as far as the next comma is concerned. */
	p->j.comma = kind != STEP_PERCENTS && kind != STEP_CLUSTER;
	return s;
}

/* `series` as value / unit with `decimals`. */
static struct step *add_number(struct plan *p, enum step_kind kind, const char *key,
                               ptrdiff_t series, double unit, unsigned decimals)
{
	jw_key(&p->j, key);
	struct step *s = add_step(p, kind);
	unsigned has = series >= 0 ? p->s->series[series].metric->decimals : 0;

	s->i[0] = (int32_t)series;
	s->decimals = (uint8_t)decimals;
	s->scale = power(decimals) / power(has) / unit;
	return s;
}

static ptrdiff_t by_name(const struct plan *p, const char *name)
{
	return p->s != NULL ? schema_find_name(p->s, name) : -1;
}

/* The series of metric `name` among those that stand with `at` and share its tags. */
static ptrdiff_t beside(const struct plan *p, size_t at, const char *name)
{
	for (size_t i = at; i < p->s->n && p->s->series[i].tags == p->s->series[at].tags; i++)
		if (strcmp(p->s->series[i].metric->name, name) == 0)
			return (ptrdiff_t)i;
	return -1;
}

/* The next tagged series of metric `name` from `*at` on; `*at` then stands behind it. */
static bool next_group(const struct plan *p, const char *name, size_t *at, size_t *ret)
{
	for (; p->s != NULL && *at < p->s->n; ++*at) {
		const struct series *s = &p->s->series[*at];

		if (s->tags != NULL && strcmp(s->metric->name, name) == 0) {
			*ret = (*at)++;
			return true;
		}
	}
	return false;
}

static struct str tag_of(const struct plan *p, size_t at, const char *key, struct buf *room)
{
	const struct tags *t = p->s->series[at].tags;

	buf_reset(room);
	if (!tags_get((struct str){ t->text, t->len }, key, room))
		buf_reset(room);
	return buf_as_str(room);
}

static void add_list(struct plan *p, int32_t series)
{
	struct message_writer *w = p->w;

	if (w->n_lists == w->cap_lists)
		w->lists = xgrow(w->lists, &w->cap_lists, w->n_lists + 1, sizeof(w->lists[0]));
	w->lists[w->n_lists++] = series;
}

static void plan_head(struct plan *p)
{
	static const struct {
		const char *key;
		enum step_kind kind;
	} rows[] = {
		{ "ip", STEP_IP }, { "mac", STEP_MAC }, { "hostname", STEP_HOSTNAME },
		{ "ts", STEP_TS }, { "seq", STEP_SEQ }, { "interval", STEP_INTERVAL },
	};

	add_step(p, STEP_CLUSTER);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		jw_key(&p->j, rows[i].key);
		add_step(p, rows[i].kind);
	}
}

static void plan_load(struct plan *p)
{
	jw_key(&p->j, "load");
	jw_obj(&p->j);
	add_number(p, STEP_VALUE, "w1_avg", by_name(p, "load.1"), 1, 2);
	add_number(p, STEP_VALUE, "w5_avg", by_name(p, "load.5"), 1, 2);
	add_number(p, STEP_VALUE, "w15_avg", by_name(p, "load.15"), 1, 2);
	jw_end_obj(&p->j);
}

/* The ten shares of the modes that start at `at`; as many as stand there with the same tags. */
static void plan_modes(struct plan *p, ptrdiff_t at, const char *prefix)
{
	struct step *s = add_step(p, STEP_PERCENTS);
	size_t n = 0;

	s->i[0] = (int32_t)at;
	for (; at >= 0 && n < MESSAGE_MODES && (size_t)at + n < p->s->n; n++) {
		const struct series *one = &p->s->series[(size_t)at + n];

		if (one->tags != p->s->series[at].tags ||
		    strncmp(one->metric->name, prefix, strlen(prefix)) != 0 ||
		    strcmp(one->metric->name + strlen(prefix), modes[n]) != 0)
			break;
	}
	s->n_list = (uint32_t)n;
	for (size_t i = 0; i < MESSAGE_MODES; i++) {
		jw_key(&p->j, modes[i]);
		add_step(p, STEP_PERCENT)->i[0] = (int32_t)i;
	}
}

static void plan_cpu(struct plan *p)
{
	size_t at = 0, core;

	jw_key(&p->j, "cpu");
	jw_obj(&p->j);
	plan_modes(p, by_name(p, "cpu.user"), "cpu.");
	add_number(p, STEP_VALUE, "count", by_name(p, "cpu.count"), 1, 0);
	jw_key(&p->j, "cores");
	jw_arr(&p->j);
	while (next_group(p, "cpu.core_user", &at, &core)) {
		jw_obj(&p->j);
		plan_modes(p, (ptrdiff_t)core, "cpu.core_");
		jw_end_obj(&p->j);
	}
	jw_end_arr(&p->j);
	jw_end_obj(&p->j);
}

static void plan_mem(struct plan *p)
{
	struct message_writer *w = p->w;
	struct step *s;

	w->mem_total = (int32_t)by_name(p, "mem.total");
	w->mem_available = (int32_t)by_name(p, "mem.available");
	w->mem_free = (int32_t)by_name(p, "mem.free");
	w->mem_buffers = (int32_t)by_name(p, "mem.buffers");
	w->mem_cached = (int32_t)by_name(p, "mem.cached");
	jw_key(&p->j, "mem");
	jw_obj(&p->j);
	add_number(p, STEP_VALUE, "total", w->mem_total, MB, 2);
	add_number(p, STEP_LESS, "used", w->mem_total, MB, 2)->i[1] = w->mem_free;
	s = add_number(p, STEP_LESS, "abs_used", w->mem_total, MB, 2);
	s->i[1] = w->mem_free;
	s->i[2] = w->mem_buffers;
	s->i[3] = w->mem_cached;
	add_number(p, STEP_VALUE, "free", w->mem_free, MB, 2);
	add_number(p, STEP_VALUE, "buffers", w->mem_buffers, MB, 2);
	add_number(p, STEP_VALUE, "cached", w->mem_cached, MB, 2);
	add_number(p, STEP_VALUE, "active", by_name(p, "mem.active"), MB, 2);
	add_number(p, STEP_VALUE, "inactive", by_name(p, "mem.inactive"), MB, 2);
	add_number(p, STEP_LESS, "swap_used", by_name(p, "mem.swap_total"), MB, 2)->i[1] =
		(int32_t)by_name(p, "mem.swap_free");
	add_number(p, STEP_VALUE, "available", w->mem_available, MB, 2);
	add_number(p, STEP_VALUE, "swap_total", by_name(p, "mem.swap_total"), MB, 2);
	add_number(p, STEP_VALUE, "shared", by_name(p, "mem.shared"), MB, 2);
	add_number(p, STEP_VALUE, "dirty", by_name(p, "mem.dirty"), MB, 2);
	add_number(p, STEP_VALUE, "slab", by_name(p, "mem.slab"), MB, 2);
	jw_end_obj(&p->j);
}

/* A sum over a list of `n` series, already added from `list` on. */
static void add_sum(struct plan *p, const char *key, uint32_t list, uint32_t n)
{
	jw_key(&p->j, key);
	struct step *s = add_step(p, STEP_SUM);

	s->list = list;
	s->n_list = n;
	s->scale = 1 / KB;
}

/*
 * Whether `device` is the disk or one of its partitions: "/dev/sda1" is of "sda", "/dev/nvme0n1p2"
 * of "nvme0n1".
 */
static bool is_on_disk(struct str device, struct str disk)
{
	if (!str_starts(device, STR("/dev/")))
		return false;
	device = str_skip(device, 5);
	if (disk.len == 0 || !str_starts(device, disk))
		return false;
	struct str rest = str_skip(device, disk.len);
	if (rest.len == 0)
		return true;
	if (isdigit((unsigned char)disk.p[disk.len - 1])) {
		if (rest.p[0] != 'p')
			return false;
		rest = str_skip(rest, 1);
	}
	for (size_t i = 0; i < rest.len; i++)
		if (!isdigit((unsigned char)rest.p[i]))
			return false;
	return rest.len != 0;
}

/* Free bytes of the file systems on one disk; null when none is known to be there. */
static void add_disk_free(struct plan *p, struct str disk)
{
	AUTO_BUF struct buf room = BUF(TAG_ROOM);
	uint32_t from = (uint32_t)p->w->n_lists;
	size_t at = 0, fs;

	while (next_group(p, "fs.total", &at, &fs))
		if (is_on_disk(tag_of(p, fs, "device", &room), disk))
			add_list(p, (int32_t)beside(p, fs, "fs.avail"));
	add_sum(p, "free", from, (uint32_t)p->w->n_lists - from);
}

static void plan_disks(struct plan *p)
{
	AUTO_BUF struct buf room = BUF(TAG_ROOM);
	size_t at = 0, disk;

	jw_key(&p->j, "disks");
	jw_arr(&p->j);
	while (next_group(p, "disk.read_count", &at, &disk)) {
		struct str name = tag_of(p, disk, "device", &room);

		jw_obj(&p->j);
		jw_kstr(&p->j, "name", name);
		add_number(p, STEP_VALUE, "cap", beside(p, disk, "disk.size"), KB, 0);
		add_disk_free(p, name);
		add_number(p, STEP_RATE, "read", beside(p, disk, "disk.read_bytes"), KB, 2);
		add_number(p, STEP_RATE, "write", beside(p, disk, "disk.write_bytes"), KB, 2);
		jw_end_obj(&p->j);
	}
	jw_end_arr(&p->j);
}

static bool is_remote(const struct plan *p, size_t fs, struct buf *room)
{
	return tag_of(p, fs, "remote", room).len != 0;
}

static void plan_filesystems(struct plan *p)
{
	AUTO_BUF struct buf room = BUF(TAG_ROOM);
	size_t at = 0, fs;
	struct step *s;

	jw_key(&p->j, "filesystems");
	jw_arr(&p->j);
	while (next_group(p, "fs.total", &at, &fs)) {
		jw_obj(&p->j);
		jw_kstr(&p->j, "mount", tag_of(p, fs, "mount", &room));
		jw_kstr(&p->j, "device", tag_of(p, fs, "device", &room));
		jw_kstr(&p->j, "type", tag_of(p, fs, "type", &room));
		jw_kbool(&p->j, "remote", is_remote(p, fs, &room));
		add_number(p, STEP_VALUE, "total", (ptrdiff_t)fs, KB, 0);
		add_number(p, STEP_VALUE, "used", beside(p, fs, "fs.used"), KB, 0);
		add_number(p, STEP_VALUE, "free", beside(p, fs, "fs.avail"), KB, 0);
		s = add_number(p, STEP_FULLNESS, "percent", -1, 1, 2);
		s->i[0] = (int32_t)beside(p, fs, "fs.used");
		s->i[1] = (int32_t)beside(p, fs, "fs.avail");
		add_number(p, STEP_VALUE, "read_only", beside(p, fs, "fs.read_only"), 1, 0);
		jw_key(&p->j, "state");
		add_step(p, STEP_FS_STATE)->i[0] = (int32_t)beside(p, fs, "fs.state");
		jw_end_obj(&p->j);
	}
	jw_end_arr(&p->j);
}

/* The list of `name` of all local file systems. */
static uint32_t list_local(struct plan *p, const char *name)
{
	AUTO_BUF struct buf room = BUF(TAG_ROOM);
	uint32_t from = (uint32_t)p->w->n_lists;
	size_t at = 0, fs;

	while (next_group(p, "fs.total", &at, &fs))
		if (!is_remote(p, fs, &room))
			add_list(p, (int32_t)beside(p, fs, name));
	p->w->n_local = (uint32_t)p->w->n_lists - from;
	return from;
}

static void plan_disk(struct plan *p)
{
	static const struct {
		const char *key, *name;
		double unit;
	} counters[] = {
		{ "read_count", "disk.all_read_count", 1 },
		{ "write_count", "disk.all_write_count", 1 },
		{ "read_bytes", "disk.all_read_bytes", 1 },
		{ "write_bytes", "disk.all_write_bytes", 1 },
		{ "read_time", "disk.all_read_time", 1e-3 },
		{ "write_time", "disk.all_write_time", 1e-3 },
	};
	struct message_writer *w = p->w;

	jw_key(&p->j, "disk");
	jw_obj(&p->j);
	uint32_t total = list_local(p, "fs.total"), all_free = list_local(p, "fs.free");
	w->local_used = list_local(p, "fs.used");
	w->local_avail = list_local(p, "fs.avail");
	w->local_read_only = list_local(p, "fs.read_only");
	add_sum(p, "total", total, w->n_local);
	add_sum(p, "free", w->local_avail, w->n_local);
	add_sum(p, "used", w->local_used, w->n_local);
	add_sum(p, "tfree", all_free, w->n_local);
	add_number(p, STEP_RATE, "tread", by_name(p, "disk.all_read_bytes"), KB, 2);
	add_number(p, STEP_RATE, "twrite", by_name(p, "disk.all_write_bytes"), KB, 2);
	for (size_t i = 0; i < COUNT_OF(counters); i++)
		add_number(p, STEP_VALUE, counters[i].key, by_name(p, counters[i].name),
		           counters[i].unit, 0);
	plan_disks(p);
	plan_filesystems(p);
	jw_end_obj(&p->j);
}

static void plan_net(struct plan *p)
{
	static const struct {
		const char *key, *name;
	} counters[] = {
		{ "bytes_sent", "net.bytes_sent" },
		{ "bytes_recv", "net.bytes_recv" },
		{ "packets_sent", "net.packets_sent" },
		{ "packets_recv", "net.packets_recv" },
		{ "errin", "net.errin" },
		{ "errout", "net.errout" },
		{ "dropin", "net.dropin" },
		{ "dropout", "net.dropout" },
	};
	AUTO_BUF struct buf room = BUF(TAG_ROOM);
	size_t at = 0, iface;

	jw_key(&p->j, "net");
	jw_obj(&p->j);
	while (next_group(p, "net.bytes_recv", &at, &iface)) {
		jw_key_str(&p->j, tag_of(p, iface, "iface", &room));
		jw_obj(&p->j);
		add_number(p, STEP_RATE, "read", (ptrdiff_t)iface, KB, 2);
		add_number(p, STEP_RATE, "write", beside(p, iface, "net.bytes_sent"), KB, 2);
		for (size_t i = 0; i < COUNT_OF(counters); i++)
			add_number(p, STEP_VALUE, counters[i].key,
			           beside(p, iface, counters[i].name), 1, 0);
		add_number(p, STEP_VALUE, "speed", beside(p, iface, "net.speed"), 1e6, 0);
		add_number(p, STEP_VALUE, "up", beside(p, iface, "net.up"), 1, 0);
		jw_end_obj(&p->j);
	}
	jw_end_obj(&p->j);
	jw_key(&p->j, "net_total");
	jw_obj(&p->j);
	add_number(p, STEP_RATE, "read", by_name(p, "net.all_bytes_recv"), KB, 2);
	add_number(p, STEP_RATE, "write", by_name(p, "net.all_bytes_sent"), KB, 2);
	jw_end_obj(&p->j);
}

/* A gauge as it is, a counter per second. */
static void add_plain(struct plan *p, size_t i, const char *key)
{
	const struct metric *m = p->s->series[i].metric;

	if (m->kind == METRIC_GAUGE)
		add_number(p, STEP_VALUE, key, (ptrdiff_t)i, 1, m->decimals);
	else
		add_number(p, STEP_RATE, key, (ptrdiff_t)i, 1, m->decimals == 0 ? 2 : 4);
}

/* All series without tags whose names start with `prefix`, under the rest of their names. */
static void plan_plain(struct plan *p, const char *key, const char *prefix)
{
	size_t len = strlen(prefix);

	jw_key(&p->j, key);
	jw_obj(&p->j);
	for (size_t i = 0; p->s != NULL && i < p->s->n; i++) {
		const struct series *s = &p->s->series[i];

		if (s->tags == NULL && strncmp(s->metric->name, prefix, len) == 0)
			add_plain(p, i, s->metric->name + len);
	}
	if (strcmp(key, "proc") == 0) {
		static const char *const names[] = { "cpu.ctxt", "cpu.interrupts", "cpu.softirqs" };

		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (by_name(p, names[i]) >= 0)
				add_plain(p, (size_t)by_name(p, names[i]), names[i] + 4);
	}
	jw_end_obj(&p->j);
}

static void plan_agent(struct plan *p)
{
	add_number(p, STEP_VALUE, "uptime", by_name(p, "uptime.seconds"), 1, 2);
	jw_key(&p->j, "agent");
	jw_obj(&p->j);
	jw_key(&p->j, "id");
	add_step(p, STEP_ID);
	jw_key(&p->j, "version");
	add_step(p, STEP_VERSION);
	jw_key(&p->j, "interval");
	add_step(p, STEP_REPORT);
	add_number(p, STEP_RATE, "cpu_percent", by_name(p, "self.cpu"), 1e-2, 3);
	add_number(p, STEP_VALUE, "rss_kb", by_name(p, "self.rss"), KB, 0);
	add_number(p, STEP_VALUE, "missed", by_name(p, "self.missed"), 1, 0);
	add_number(p, STEP_VALUE, "offset_ms", by_name(p, "self.offset"), 1e-3, 3);
	add_number(p, STEP_VALUE, "cycle_ms", by_name(p, "self.cycle"), 1e-3, 3);
	jw_end_obj(&p->j);
}

static void plan_all(struct plan *p)
{
	jw_obj(&p->j);
	plan_head(p);
	plan_load(p);
	plan_cpu(p);
	plan_mem(p);
	plan_disk(p);
	plan_net(p);
	plan_plain(p, "pressure", "pressure.");
	plan_plain(p, "sock", "sock.");
	plan_plain(p, "proc", "procs.");
	plan_plain(p, "files", "files.");
	plan_plain(p, "vm", "vmstat.");
	plan_agent(p);
	jw_end_obj(&p->j);
	add_step(p, STEP_END);
}

void plan_forget(struct message_writer *w)
{
	schema_unref(w->schema);
	schema_unref(w->before);
	w->schema = w->before = NULL;
	w->n_steps = w->n_lists = w->text_done = 0;
	buf_reset(&w->text);
}

void plan_make(struct message_writer *w, struct schema *schema)
{
	if (w->n_steps != 0 && w->schema == schema)
		return;
	plan_forget(w);
	w->schema = schema_ref(schema);
	plan_all(&(struct plan){ .w = w, .s = schema, .j = JW(&w->text) });
}

void plan_match(struct message_writer *w, struct schema *before)
{
	const struct schema *now = w->schema;
	ptrdiff_t at = -1;

	if (w->before == before)
		return;
	schema_unref(w->before);
	w->before = schema_ref(before);
	w->same = now == before;
	if (w->same || now == NULL)
		return;
	if (w->cap_before_of < now->n)
		w->before_of =
			xgrow(w->before_of, &w->cap_before_of, now->n, sizeof(w->before_of[0]));
	for (size_t i = 0; i < now->n; i++) {
		ptrdiff_t found = schema_find(before, &now->series[i], (size_t)(at + 1));

		w->before_of[i] = (int32_t)found;
		at = found >= 0 ? found : at;
	}
}
