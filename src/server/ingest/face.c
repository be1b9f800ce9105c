/*
 * face.c - hub.h for the API: looking at hosts, listening, watching, accepting, forgetting, health.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <string.h>

#include "server/ingest/hub_int.h"
#include "wire/keys.h"

int64_t hub_now_ms(const struct hub *h)
{
	return hub_moment(h).wall_ms;
}

uint64_t hub_rev(const struct hub *h)
{
	return h->rev;
}

struct store *hub_store(const struct hub *h)
{
	return h->store;
}

/* A host's record; NULL for the moment between its entry in the roll and its first effect. */
static const struct fleet_host *record_of(const struct roll_host *host)
{
	return host != NULL ? host->user : NULL;
}

void hub_each(const struct hub *h, bool (*fn)(const struct hub_host *host, void *arg), void *arg)
{
	for (size_t i = 0; i < roll_slots(h->roll); i++) {
		const struct roll_host *host = roll_at(h->roll, i);
		const struct fleet_host *f = record_of(host);
		if (f == NULL)
			continue;
		struct hub_host view = fleet_view(host, f);
		if (!fn(&view, arg))
			return;
	}
}

size_t hub_count(const struct hub *h)
{
	size_t n = 0;

	for (int state = 0; state < ROLL_N_STATES; state++)
		n += roll_count(h->roll, (enum roll_state)state);
	return n;
}

bool hub_find(const struct hub *h, struct str ip, struct hub_host *ret)
{
	const struct roll_host *host = roll_by_ip(h->roll, ip);
	const struct fleet_host *f = record_of(host);

	if (f == NULL)
		return false;
	*ret = fleet_view(host, f);
	return true;
}

static struct hub_sample sample_of(const struct kept *k)
{
	return (struct hub_sample){
		.ts_ms = k->ts_ms,
		.seen_ms = k->seen_ms,
		.info = { k->text, k->len },
	};
}

bool hub_latest(const struct hub *h, struct str ip, struct hub_sample *ret)
{
	const struct fleet_host *f = record_of(roll_by_ip(h->roll, ip));

	if (f == NULL || f->latest == NULL)
		return false;
	*ret = sample_of(f->latest);
	return true;
}

size_t hub_recent(const struct hub *h, struct str ip,
                  void (*fn)(const struct hub_sample *sample, void *arg), void *arg)
{
	const struct fleet_host *f = record_of(roll_by_ip(h->roll, ip));
	struct hub_sample sample;

	if (f == NULL || f->latest == NULL)
		return 0;
	if (f->ring == NULL) {
		sample = sample_of(f->latest);
		fn(&sample, arg);
		return 1;
	}
	for (size_t i = 0; i < f->ring->n; i++) {
		sample = sample_of(f->ring->list[(f->ring->at + i) % HUB_RECENT_MAX]);
		fn(&sample, arg);
	}
	return f->ring->n;
}

int hub_listen(struct hub *h, const struct hub_listener *listener)
{
	for (int i = 0; i < HUB_MAX_LISTENERS; i++) {
		if (h->listens[i])
			continue;
		h->listeners[i] = *listener;
		h->listens[i] = true;
		return i;
	}
	return -ENOSPC;
}

void hub_unlisten(struct hub *h, int number)
{
	if (number >= 0 && number < HUB_MAX_LISTENERS)
		h->listens[number] = false;
}

void hub_tell_host(struct hub *h, const struct roll_host *host, struct fleet_host *f,
                   unsigned changes)
{
	f->rev = ++h->rev;
	const struct hub_host view = fleet_view(host, f);
	for (size_t i = 0; i < HUB_MAX_LISTENERS; i++)
		if (h->listens[i] && h->listeners[i].on_host != NULL)
			h->listeners[i].on_host(&view, changes, h->listeners[i].arg);
}

/* ---- asking ---- */

static const struct roll_host *need_host(const struct hub *h, struct str ip, struct err *err)
{
	const struct roll_host *host = roll_by_ip(h->roll, ip);

	if (host == NULL)
		(void)err_set(err, -ENOENT, "there is no host " STR_FMT,
		              (int)(ip.len < 60 ? ip.len : 60), ip.p);
	return host;
}

static int need_redis(const struct hub *h, struct err *err)
{
	return bus_is_up(h->bus) ? 0
	                         : err_set(err, -ENOTCONN, "Redis is away: %s", h->redis.message);
}

int hub_watch(struct hub *h, struct str ip, int64_t *ret_until_ms, struct err *err)
{
	const struct roll_host *host = need_host(h, ip, err);
	int64_t now = clock_mono_ms();

	if (host == NULL)
		return -ENOENT;
	struct fleet_host *f = fleet_of(h, host);
	bool is_new = f->watch_until_ms == 0 || now >= f->watch_until_ms;
	if (f->watch_until_ms == 0) {
		if (h->n_watched >= WATCHED_MAX)
			return err_set(err, -EAGAIN, "%d hosts are watched already", WATCHED_MAX);
		h->n_watched++;
	}
	f->watch_until_ms = now + HUB_WATCH_MS;
	f->ring_until_ms = now + RING_KEEP_MS;
	if (f->ring == NULL) {
		fleet_ring_start(f);
		sweep_recent(h, host);
	}
	steer_watch(h, str_of(host->ip), is_new);
	*ret_until_ms = hub_now_ms(h) + HUB_WATCH_MS;
	return 0;
}

int hub_accept(struct hub *h, struct str ip, const char *who, struct err *err)
{
	const struct roll_host *host = need_host(h, ip, err);
	int r;

	if (host == NULL)
		return -ENOENT;
	if (host->state != ROLL_WAITING)
		return err_set(err, -EALREADY, "%s does not wait to be let in; it is %s", host->ip,
		               roll_state_name(host->state));
	r = need_redis(h, err);
	if (r < 0)
		return r;
	steer_enrol(h, str_of(host->ip));
	notes_host(h, host, "host.accepted", EVENT_INFO, STR(""), "%s was let in by %s", host->ip,
	           who);
	return 0;
}

int hub_forget(struct hub *h, struct str ip, const char *who, struct err *err)
{
	const struct roll_host *host = need_host(h, ip, err);
	char name[HOST_IP_SIZE];
	int r;

	if (host == NULL)
		return -ENOENT;
	if (host->state == ROLL_ONLINE)
		return err_set(err, -EBUSY, "%s is online; stop its agent first", host->ip);
	r = need_redis(h, err);
	if (r < 0)
		return r;
	(void)str_copy(str_of(host->ip), name, sizeof(name));
	notes_host(h, host, "host.forgotten", EVENT_INFO, STR(""), "%s was forgotten by %s", name,
	           who);
	if (!roll_forget(h->roll, host->ref))
		return err_set(err, -EBUSY, "%s cannot be forgotten now", name);
	effects_run(h);
	/* Another host may live on this ip; then its keys are not ours to remove. */
	if (roll_by_ip(h->roll, str_of(name)) == NULL)
		steer_forget(h, str_of(name));
	return 0;
}

void hub_checkstate(struct hub *h, void (*cb)(const struct hub_check *check, void *arg), void *arg)
{
	check_now(h->check, cb, arg);
}

/* ---- health ---- */

static void add_part(struct hub_health *ret, const char *name, const struct part *p)
{
	ret->parts[ret->n_parts++] = (struct hub_part){
		.name = name,
		.state = p->ok ? "ok" : "down",
		.ok = p->ok,
		.since_ms = p->since_ms,
		.message = p->message,
	};
}

void hub_health(struct hub *h, struct hub_health *ret)
{
	*ret = (struct hub_health){
		.ok = true,
		.uptime_ms = clock_mono_ms() - h->start_mono_ms,
		.messages = h->messages,
		.malformed = h->malformed,
	};
	for (int state = 0; state < ROLL_N_STATES; state++)
		ret->hosts[state] = roll_count(h->roll, (enum roll_state)state);
	add_part(ret, "redis", &h->redis);
	add_part(ret, "sql", &h->sql);
	add_part(ret, "ingest", &h->ingest);
	check_health(h->check, &ret->parts[ret->n_parts++]);
	for (size_t i = 0; i < ret->n_parts; i++)
		ret->ok = ret->ok && ret->parts[i].ok;
}
