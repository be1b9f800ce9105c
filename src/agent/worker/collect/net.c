/*
 * net - traffic of each network interface, and of all hardware ones together.
 *
 * /proc/net/dev has two lines of headings and then, for each interface,
 *	eth0: 820033414 17740 0 0 0 0 0 0 852157 10331 0 0 0 0 0 0
 * eight numbers received and eight sent: bytes packets errs drop fifo ... Old
 * kernels print no blank behind the colon, and a name may itself hold one.
 *
 * Bridges, bonds and veth pairs carry the same bytes again, so the sums take only
 * interfaces with hardware below them (/sys/class/net/NAME/device), or, where there
 * is none (a container), all but lo. What sysfs says changes rarely and is looked
 * at every LOOK_CYCLES.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/devices.h"
#include "agent/worker/collect/scan.h"
#include "base/fd.h"

enum { LOOK_CYCLES = 15, N_COLUMNS = 16 };
enum { VIRTUAL, HARDWARE, LOOPBACK };
enum { SPEED, UP }; /* device.facts */

enum {
	ALL_RECV,
	ALL_SENT,
	BYTES_RECV,
	BYTES_SENT,
	PACKETS_RECV,
	PACKETS_SENT,
	ERRIN,
	ERROUT,
	DROPIN,
	DROPOUT,
	SPEED_BPS,
	IS_UP,
	N_METRICS
};

#define IF_COUNTER(name, unit, field, help)                                                        \
	{                                                                                          \
		"net." name, METRIC_COUNTER, 0, unit, "iface", "/proc/net/dev " field, help        \
	}

static const struct metric metrics[N_METRICS] = {
	[ALL_RECV] = { "net.all_bytes_recv", METRIC_COUNTER, 0, "B", NULL, "/proc/net/dev",
	               "Bytes received by all hardware interfaces." },
	[ALL_SENT] = { "net.all_bytes_sent", METRIC_COUNTER, 0, "B", NULL, "/proc/net/dev",
	               "Bytes sent by all hardware interfaces." },
	[BYTES_RECV] = IF_COUNTER("bytes_recv", "B", "receive bytes", "Bytes received."),
	[BYTES_SENT] = IF_COUNTER("bytes_sent", "B", "transmit bytes", "Bytes sent."),
	[PACKETS_RECV] = IF_COUNTER("packets_recv", "1", "receive packets", "Packets received."),
	[PACKETS_SENT] = IF_COUNTER("packets_sent", "1", "transmit packets", "Packets sent."),
	[ERRIN] = IF_COUNTER("errin", "1", "receive errs", "Packets received that were damaged."),
	[ERROUT] = IF_COUNTER("errout", "1", "transmit errs", "Packets that could not be sent."),
	[DROPIN] = IF_COUNTER("dropin", "1", "receive drop",
	                      "Packets received and dropped, for want of memory or a reader."),
	[DROPOUT] = IF_COUNTER("dropout", "1", "transmit drop", "Packets dropped before sending."),
	[SPEED_BPS] = { "net.speed", METRIC_GAUGE, 0, "bit/s", "iface",
	                "/sys/class/net/IFACE/speed", "Speed agreed with the other side." },
	[IS_UP] = { "net.up", METRIC_GAUGE, 0, "1", "iface", "/sys/class/net/IFACE/operstate",
	            "1 if the interface can carry traffic, else 0." },
};

/* Columns of the file in the order of the metrics from BYTES_RECV on. */
static const uint8_t columns[] = { 0, 8, 1, 9, 2, 10, 3, 11 };

struct net {
	struct source *file;
	struct devices devices;
	uint64_t sums[2];
	bool ran;
};

struct net_row {
	struct str name;
	uint64_t v[N_COLUMNS];
};

static int net_parse_line(struct str line, struct net_row *ret, struct err *err)
{
	const char *colon = line.len != 0 ? memrchr(line.p, ':', line.len) : NULL;
	struct str all = scan_sample(line), rest;

	if (colon == NULL)
		return err_set(err, -EPROTO, "no interface in '%.*s'", (int)all.len, all.p);
	ret->name = str_trim((struct str){ line.p, (size_t)(colon - line.p) });
	rest = str_skip(line, ret->name.len != 0 ? (size_t)(colon + 1 - line.p) : line.len);
	if (scan_numbers(&rest, ret->v, N_COLUMNS) != N_COLUMNS)
		return err_set(err, -EPROTO, "want a name and %d numbers in '%.*s'", N_COLUMNS,
		               (int)all.len, all.p);
	return 0;
}

/* Leaves `text` at the first interface. */
static int net_parse_head(struct str *text, struct err *err)
{
	struct str line;

	if (!scan_line(text, &line) || !str_starts(line, STR("Inter-|")) || !scan_line(text, &line))
		return err_set(err, -EPROTO, "want two lines of headings");
	return 0;
}

/* The text of one sysfs file of the interface, "" if there is none. */
static struct str look_at(const struct collect_cx *cx, const struct device *dev, const char *what,
                          char *text, size_t size)
{
	char path[384];
	int n = snprintf(path, sizeof(path), "sys/class/net/%s/%s", dev->name, what);

	if (n < 0 || (size_t)n >= sizeof(path) || strchr(dev->name, '/') != NULL)
		return STR("");
	ssize_t len = fd_read_file(cx->root, path, text, size);
	return str_trim((struct str){ text, len < 0 ? 0 : (size_t)len });
}

static bool has_hardware(const struct collect_cx *cx, const struct device *dev)
{
	char path[384];
	int n = snprintf(path, sizeof(path), "sys/class/net/%s/device", dev->name);

	return n > 0 && (size_t)n < sizeof(path) && strchr(dev->name, '/') == NULL &&
	       faccessat(cx->root, path, F_OK, 0) == 0;
}

static void look(const struct collect_cx *cx, struct device *dev, size_t index)
{
	char text[64];
	struct str s;
	int64_t speed;

	if (cx->cycle < dev->look_at)
		return;
	/* Not all interfaces in one cycle. */
	dev->look_at = cx->cycle + LOOK_CYCLES + (dev->is_new ? index % LOOK_CYCLES : 0);
	if (dev->is_new)
		dev->kind = strcmp(dev->name, "lo") == 0 ? LOOPBACK
		            : has_hardware(cx, dev)      ? HARDWARE
		                                         : VIRTUAL;
	s = look_at(cx, dev, "operstate", text, sizeof(text));
	dev->facts[UP] = s.len == 0 ? SAMPLE_ABSENT : str_is(s, "up") || str_is(s, "unknown");
	/* Reading the speed of one that is down or virtual fails, or gives -1. */
	if (dev->kind == HARDWARE) {
		s = look_at(cx, dev, "speed", text, sizeof(text));
		dev->facts[SPEED] = str_i64(s, &speed) && speed > 0 && speed < 1000000000
		                            ? speed * 1000000
		                            : SAMPLE_ABSENT;
	}
}

static void net_emit(struct sink *out, const struct device *dev, const struct net_row *row)
{
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		sink_emit_u64(out, &metrics[BYTES_RECV + i], dev->tags, row->v[columns[i]]);
	if (dev->kind == HARDWARE)
		sink_emit(out, &metrics[SPEED_BPS], dev->tags, dev->facts[SPEED]);
	sink_emit(out, &metrics[IS_UP], dev->tags, dev->facts[UP]);
}

static int net_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct net *n = state;

	(void)err;
	n->file = source_get(cx->sources, "proc/net/dev", SOURCE_PIECES);
	return 0;
}

static void net_close(void *state)
{
	struct net *n = state;

	devices_done(&n->devices);
}

static int sample_rows(const struct collect_cx *cx, struct net *n, struct str text,
                       struct sink *out, struct err *err)
{
	/* What grew since the last cycle, on interfaces with hardware and on others but lo. */
	uint64_t any[2] = { 0 }, hard[2] = { 0 };
	bool hardware = false;
	struct net_row row = { .name = STR("") };
	struct str line;

	devices_begin(&n->devices);
	while (scan_line(&text, &line)) {
		int r = net_parse_line(line, &row, err);

		if (r < 0)
			return r;
		struct device *dev = devices_next(&n->devices, "iface", row.name);
		if (dev == NULL)
			continue;
		look(cx, dev, n->devices.cursor);
		hardware = hardware || dev->kind == HARDWARE;
		if (dev->kind != LOOPBACK)
			device_add(dev, (uint64_t[]){ row.v[0], row.v[8] }, 2, !n->ran,
			           dev->kind == HARDWARE ? hard : any);
		dev->is_new = false;
		net_emit(out, dev, &row);
	}
	devices_end(&n->devices);
	n->ran = true;
	for (size_t i = 0; i < 2; i++)
		n->sums[i] += hardware ? hard[i] : any[i];
	return 0;
}

static int net_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct net *n = state;
	struct str text;

	int r = source_text(n->file, &text, err);
	if (r < 0)
		return r;
	if (net_parse_head(&text, err) < 0 || sample_rows(cx, n, text, out, err) < 0)
		return err_wrap(err, "parse /proc/net/dev");
	sink_emit_u64(out, &metrics[ALL_RECV], NULL, n->sums[0]);
	sink_emit_u64(out, &metrics[ALL_SENT], NULL, n->sums[1]);
	return 0;
}

const struct collector collector_net = {
	.name = "net",
	.summary = "Traffic of each network interface",
	.source = "/proc/net/dev, /sys/class/net",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct net),
	.open = net_open,
	.sample = net_sample,
	.close = net_close,
};
