/*
 * report.c - the worker's reporting, around ship and the collectors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "agent/worker/report.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>

#include "agent/worker/address.h"
#include "agent/worker/collect/collect.h"
#include "agent/worker/facts.h"
#include "agent/worker/notices.h"
#include "agent/worker/ship/ship.h"
#include "base/buf.h"
#include "base/jwrite.h"
#include "base/log.h"
#include "base/mem.h"

enum { FACTS_EVERY_S = 600, DATA_MAX = 1024 };

struct report {
	struct report_options o;
	struct collect *collect;
	struct ship *ship;
	struct notices notices;
	struct event *facts_timer;
};

static void name_host(const char *local, char ip[KEY_IP_SIZE], char mac[18], void *arg)
{
	struct report *r = arg;

	if (r->o.opt->ip != NULL)
		(void)snprintf(ip, KEY_IP_SIZE, "%s", r->o.opt->ip);
	else
		address_choose(local, ip);
	address_mac(r->o.root, ip, mac);
}

static void tell_finding(const struct finding *f, bool begins, void *arg)
{
	struct report *r = arg;
	AUTO_BUF struct buf data = BUF(DATA_MAX), text = BUF(DATA_MAX);
	struct jw j = JW(&data);

	jw_obj(&j);
	jw_kstr(&j, "subject", str_of(f->subject));
	jw_kstr(&j, "state", begins ? STR("begins") : STR("over"));
	jw_end_obj(&j);
	if (begins) {
		buf_puts(&text, f->text);
		log_warn("%s: %s: %s", f->kind, f->subject, f->text);
	} else {
		buf_printf(&text, "%s: over", f->subject);
		log_info("%s: %s: over", f->kind, f->subject);
	}
	ship_event(r->ship, &(struct ship_event){ .kind = f->kind,
	                                          .level = begins ? EVENT_WARN : EVENT_INFO,
	                                          .text = buf_cstr(&text),
	                                          .data = buf_as_str(&data) });
}

static void collect_sample(int64_t ts_ms, int64_t mono_ns, const struct collect_self *self,
                           struct sample *into, void *arg)
{
	struct report *r = arg;
	const struct finding *found;
	size_t n;

	collect_run(r->collect, ts_ms, mono_ns, self, into);
	found = collect_findings(r->collect, &n);
	notices_take(&r->notices, found, n, mono_ns / 1000000, tell_finding, r);
}

/* For the service manager; the log has it from ship. */
static void on_state(enum beat_state state, void *arg)
{
	struct report *r = arg;
	struct ship_status s = ship_status(r->ship);
	char text[160];

	if (state == BEAT_LIVE)
		(void)snprintf(text, sizeof(text), "reporting as %s every %" PRId64 " ms", s.ip,
		               s.interval_ms);
	else if (state == BEAT_WAITING)
		(void)snprintf(text, sizeof(text), "waiting to be accepted as %s", s.ip);
	else
		(void)snprintf(text, sizeof(text), "%s", beat_state_name(state));
	uplink_state(r->o.uplink, text);
}

static void on_told(uint64_t ref, void *arg)
{
	struct report *r = arg;

	uplink_told(r->o.uplink, ref);
}

static void on_tick(void *arg)
{
	struct report *r = arg;

	uplink_alive(r->o.uplink);
}

static void fact_number(struct report *r, const char *name, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	if (value > 0)
		(void)ship_fact(r->ship, name, str_of(text));
}

static void tell_facts(struct report *r)
{
	const struct agent_options *opt = r->o.opt;
	struct facts f;

	facts_read(r->o.root, opt->sn != NULL ? opt->sn : r->o.welcome->serial, &f);
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "hostname", f.hostname },
		{ "sn", f.sn },
		{ "macs", f.macs },
		{ "os", f.os },
		{ "kernel", f.kernel },
		{ "arch", f.arch },
		{ "cpu", f.cpu },
		{ "cluster", opt->cluster },
		{ "version", MUSTER_VERSION },
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].text != NULL && texts[i].text[0] != '\0')
			(void)ship_fact(r->ship, texts[i].name, str_of(texts[i].text));
	fact_number(r, "cores", f.cores);
	fact_number(r, "mem", f.mem_kb / 1024);
	fact_number(r, "boot", f.boot_ms);
}

static void on_facts_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell_facts(arg);
}

/* A new identity is every host's beginning; the rest somebody should look at. */
static void tell_identity(struct report *r)
{
	enum identity_news news = r->o.identity.news;
	char hex[HOST_ID_TEXT_SIZE] = "";
	AUTO_BUF struct buf data = BUF(DATA_MAX);
	struct jw j = JW(&data);

	if (news == IDENTITY_KNOWN || news == IDENTITY_NEW)
		return;
	if (host_id_is_set(r->o.identity.was))
		host_id_write(r->o.identity.was, hex);
	jw_obj(&j);
	jw_kstr(&j, "was", str_of(hex));
	jw_end_obj(&j);
	ship_event(r->ship, &(struct ship_event){ .kind = "host.identity",
	                                          .level = EVENT_WARN,
	                                          .text = identity_news_text(news),
	                                          .data = buf_as_str(&data) });
}

static int start(struct report *r, struct event_base *loop, struct err *err)
{
	const struct timeval often = { .tv_sec = FACTS_EVERY_S };
	const struct agent_options *opt = r->o.opt;
	const struct ship_options options = {
		.address = &r->o.settings->address,
		.ca_file = opt->ca,
		.id = r->o.identity.id,
		.default_interval_ms = opt->interval_ms,
		.history = (unsigned)opt->history,
	};
	const struct ship_hooks hooks = {
		name_host, collect_sample, on_state, on_told, on_tick, r
	};

	if (collect_open(r->o.root, r->o.settings->collectors, r->o.settings->n_collectors,
	                 &r->collect, err) < 0)
		return err_wrap(err, "open the collectors");
	r->ship = ship_new(loop, &options, &hooks, err);
	if (r->ship == NULL)
		return err->code;
	r->facts_timer = event_new(loop, -1, EV_PERSIST, on_facts_timer, r);
	if (r->facts_timer == NULL || event_add(r->facts_timer, &often) < 0)
		abort();
	tell_facts(r);
	tell_identity(r);
	ship_start(r->ship);
	return 0;
}

struct report *report_new(struct event_base *loop, const struct report_options *options,
                          struct err *err)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->o = *options;
	if (start(r, loop, err) < 0) {
		report_free(r);
		return NULL;
	}
	return r;
}

void report_news(struct report *r, const struct uplink_news *news)
{
	AUTO_BUF struct buf data = BUF(DATA_MAX);
	AUTO_FREE char *kind = str_dup(news->kind);
	AUTO_FREE char *text = str_dup(news->text);
	struct jw j = JW(&data);

	jw_obj(&j);
	jw_ki64(&j, "count", news->count);
	jw_end_obj(&j);
	ship_event(r->ship,
	           &(struct ship_event){ .kind = kind,
	                                 .level = str_is(news->kind, "agent.crash") ? EVENT_ERROR
	                                                                            : EVENT_INFO,
	                                 .text = text,
	                                 .data = buf_as_str(&data),
	                                 .wall_ms = news->time_ms,
	                                 .ref = news->id });
}

void report_stop(struct report *r, void (*done)(void *arg), void *arg)
{
	ship_stop(r->ship, done, arg);
}

void report_free(struct report *r)
{
	if (r == NULL)
		return;
	if (r->facts_timer != NULL)
		event_free(r->facts_timer);
	ship_free(r->ship);
	collect_close(r->collect);
	notices_done(&r->notices);
	free(r);
}
