/*
 * collect_cmd.c - `muster-agent collect`: any collector alone, its numbers on the terminal.
 *
 * Two samples an interval apart give the rates of counters; the last one is
 * printed as a table for people, as {module: {metric: value}} for programs, or as
 * the message the agent would send.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/collect_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/worker/collect/collect.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/jwrite.h"
#include "wire/message.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024, COUNT_MAX = 1000000, NAME_MAX_BYTES = 131072 };
enum format { TABLE, JSON, MESSAGE };

struct request {
	enum format format;
	bool list;
	const char *root;
	uint64_t count;
	int64_t interval_ms;
	const char *const *names;
	size_t n_names;
};

/* Two readings and what surrounds them. */
struct session {
	struct collect *collect;
	struct message_writer *writer;
	struct sample now, before;
	struct buf out;
	uint64_t seq;
};

static const char usage_text[] =
	"usage: muster-agent collect [OPTION...] [NAME...]\n"
	"\n"
	"Runs the collectors named (without a name: all of them) and prints what they read.\n"
	"\n"
	"  -l, --list            name the collectors and end\n"
	"  -o, --output FORMAT   table (as it is), json, or message: what the agent would send\n"
	"  -i, --interval S      seconds between the two samples rates are taken from (1); with 0\n"
	"                        there is one sample and no rates\n"
	"  -n, --count N         print this many times (1)\n"
	"  -r, --root DIR        read DIR/proc and DIR/sys instead of /proc and /sys\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 all did, 1 one of them failed, 2 wrong usage.\n";

static int parse_option(struct request *rq, int option, const char *value, struct err *err)
{
	struct str s = str_of(value);

	switch (option) {
	case 'l':
		rq->list = true;
		return 0;
	case 'o':
		rq->format = str_is(s, "json") ? JSON : str_is(s, "message") ? MESSAGE : TABLE;
		if (rq->format == TABLE && !str_is(s, "table"))
			return err_set(err, -EINVAL,
			               "--output is table, json or message, not '%.40s'", value);
		return 0;
	case 'i':
		if (!str_fixed(s, 3, &rq->interval_ms) || rq->interval_ms < 0 ||
		    rq->interval_ms > 86400000)
			return err_set(err, -EINVAL,
			               "--interval is 0 to 86400 seconds, not '%.40s'", value);
		return 0;
	case 'n':
		if (!str_u64(s, &rq->count) || rq->count == 0 || rq->count > COUNT_MAX)
			return err_set(err, -EINVAL, "--count is 1 to %d, not '%.40s'", COUNT_MAX,
			               value);
		return 0;
	default:
		rq->root = value;
		return 0;
	}
}

/*
 * Returns 0, -EINVAL with a sentence, or 1 when all has been said (help, or getopt's own complaint:
 * see *ret_code).
 */
static int parse_args(int argc, char **argv, struct request *rq, int *ret_code, struct err *err)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "output", required_argument, NULL, 'o' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};

	optind = 0; /* from the start, also if the program has used getopt before */
	for (int o; (o = getopt_long(argc, argv, "lo:i:n:r:h", options, NULL)) != -1;) {
		if (o == 'h' || o == '?') {
			(void)fputs(usage_text, o == 'h' ? stdout : stderr);
			*ret_code = o == 'h' ? EXIT_DONE : EXIT_USAGE;
			return 1;
		}
		int r = parse_option(rq, o, optarg, err);
		if (r < 0)
			return r;
	}
	rq->names = (const char *const *)argv + optind;
	rq->n_names = (size_t)(argc - optind);
	return 0;
}

static void list_collectors(struct buf *out)
{
	size_t n;
	const struct collector *const *all = collector_all(&n);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%-10s %s (%s)\n", all[i]->name, all[i]->summary, all[i]->source);
}

/* Growth per second of series `i`; false when it is no counter or there is none. */
static bool rate_of(const struct session *s, size_t i, double *ret)
{
	const struct series *series = &s->now.schema->series[i];
	ptrdiff_t was = s->before.schema != NULL ? schema_find(s->before.schema, series, i) : -1;
	double seconds = (double)(s->now.mono_ns - s->before.mono_ns) / 1e9;
	double scale = 1;

	if (series->metric->kind != METRIC_COUNTER || was < 0 || seconds <= 0 ||
	    !sample_has(&s->now, i) || !sample_has(&s->before, (size_t)was) ||
	    s->now.values[i] < s->before.values[was])
		return false;
	for (unsigned k = 0; k < series->metric->decimals; k++)
		scale *= 10;
	*ret = (double)(s->now.values[i] - s->before.values[was]) / scale / seconds;
	return true;
}

static void table_row(struct session *s, size_t i)
{
	const struct series *series = &s->now.schema->series[i];
	const struct metric *m = series->metric;
	AUTO_BUF struct buf name = BUF(NAME_MAX_BYTES), value = BUF(64);
	const char *unit = strcmp(m->unit, "1") == 0 ? "" : m->unit;
	double rate;

	buf_puts(&name, m->name);
	if (series->tags != NULL)
		buf_printf(&name, "{%s}", series->tags->text);
	if (sample_has(&s->now, i))
		buf_fixed(&value, s->now.values[i], m->decimals);
	else
		buf_puts(&value, "-");
	buf_printf(&s->out, "  %-44s %20s %-5s", buf_cstr(&name), buf_cstr(&value), unit);
	if (rate_of(s, i, &rate))
		buf_printf(&s->out, " %16.3f %s/s", rate, unit);
	while (s->out.len != 0 && s->out.p[s->out.len - 1] == ' ')
		s->out.len--;
	buf_char(&s->out, '\n');
}

static void print_table(struct session *s)
{
	size_t n, n_findings;
	const struct collect_outcome *o = collect_outcomes(s->collect, &n);
	const struct finding *f = collect_findings(s->collect, &n_findings);

	for (size_t k = 0; k < n; k++) {
		buf_printf(&s->out, "%s: %s, %.1f us\n", o[k].collector->name,
		           o[k].code == 0 ? "ok" : o[k].msg, (double)o[k].took_ns / 1e3);
		for (size_t i = o[k].first; i < o[k].first + o[k].n; i++)
			table_row(s, i);
	}
	for (size_t k = 0; k < n_findings; k++)
		buf_printf(&s->out, "finding %s %s: %s\n", f[k].kind, f[k].subject, f[k].text);
}

static void json_value(struct jw *j, const struct session *s, size_t i, bool rates)
{
	double rate;

	if (!rates && sample_has(&s->now, i))
		jw_fixed(j, s->now.values[i], s->now.schema->series[i].metric->decimals);
	else if (rates && rate_of(s, i, &rate))
		jw_double(j, rate, 6);
	else
		jw_null(j);
}

static bool is_shown(const struct session *s, size_t i, const struct metric *m, bool rates)
{
	return s->now.schema->series[i].metric == m && (!rates || m->kind == METRIC_COUNTER);
}

/*
 * One metric of a collector: its value, or an object of values by tags; nothing if it has no
 * series.
 */
static void json_metric(struct jw *j, const struct session *s, const struct collect_outcome *o,
                        const struct metric *m, bool rates)
{
	bool tagged = false;

	for (size_t i = o->first; i < o->first + o->n; i++) {
		const struct tags *tags = s->now.schema->series[i].tags;

		if (!is_shown(s, i, m, rates))
			continue;
		if (tags == NULL) {
			jw_key(j, m->name + strlen(o->collector->name) + 1);
			json_value(j, s, i, rates);
			return;
		}
		if (!tagged) {
			jw_key(j, m->name + strlen(o->collector->name) + 1);
			jw_obj(j);
			tagged = true;
		}
		jw_key_str(j, (struct str){ tags->text, tags->len });
		json_value(j, s, i, rates);
	}
	if (tagged)
		jw_end_obj(j);
}

static void json_modules(struct jw *j, const struct session *s, bool rates)
{
	size_t n;
	const struct collect_outcome *o = collect_outcomes(s->collect, &n);

	for (size_t k = 0; k < n; k++) {
		jw_key(j, o[k].collector->name);
		jw_obj(j);
		for (size_t m = 0; m < o[k].collector->n_metrics; m++)
			json_metric(j, s, &o[k], &o[k].collector->metrics[m], rates);
		jw_end_obj(j);
	}
}

static void json_outcomes(struct jw *j, const struct session *s)
{
	size_t n;
	const struct collect_outcome *o = collect_outcomes(s->collect, &n);

	jw_obj(j);
	jw_key(j, "ts");
	jw_fixed(j, s->now.ts_ms, 3);
	for (size_t k = 0; k < n; k++) {
		jw_key(j, o[k].collector->name);
		jw_obj(j);
		jw_kbool(j, "ok", o[k].code == 0);
		jw_key(j, "took_us");
		jw_fixed(j, o[k].took_ns, 3);
		if (o[k].code != 0)
			jw_kstr(j, "error", str_of(o[k].msg));
		jw_end_obj(j);
	}
	jw_end_obj(j);
}

/*
 * {module: {metric: value}, ..., "rates": {module: {counter: per second}}, "collect": how each did}
 */
static void print_json(struct session *s)
{
	struct jw j = JW(&s->out);

	jw_obj(&j);
	json_modules(&j, s, false);
	jw_key(&j, "rates");
	jw_obj(&j);
	json_modules(&j, s, true);
	jw_end_obj(&j);
	jw_key(&j, "collect");
	json_outcomes(&j, s);
	jw_end_obj(&j);
	buf_char(&s->out, '\n');
}

static void print_message(struct session *s)
{
	char host[256] = "";
	struct message_head head = { .version = STR(MUSTER_VERSION), .seq = ++s->seq };

	if (gethostname(host, sizeof(host) - 1) == 0)
		head.hostname = str_of(host);
	if (message_write(s->writer, &s->out, &head, &s->now, &s->before))
		buf_char(&s->out, '\n');
}

/* Whether every collector did; a source this host does not have is no failure. */
static bool all_did(const struct session *s)
{
	size_t n;
	const struct collect_outcome *o = collect_outcomes(s->collect, &n);

	for (size_t k = 0; k < n; k++)
		if (o[k].code != 0 && !(o[k].collector->optional && o[k].code == -ENOENT))
			return false;
	return true;
}

static void wait_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static void take_sample(struct session *s)
{
	struct sample spare = s->before;

	s->before = s->now;
	s->now = spare;
	collect_run(s->collect, clock_wall_ms(), clock_mono_ns(), NULL, &s->now);
}

static int run_session(struct session *s, const struct request *rq)
{
	bool good = true;

	if (rq->interval_ms != 0)
		take_sample(s);
	for (uint64_t i = 0; i < rq->count; i++) {
		wait_ms(rq->interval_ms);
		take_sample(s);
		buf_reset(&s->out);
		if (rq->format == TABLE)
			print_table(s);
		else if (rq->format == JSON)
			print_json(s);
		else
			print_message(s);
		good = all_did(s) && good;
		if (s->out.over || fd_write_all(STDOUT_FILENO, s->out.p, s->out.len) < 0)
			return EXIT_FAILED;
	}
	return good ? EXIT_DONE : EXIT_FAILED;
}

static int complain(const struct err *err)
{
	(void)fprintf(stderr, "muster-agent: collect: %s\n", err->msg);
	return (int)err_exit_code(err->code);
}

int collect_command(int argc, char **argv)
{
	struct request rq = { .root = "/", .count = 1, .interval_ms = 1000 };
	struct session s = { .out = BUF(OUTPUT_MAX) };
	struct err err = { 0 };
	int code = EXIT_DONE;

	int r = parse_args(argc, argv, &rq, &code, &err);
	if (r != 0)
		return r < 0 ? complain(&err) : code;
	if (rq.list) {
		list_collectors(&s.out);
		r = fd_write_all(STDOUT_FILENO, s.out.p, s.out.len);
		buf_done(&s.out);
		return r < 0 ? EXIT_FAILED : EXIT_DONE;
	}
	AUTO_CLOSE int root = open(rq.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) {
		(void)err_sys(&err, "open root %s", rq.root);
		return complain(&err);
	}
	if (collect_open(root, rq.names, rq.n_names, &s.collect, &err) < 0)
		return complain(&err);
	s.writer = message_writer_new();
	collect_time(s.collect, true);
	code = run_session(&s, &rq);
	collect_close(s.collect);
	message_writer_free(s.writer);
	sample_done(&s.now);
	sample_done(&s.before);
	buf_done(&s.out);
	return code;
}
