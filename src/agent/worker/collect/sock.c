/*
 * sock - sockets, and what TCP and UDP went through.
 *
 * /proc/net/sockstat and sockstat6 are lines `TCP: inuse 1 orphan 0 ... mem 206` (mem
 * in pages, FRAG's memory in bytes); /proc/net/snmp and netstat are pairs of
 * lines, see pairs.h. All of it is of the agent's network namespace. A host without IPv6
 * has no sockstat6.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <unistd.h>

#include "agent/worker/collect/collector.h"
#include "agent/worker/collect/pairs.h"
#include "agent/worker/collect/scan.h"

enum { N_STAT = 11, N_STAT6 = 3, N_SNMP = 16, N_NETSTAT = 7 };
enum { AT_STAT6 = N_STAT, AT_SNMP = AT_STAT6 + N_STAT6, AT_NETSTAT = AT_SNMP + N_SNMP };
enum { N_METRICS = AT_NETSTAT + N_NETSTAT };

#define GAUGE(name, unit, source, help)                                                            \
	{                                                                                          \
		"sock." name, METRIC_GAUGE, 0, unit, NULL, "/proc/net/" source, help               \
	}
#define COUNTER(name, source, help)                                                                \
	{                                                                                          \
		"sock." name, METRIC_COUNTER, 0, "1", NULL, "/proc/net/" source, help              \
	}

/* In the order of the four tables below. */
static const struct metric metrics[N_METRICS] = {
	GAUGE("used", "1", "sockstat sockets: used", "Sockets in use, of every kind."),
	GAUGE("tcp_inuse", "1", "sockstat TCP: inuse",
	      "TCP sockets (IPv4) that are not closed or waiting."),
	GAUGE("tcp_orphan", "1", "sockstat TCP: orphan", "TCP sockets no program holds any more."),
	GAUGE("tcp_time_wait", "1", "sockstat TCP: tw",
	      "TCP connections waiting for late packets."),
	GAUGE("tcp_alloc", "1", "sockstat TCP: alloc", "TCP sockets allocated."),
	GAUGE("tcp_mem", "B", "sockstat TCP: mem", "Memory of TCP sockets' buffers."),
	GAUGE("udp_inuse", "1", "sockstat UDP: inuse", "UDP sockets (IPv4)."),
	GAUGE("udp_mem", "B", "sockstat UDP: mem", "Memory of UDP sockets' buffers."),
	GAUGE("raw_inuse", "1", "sockstat RAW: inuse", "Raw sockets (IPv4)."),
	GAUGE("frag_inuse", "1", "sockstat FRAG: inuse",
	      "Packets being put together from fragments (IPv4)."),
	GAUGE("frag_mem", "B", "sockstat FRAG: memory", "Memory of fragments (IPv4)."),
	GAUGE("tcp6_inuse", "1", "sockstat6 TCP6: inuse",
	      "TCP sockets (IPv6) that are not closed or waiting."),
	GAUGE("udp6_inuse", "1", "sockstat6 UDP6: inuse", "UDP sockets (IPv6)."),
	GAUGE("raw6_inuse", "1", "sockstat6 RAW6: inuse", "Raw sockets (IPv6)."),
	COUNTER("tcp_active_opens", "snmp Tcp: ActiveOpens", "Connections this host began."),
	COUNTER("tcp_passive_opens", "snmp Tcp: PassiveOpens", "Connections others began."),
	COUNTER("tcp_attempt_fails", "snmp Tcp: AttemptFails", "Attempts to connect that failed."),
	COUNTER("tcp_resets", "snmp Tcp: EstabResets", "Connections that were reset."),
	GAUGE("tcp_established", "1", "snmp Tcp: CurrEstab", "Connections that stand."),
	COUNTER("tcp_in_segs", "snmp Tcp: InSegs", "Segments received."),
	COUNTER("tcp_out_segs", "snmp Tcp: OutSegs", "Segments sent, repeated ones not counted."),
	COUNTER("tcp_retrans", "snmp Tcp: RetransSegs", "Segments sent again."),
	COUNTER("tcp_in_errs", "snmp Tcp: InErrs", "Segments received that were damaged."),
	COUNTER("tcp_out_resets", "snmp Tcp: OutRsts", "Resets sent."),
	COUNTER("udp_in", "snmp Udp: InDatagrams", "Datagrams received (IPv4)."),
	COUNTER("udp_no_port", "snmp Udp: NoPorts", "Datagrams nobody waited for."),
	COUNTER("udp_in_errs", "snmp Udp: InErrors", "Datagrams that could not be delivered."),
	COUNTER("udp_out", "snmp Udp: OutDatagrams", "Datagrams sent (IPv4)."),
	COUNTER("udp_rcvbuf_errs", "snmp Udp: RcvbufErrors",
	        "Datagrams dropped because a receive buffer was full."),
	COUNTER("udp_sndbuf_errs", "snmp Udp: SndbufErrors",
	        "Datagrams dropped because a send buffer was full."),
	COUNTER("tcp_syncookies", "netstat TcpExt: SyncookiesSent",
	        "SYN cookies sent: the queue of half-open connections was full."),
	COUNTER("tcp_listen_overflows", "netstat TcpExt: ListenOverflows",
	        "Connections dropped because a program did not accept them fast enough."),
	COUNTER("tcp_listen_drops", "netstat TcpExt: ListenDrops",
	        "Connections to listening sockets that were dropped for any reason."),
	COUNTER("tcp_timeouts", "netstat TcpExt: TCPTimeouts",
	        "Times the retransmission timer ran out."),
	COUNTER("tcp_abort_memory", "netstat TcpExt: TCPAbortOnMemory",
	        "Connections given up because memory was short."),
	COUNTER("tcp_backlog_drops", "netstat TcpExt: TCPBacklogDrop",
	        "Segments dropped because a socket's backlog was full."),
	COUNTER("tcp_syn_retrans", "netstat TcpExt: TCPSynRetrans",
	        "First segments of a connection sent again."),
};

struct stat_row {
	const char *proto, *key;
};

static const struct stat_row stat_rows[N_STAT] = {
	{ "sockets", "used" }, { "TCP", "inuse" },  { "TCP", "orphan" },  { "TCP", "tw" },
	{ "TCP", "alloc" },    { "TCP", "mem" },    { "UDP", "inuse" },   { "UDP", "mem" },
	{ "RAW", "inuse" },    { "FRAG", "inuse" }, { "FRAG", "memory" },
};

static const struct stat_row stat6_rows[N_STAT6] = {
	{ "TCP6", "inuse" },
	{ "UDP6", "inuse" },
	{ "RAW6", "inuse" },
};

static const struct pairs_row snmp_rows[N_SNMP] = {
	{ "Tcp", "ActiveOpens", 0 },   { "Tcp", "PassiveOpens", 1 },  { "Tcp", "AttemptFails", 2 },
	{ "Tcp", "EstabResets", 3 },   { "Tcp", "CurrEstab", 4 },     { "Tcp", "InSegs", 5 },
	{ "Tcp", "OutSegs", 6 },       { "Tcp", "RetransSegs", 7 },   { "Tcp", "InErrs", 8 },
	{ "Tcp", "OutRsts", 9 },       { "Udp", "InDatagrams", 10 },  { "Udp", "NoPorts", 11 },
	{ "Udp", "InErrors", 12 },     { "Udp", "OutDatagrams", 13 }, { "Udp", "RcvbufErrors", 14 },
	{ "Udp", "SndbufErrors", 15 },
};

static const struct pairs_row netstat_rows[N_NETSTAT] = {
	{ "TcpExt", "SyncookiesSent", 0 },   { "TcpExt", "ListenOverflows", 1 },
	{ "TcpExt", "ListenDrops", 2 },      { "TcpExt", "TCPTimeouts", 3 },
	{ "TcpExt", "TCPAbortOnMemory", 4 }, { "TcpExt", "TCPBacklogDrop", 5 },
	{ "TcpExt", "TCPSynRetrans", 6 },
};

struct sock {
	struct source *sockstat, *sockstat6, *snmp, *netstat;
	struct pairs_memo snmp_memo, netstat_memo;
	int64_t page;
};

/*
 * Lines `proto: key number key number ...`; `rows` in the order the kernel prints them, with which
 * each key is
 * found at the first try. A row that is missing keeps its absent value.
 */
static void sockstat_parse(struct str text, const struct stat_row *rows, size_t n, int64_t *ret)
{
	struct str line, proto, key;
	size_t at = 0;
	uint64_t v;

	for (size_t i = 0; i < n; i++)
		ret[i] = SAMPLE_ABSENT;
	while (scan_line(&text, &line)) {
		if (!str_cut(&line, ':', &proto))
			continue;
		while (str_word(&line, &key) && scan_u64(&line, &v)) {
			size_t i = at;

			while (i < n && !(str_is(proto, rows[i].proto) && str_is(key, rows[i].key)))
				i++;
			if (i == n)
				continue;
			ret[i] = v > INT64_MAX ? INT64_MAX : (int64_t)v;
			at = i + 1;
		}
	}
}

static void emit_present(struct sink *out, const struct metric *rows, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] != SAMPLE_ABSENT)
			sink_emit(out, &rows[i], NULL, v[i]);
}

static void pages_to_bytes(const struct sock *s, int64_t *v)
{
	if (*v != SAMPLE_ABSENT && __builtin_mul_overflow(*v, s->page, v))
		*v = SAMPLE_ABSENT;
}

static int sample_stats(struct sock *s, struct sink *out, struct err *err)
{
	int64_t v[N_STAT], v6[N_STAT6];
	struct str text;

	int r = source_text(s->sockstat, &text, err);
	if (r < 0)
		return r;
	sockstat_parse(text, stat_rows, N_STAT, v);
	for (size_t i = 0; i < N_STAT; i++)
		if (strcmp(stat_rows[i].key, "mem") == 0)
			pages_to_bytes(s, &v[i]);
	emit_present(out, metrics, v, N_STAT);
	r = source_text(s->sockstat6, &text, err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	sockstat_parse(text, stat6_rows, N_STAT6, v6);
	emit_present(out, metrics + AT_STAT6, v6, N_STAT6);
	return 0;
}

static void emit_pairs(struct sink *out, const struct metric *rows, const struct pairs_values *now,
                       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (now->seen >> i & 1)
			sink_emit(out, &rows[i], NULL, now->v[i]);
}

static int sock_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct sock *s = state;

	(void)err;
	s->page = sysconf(_SC_PAGESIZE);
	s->sockstat = source_get(cx->sources, "proc/net/sockstat", SOURCE_WHOLE);
	s->sockstat6 = source_get(cx->sources, "proc/net/sockstat6", SOURCE_WHOLE);
	s->snmp = source_get(cx->sources, "proc/net/snmp", SOURCE_WHOLE);
	s->netstat = source_get(cx->sources, "proc/net/netstat", SOURCE_WHOLE);
	return 0;
}

static void sock_close(void *state)
{
	struct sock *s = state;

	pairs_done(&s->snmp_memo);
	pairs_done(&s->netstat_memo);
}

static int sock_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct sock *s = state;
	struct pairs_values snmp = { 0 }, netstat = { 0 };
	struct str text;

	(void)cx;
	int r = sample_stats(s, out, err);
	if (r < 0)
		return r;
	r = source_text(s->snmp, &text, err);
	if (r < 0)
		return r;
	if (pairs_parse(snmp_rows, N_SNMP, &s->snmp_memo, text, &snmp, err) < 0)
		return err_wrap(err, "parse /proc/net/snmp");
	emit_pairs(out, metrics + AT_SNMP, &snmp, N_SNMP);
	r = source_text(s->netstat, &text, err);
	if (r < 0)
		return r;
	if (pairs_parse(netstat_rows, N_NETSTAT, &s->netstat_memo, text, &netstat, err) < 0)
		return err_wrap(err, "parse /proc/net/netstat");
	emit_pairs(out, metrics + AT_NETSTAT, &netstat, N_NETSTAT);
	return 0;
}

const struct collector collector_sock = {
	.name = "sock",
	.summary = "Sockets, and what TCP and UDP went through",
	.source = "/proc/net/{sockstat,sockstat6,snmp,netstat}",
	.metrics = metrics,
	.n_metrics = N_METRICS,
	.state_size = sizeof(struct sock),
	.open = sock_open,
	.sample = sock_sample,
	.close = sock_close,
};
