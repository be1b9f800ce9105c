/*
 * message_read.c - reading what the roll needs out of an `info` message.
 *
 * In place, no tree, no allocation unless a text has escapes. The sender is a host we
 * do not trust: what is not JSON, too long or of the wrong type is refused as a whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <math.h>

#include "base/jread.h"
#include "wire/message.h"

/* Amounts that become percentages at the end. */
struct amounts {
	double total, available, free, buffers, cached; /* memory */
	double idle, iowait;
	double disk_used, disk_free;
	double net_in, net_out; /* all interfaces but lo */
};

struct reader {
	struct jread j;
	struct message_digest *d;
	struct amounts a;
	const char *fault; /* what is wrong with it besides its JSON */
};

struct number_row {
	const char *key;
	double *to;
};

/* Copies a raw string with its escapes resolved; false when it does not fit. */
static bool copy_text(struct str raw, char *to, size_t size, bool cut)
{
	AUTO_BUF struct buf room = BUF(4096);

	if (str_find(raw, '\\') != raw.len) {
		if (!jr_unescape(raw, &room))
			return false;
		raw = buf_as_str(&room);
	}
	if (cut && raw.len >= size) {
		raw.len = size - 1;
		while (raw.len != 0 && ((unsigned char)raw.p[raw.len] & 0xc0) == 0x80)
			raw.len--;
	}
	return str_copy(raw, to, size);
}

/* A string, or null as "". */
static void read_text(struct reader *r, char *to, size_t size, const char *fault)
{
	struct str raw;

	if (jr_type(&r->j) == JR_NULL) {
		jr_skip(&r->j);
		to[0] = '\0';
	} else if (jr_str(&r->j, &raw) && !copy_text(raw, to, size, false)) {
		r->fault = fault;
	}
}

static void read_numbers(struct reader *r, const struct number_row *rows, size_t n)
{
	struct str key;

	if (!jr_obj(&r->j))
		return;
	while (jr_key(&r->j, &key)) {
		size_t i = 0;

		while (i < n && !str_is(key, rows[i].key))
			i++;
		if (i < n)
			jr_double(&r->j, NAN, rows[i].to);
		else
			jr_skip(&r->j);
	}
}

static void add_known(double *sum, double v)
{
	if (!isnan(v))
		*sum = isnan(*sum) ? v : *sum + v;
}

static void read_net(struct reader *r)
{
	struct str key;

	if (!jr_obj(&r->j))
		return;
	while (jr_key(&r->j, &key)) {
		double in = NAN, out = NAN;
		const struct number_row rows[] = { { "read", &in }, { "write", &out } };

		read_numbers(r, rows, COUNT_OF(rows));
		if (str_is(key, "lo"))
			continue;
		add_known(&r->a.net_in, in);
		add_known(&r->a.net_out, out);
	}
}

static void read_filesystem(struct reader *r)
{
	struct str key, mount = STR(""), state = STR("");
	bool remote = false;
	double percent = NAN, read_only = 0;

	if (!jr_obj(&r->j))
		return;
	while (jr_key(&r->j, &key)) {
		if (str_is(key, "mount"))
			jr_str(&r->j, &mount);
		else if (str_is(key, "state"))
			jr_str(&r->j, &state);
		else if (str_is(key, "percent"))
			jr_double(&r->j, NAN, &percent);
		else if (str_is(key, "read_only"))
			jr_double(&r->j, 0, &read_only);
		else if (str_is(key, "remote"))
			jr_bool(&r->j, &remote);
		else
			jr_skip(&r->j);
	}
	if (!jr_ok(&r->j))
		return;
	/* An image is always full, and whatever cannot be written does not fill up. */
	if (!remote && read_only == 0 && !isnan(percent) && !(r->d->disk >= percent))
		r->d->disk = percent;
	if (!str_is(state, "stuck"))
		return;
	if (r->d->n_stuck < MESSAGE_STUCK_MAX &&
	    !copy_text(mount, r->d->stuck[r->d->n_stuck], sizeof(r->d->stuck[0]), true))
		r->fault = "bad mount point";
	r->d->n_stuck++;
}

static void read_disk(struct reader *r)
{
	struct str key;

	if (!jr_obj(&r->j))
		return;
	while (jr_key(&r->j, &key)) {
		if (str_is(key, "used")) {
			jr_double(&r->j, NAN, &r->a.disk_used);
		} else if (str_is(key, "free")) {
			jr_double(&r->j, NAN, &r->a.disk_free);
		} else if (str_is(key, "filesystems")) {
			if (jr_arr(&r->j))
				while (jr_item(&r->j))
					read_filesystem(r);
		} else {
			jr_skip(&r->j);
		}
	}
}

static void read_agent(struct reader *r)
{
	struct str key;

	if (!jr_obj(&r->j))
		return;
	while (jr_key(&r->j, &key)) {
		if (str_is(key, "version"))
			read_text(r, r->d->version, sizeof(r->d->version), "version is too long");
		else if (str_is(key, "id"))
			read_text(r, r->d->id, sizeof(r->d->id), "id is too long");
		else if (str_is(key, "interval"))
			jr_double(&r->j, NAN, &r->d->report_s);
		else if (str_is(key, "offset_ms"))
			jr_double(&r->j, NAN, &r->d->offset_ms);
		else if (str_is(key, "missed"))
			jr_double(&r->j, NAN, &r->d->missed);
		else
			jr_skip(&r->j);
	}
}

static void read_stamp(struct reader *r)
{
	double ts = NAN;

	jr_double(&r->j, NAN, &ts);
	if (isnan(ts))
		return;
	/* Years 1970 to 9999; what lies outside is no time of ours. */
	if (ts < 0 || ts > 253402300799.0)
		r->fault = "ts is no time";
	else
		r->d->ts_ms = (int64_t)(ts * 1000 + 0.5);
}

static void read_seq(struct reader *r)
{
	int64_t seq = 0;

	if (jr_i64(&r->j, &seq) && seq < 0)
		r->fault = "seq is negative";
	r->d->seq = (uint64_t)seq;
}

/* Takes the groups of numbers; false when the key is none of them. */
static bool read_group(struct reader *r, struct str key)
{
	struct amounts *a = &r->a;
	const struct number_row load[] = { { "w1_avg", &r->d->load1 } };
	const struct number_row cpu[] = { { "idle", &a->idle },
		                          { "iowait", &a->iowait },
		                          { "count", &r->d->cores } };
	const struct number_row mem[] = { { "total", &a->total },
		                          { "available", &a->available },
		                          { "free", &a->free },
		                          { "buffers", &a->buffers },
		                          { "cached", &a->cached } };
	const struct number_row net_total[] = { { "read", &r->d->net_in },
		                                { "write", &r->d->net_out } };

	if (str_is(key, "load"))
		read_numbers(r, load, COUNT_OF(load));
	else if (str_is(key, "cpu"))
		read_numbers(r, cpu, COUNT_OF(cpu));
	else if (str_is(key, "mem"))
		read_numbers(r, mem, COUNT_OF(mem));
	else if (str_is(key, "net_total"))
		read_numbers(r, net_total, COUNT_OF(net_total));
	else if (str_is(key, "net"))
		read_net(r);
	else if (str_is(key, "disk"))
		read_disk(r);
	else if (str_is(key, "agent"))
		read_agent(r);
	else
		return false;
	return true;
}

static void read_member(struct reader *r, struct str key)
{
	struct message_digest *d = r->d;

	if (read_group(r, key))
		return;
	if (str_is(key, "ip"))
		read_text(r, d->ip, sizeof(d->ip), "ip is too long");
	else if (str_is(key, "mac"))
		read_text(r, d->mac, sizeof(d->mac), "mac is too long");
	else if (str_is(key, "hostname"))
		read_text(r, d->hostname, sizeof(d->hostname), "hostname is too long");
	else if (str_is(key, "cluster"))
		read_text(r, d->cluster, sizeof(d->cluster), "cluster is too long");
	else if (str_is(key, "ts"))
		read_stamp(r);
	else if (str_is(key, "seq"))
		read_seq(r);
	else if (str_is(key, "interval"))
		jr_double(&r->j, NAN, &d->interval_s);
	else
		jr_skip(&r->j);
}

static double clip(double percent)
{
	return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

/* Percentages from amounts; NAN goes through all of it. */
static void conclude(struct reader *r)
{
	struct amounts *a = &r->a;
	struct message_digest *d = r->d;
	double available = isnan(a->available) ? a->free + a->buffers + a->cached : a->available;

	d->cpu = clip(100 - a->idle - (isnan(a->iowait) ? 0 : a->iowait));
	d->mem = a->total > 0 ? clip((a->total - available) / a->total * 100) : NAN;
	if (isnan(d->disk) && a->disk_used + a->disk_free > 0)
		d->disk = a->disk_used / (a->disk_used + a->disk_free) * 100;
	d->disk = clip(d->disk);
	if (isnan(d->net_in))
		d->net_in = a->net_in;
	if (isnan(d->net_out))
		d->net_out = a->net_out;
}

int message_read(struct str text, struct message_digest *ret, struct err *err)
{
	struct message_digest d = {
		.interval_s = NAN,
		.report_s = NAN,
		.load1 = NAN,
		.cpu = NAN,
		.cores = NAN,
		.mem = NAN,
		.disk = NAN,
		.net_in = NAN,
		.net_out = NAN,
		.offset_ms = NAN,
		.missed = NAN,
	};
	struct reader r = {
		.j = JREAD(text),
		.d = &d,
		.a = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN },
	};
	struct str key;

	if (text.len > MESSAGE_MAX_BYTES)
		return err_set(err, -EMSGSIZE, "message of %zu bytes", text.len);
	jr_obj(&r.j);
	while (r.fault == NULL && jr_key(&r.j, &key))
		read_member(&r, key);
	if (r.fault != NULL)
		return err_set(err, -EBADMSG, "%s", r.fault);
	if (!jr_end(&r.j))
		return err_set(err, -EBADMSG, "%s at byte %zu", r.j.fault,
		               (size_t)(r.j.p - r.j.from));
	conclude(&r);
	*ret = d;
	return 0;
}
