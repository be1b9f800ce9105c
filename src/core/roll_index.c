/*
 * roll_index.c - the roll's hosts by slot, id and ip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "base/mem.h"
#include "core/roll_int.h"

static struct str id_key(const struct host_id *id)
{
	return (struct str){ (const char *)id->b, sizeof(id->b) };
}

struct host *roll_host_of(const struct roll *r, roll_ref ref)
{
	size_t slot = (size_t)(ref & UINT32_MAX);

	if (ref == 0 || slot >= r->n_slots || r->slots[slot] == NULL)
		return NULL;
	return r->slots[slot]->pub.ref == ref ? r->slots[slot] : NULL;
}

struct host *roll_first_of_id(const struct roll *r, struct host_id id)
{
	return map_get(&r->ids, id_key(&id));
}

struct ip_entry *roll_ip_entry(const struct roll *r, struct str ip)
{
	return map_get(&r->ips, ip);
}

static void count(struct roll *r, const struct host *h, size_t by)
{
	r->counts[h->pub.state] += by;
	if (h->at == NULL)
		return;
	h->at->n += by;
	h->at->n_online += h->pub.state == ROLL_ONLINE ? by : 0;
	h->at->n_offline += h->pub.state == ROLL_OFFLINE ? by : 0;
}

void roll_set_state(struct roll *r, struct host *h, enum roll_state state)
{
	count(r, h, (size_t)-1);
	h->pub.state = state;
	count(r, h, 1);
}

static void link_ip(struct host *h)
{
	h->prev_ip = NULL;
	h->next_ip = h->at->first;
	if (h->next_ip != NULL)
		h->next_ip->prev_ip = h;
	h->at->first = h;
}

static void unlink_ip(struct host *h)
{
	if (h->prev_ip != NULL)
		h->prev_ip->next_ip = h->next_ip;
	else
		h->at->first = h->next_ip;
	if (h->next_ip != NULL)
		h->next_ip->prev_ip = h->prev_ip;
}

void roll_to_front(struct host *h)
{
	if (h->prev_ip == NULL)
		return;
	unlink_ip(h);
	link_ip(h);
}

static void leave_ip(struct roll *r, struct host *h)
{
	count(r, h, (size_t)-1);
	unlink_ip(h);
	if (h->at->n == 0) {
		(void)map_remove(&r->ips, str_of(h->pub.ip));
		free(h->at);
	}
	h->at = NULL;
}

static void enter_ip(struct roll *r, struct host *h, struct str ip)
{
	bool copied = str_copy(ip, h->pub.ip, sizeof(h->pub.ip));

	assert(copied);
	h->at = roll_ip_entry(r, ip);
	if (h->at == NULL) {
		h->at = xcalloc(1, sizeof(*h->at));
		(void)map_put(&r->ips, ip, h->at);
	}
	link_ip(h);
	count(r, h, 1);
}

void roll_put_on(struct roll *r, struct host *h, struct str ip)
{
	leave_ip(r, h);
	enter_ip(r, h, ip);
}

static size_t take_slot(struct roll *r)
{
	if (r->n_free != 0)
		return r->free_slots[--r->n_free];
	r->slots = xgrow(r->slots, &r->cap_slots, r->n_slots + 1, sizeof(struct host *));
	r->generations =
		xgrow(r->generations, &r->cap_generations, r->n_slots + 1, sizeof(*r->generations));
	r->generations[r->n_slots] = 0;
	return r->n_slots++;
}

struct host *roll_add(struct roll *r, struct host_id id, struct str ip)
{
	if (r->n_hosts >= r->options.max_hosts)
		return NULL;
	struct host *h = xcalloc(1, sizeof(*h));
	struct host *first = roll_first_of_id(r, id);

	h->slot = take_slot(r);
	r->slots[h->slot] = h;
	h->pub.ref = (roll_ref)++r->generations[h->slot] << 32 | h->slot;
	h->pub.id = id;
	h->pub.state = h->pub.told = ROLL_UNKNOWN;
	if (first == NULL) {
		(void)map_put(&r->ids, id_key(&id), h);
	} else {
		h->next_id = first->next_id;
		first->next_id = h;
	}
	enter_ip(r, h, ip);
	r->n_hosts++;
	return h;
}

static void leave_id(struct roll *r, struct host *h)
{
	struct host *first = roll_first_of_id(r, h->pub.id);

	if (first != h) {
		while (first->next_id != h)
			first = first->next_id;
		first->next_id = h->next_id;
	} else if (h->next_id != NULL) {
		(void)map_put(&r->ids, id_key(&h->pub.id), h->next_id);
	} else {
		(void)map_remove(&r->ids, id_key(&h->pub.id));
	}
}

void roll_drop(struct roll *r, struct host *h)
{
	roll_disarm(r, h);
	leave_id(r, h);
	leave_ip(r, h);
	r->slots[h->slot] = NULL;
	r->free_slots = xgrow(r->free_slots, &r->cap_free, r->n_free + 1, sizeof(*r->free_slots));
	r->free_slots[r->n_free++] = h->slot;
	r->n_hosts--;
	free(h);
}

void roll_set_user(struct roll *r, roll_ref host, void *user)
{
	struct host *h = roll_host_of(r, host);

	if (h != NULL)
		h->pub.user = user;
}

const struct roll_host *roll_get(const struct roll *r, roll_ref host)
{
	const struct host *h = roll_host_of(r, host);

	return h != NULL ? &h->pub : NULL;
}

const struct roll_host *roll_by_id(const struct roll *r, struct host_id id)
{
	const struct host *best = roll_first_of_id(r, id);

	for (const struct host *h = best; h != NULL; h = h->next_id)
		if (h->heard_no > best->heard_no)
			best = h;
	return best != NULL ? &best->pub : NULL;
}

const struct roll_host *roll_by_ip(const struct roll *r, struct str ip)
{
	const struct ip_entry *e = roll_ip_entry(r, ip);
	const struct host *h = e != NULL ? e->first : NULL;

	/* The one heard last is in front; it may have said goodbye to one that still is there. */
	while (h != NULL && e->n_online != 0 && h->pub.state != ROLL_ONLINE)
		h = h->next_ip;
	return h != NULL ? &h->pub : NULL;
}

size_t roll_slots(const struct roll *r)
{
	return r->n_slots;
}

const struct roll_host *roll_at(const struct roll *r, size_t slot)
{
	return slot < r->n_slots && r->slots[slot] != NULL ? &r->slots[slot]->pub : NULL;
}

size_t roll_count(const struct roll *r, enum roll_state state)
{
	return state < ROLL_N_STATES ? r->counts[state] : 0;
}
