/*
 * fleet.c - what we know of each host besides its state: names, numbers, its latest messages.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "server/ingest/hub_int.h"

enum { SAVE_BATCH = 500 };

struct fleet_host *fleet_of(struct hub *h, const struct roll_host *host)
{
	struct fleet_host *f = host->user;

	if (f != NULL)
		return f;
	f = xcalloc(1, sizeof(*f));
	f->hostname = xstrdup("");
	f->region = xstrdup("unknown");
	f->version = xstrdup("");
	f->mac = xstrdup("");
	f->sn = xstrdup("");
	f->load1 = f->cpu = f->mem = f->disk = NAN;
	f->net_in = f->net_out = f->cores = f->offset_ms = NAN;
	roll_set_user(h->roll, host->ref, f);
	return f;
}

static void kept_unref(struct kept *k)
{
	if (k != NULL && --k->refs == 0)
		free(k);
}

void fleet_host_free(struct fleet_host *f)
{
	if (f == NULL)
		return;
	fleet_ring_drop(f);
	kept_unref(f->latest);
	free(f->hostname);
	free(f->region);
	free(f->version);
	free(f->mac);
	free(f->sn);
	free(f->info);
	free(f);
}

struct hub_host fleet_view(const struct roll_host *host, const struct fleet_host *f)
{
	return (struct hub_host){
		.id = host->id,
		.ip = host->ip,
		.hostname = f->hostname,
		.region = f->region,
		.state = host->state,
		.since_ms = host->since_ms,
		.seen_ms = host->seen_ms,
		.first_seen_ms = f->first_seen_ms,
		.interval_ms = host->interval_ms,
		.load1 = f->load1,
		.cpu = f->cpu,
		.mem = f->mem,
		.disk = f->disk,
		.net_in = f->net_in,
		.net_out = f->net_out,
		.cores = f->cores,
		.offset_ms = f->offset_ms,
		.version = f->version,
		.mac = f->mac,
		.info = f->info != NULL ? (struct str){ f->info, f->info_len } : STR("{}"),
		.flapping = host->flapping,
		.duplicate = host->duplicate_id || host->duplicate_ip,
		.rev = f->rev,
	};
}

bool fleet_set(char **text, struct str to)
{
	if (str_is(to, *text))
		return false;
	free(*text);
	*text = str_dup(to);
	return true;
}

/* ---- messages ---- */

static struct kept *kept_new(struct str text, int64_t ts_ms, int64_t seen_ms)
{
	struct kept *k = xcalloc(1, sizeof(*k) + text.len + 1);

	k->refs = 1;
	k->ts_ms = ts_ms;
	k->seen_ms = seen_ms;
	k->len = text.len;
	memcpy(k->text, text.p, text.len);
	return k;
}

static struct kept **ring_slot(struct ring *r, size_t i)
{
	return &r->list[(r->at + i) % HUB_RECENT_MAX];
}

static void ring_drop_oldest(struct ring *r)
{
	struct kept **slot = ring_slot(r, 0);

	r->bytes -= (*slot)->len;
	kept_unref(*slot);
	*slot = NULL;
	r->at = (r->at + 1) % HUB_RECENT_MAX;
	r->n--;
}

/* Adds a message where its stamp belongs; one with a stamp that is there already is left out. */
static void ring_add(struct ring *r, struct kept *k)
{
	size_t i;

	while (r->n > 0 && (r->n == HUB_RECENT_MAX || r->bytes + k->len > RING_BYTES)) {
		if (k->ts_ms <= (*ring_slot(r, 0))->ts_ms)
			return;
		ring_drop_oldest(r);
	}
	for (i = r->n; i > 0 && (*ring_slot(r, i - 1))->ts_ms >= k->ts_ms; i--)
		if ((*ring_slot(r, i - 1))->ts_ms == k->ts_ms)
			return;
	for (size_t j = r->n; j > i; j--)
		*ring_slot(r, j) = *ring_slot(r, j - 1);
	k->refs++;
	*ring_slot(r, i) = k;
	r->n++;
	r->bytes += k->len;
}

void fleet_ring_start(struct fleet_host *f)
{
	if (f->ring != NULL)
		return;
	f->ring = xcalloc(1, sizeof(*f->ring));
	if (f->latest != NULL)
		ring_add(f->ring, f->latest);
}

void fleet_ring_drop(struct fleet_host *f)
{
	while (f->ring != NULL && f->ring->n > 0)
		ring_drop_oldest(f->ring);
	free(f->ring);
	f->ring = NULL;
}

void fleet_take(struct hub *h, struct fleet_host *f, const struct message_digest *m,
                struct str text, int64_t ts_ms)
{
	f->load1 = m->load1;
	f->cpu = m->cpu;
	f->mem = m->mem;
	f->disk = m->disk;
	f->net_in = m->net_in;
	f->net_out = m->net_out;
	f->cores = m->cores;
	f->offset_ms = m->offset_ms;
	if (text.len > MESSAGE_KEEP_BYTES)
		return;
	struct kept *k = kept_new(text, ts_ms, hub_now_ms(h));
	kept_unref(f->latest);
	f->latest = k;
	if (f->ring != NULL)
		ring_add(f->ring, k);
}

void fleet_take_old(struct hub *h, struct fleet_host *f, struct str text, int64_t ts_ms)
{
	if (text.len > MESSAGE_KEEP_BYTES || f->ring == NULL)
		return;
	struct kept *k = kept_new(text, ts_ms, hub_now_ms(h));
	ring_add(f->ring, k);
	kept_unref(k);
}

/* ---- SQL ---- */

void fleet_dirty(struct hub *h, roll_ref host, struct fleet_host *f)
{
	if (f->is_dirty)
		return;
	f->is_dirty = true;
	h->dirty = xgrow(h->dirty, &h->cap_dirty, h->n_dirty + 1, sizeof(*h->dirty));
	h->dirty[h->n_dirty++] = host;
}

static enum host_status status_of(enum roll_state state)
{
	switch (state) {
	case ROLL_ONLINE:
		return HOST_ONLINE;
	case ROLL_OFFLINE:
		return HOST_OFFLINE;
	default:
		return HOST_UNKNOWN;
	}
}

static bool fill_row(struct hub *h, roll_ref ref, struct host_row *row)
{
	const struct roll_host *host = roll_get(h->roll, ref);

	if (host == NULL)
		return false;
	struct fleet_host *f = fleet_of(h, host);
	f->is_dirty = false;
	/* A host nobody let in yet leaves no trace; of several with one id the one heard last is kept. */
	if (!host->enrolled || roll_by_id(h->roll, host->id) != host)
		return false;
	if (f->first_seen_ms == 0)
		f->first_seen_ms = hub_now_ms(h);
	f->is_stored = true;
	*row = (struct host_row){
		.host = host->id,
		.ip = str_of(host->ip),
		.hostname = str_of(f->hostname),
		.sn = str_of(f->sn),
		.status = status_of(host->told),
		.info = f->info != NULL ? (struct str){ f->info, f->info_len } : STR(""),
		.since_ms = host->since_ms,
		.seen_ms = host->seen_ms,
		.interval_ms = host->interval_ms,
		.first_seen_ms = f->first_seen_ms,
	};
	return true;
}

void fleet_flush(struct hub *h)
{
	struct host_row rows[SAVE_BATCH];
	size_t n = 0;

	for (size_t i = 0; i < h->n_dirty; i++) {
		if (fill_row(h, h->dirty[i], &rows[n]))
			n++;
		if (n == SAVE_BATCH || (n > 0 && i + 1 == h->n_dirty)) {
			store_hosts_save(h->store, rows, n, NULL, NULL);
			n = 0;
		}
	}
	h->n_dirty = 0;
}
