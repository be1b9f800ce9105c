/*
 * roll_identity.c - which host a message is from: new ones, moved ones, and two that claim the same id or ip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/roll_int.h"

enum { MAX_WALK = 64 /* hosts on one ip that are looked at one by one */ };

/* Has 0 written for an ip where nobody is, or may be, alive. */
void roll_zero(struct roll *r, const char *ip)
{
	const struct ip_entry *there = roll_ip_entry(r, str_of(ip));

	if (there != NULL && there->n != there->n_offline)
		return;
	struct roll_effect *e = roll_emit(r, ROLL_ZERO, there != NULL ? there->first : NULL);
	(void)str_copy(str_of(ip), e->ip, sizeof(e->ip));
}

/* Somebody left the ip: who was one of two there may be alone now. */
void roll_settle_ip(struct roll *r, const char *ip)
{
	struct ip_entry *there = roll_ip_entry(r, str_of(ip));
	struct host *h = there != NULL ? there->first : NULL;

	for (int i = 0; h != NULL && i < MAX_WALK; h = h->next_ip, i++) {
		h->rivals = 0;
		if (!h->pub.duplicate_ip || (h->pub.state == ROLL_ONLINE && there->n_online > 1))
			continue;
		h->pub.duplicate_ip = false;
		roll_find(r, ROLL_DUPLICATE_OVER, h);
	}
}

void roll_remove(struct roll *r, struct host *h)
{
	char ip[HOST_IP_SIZE];
	struct host_id id = h->pub.id;

	memcpy(ip, h->pub.ip, sizeof(ip));
	if (h->old_ip[0] != '\0')
		roll_zero(r, h->old_ip);
	roll_emit(r, ROLL_GONE, h);
	roll_drop(r, h);
	roll_zero(r, ip);
	roll_settle_ip(r, ip);
	struct host *left = roll_first_of_id(r, id);
	if (left != NULL && left->next_id == NULL && left->pub.duplicate_id) {
		left->pub.duplicate_id = false;
		left->drops = 0;
		roll_find(r, ROLL_DUPLICATE_OVER, left);
	}
}

bool roll_has_living_clone(const struct roll *r, const struct host *h)
{
	for (const struct host *o = roll_first_of_id(r, h->pub.id); o != NULL; o = o->next_id)
		if (o != h && o->pub.state == ROLL_ONLINE)
			return true;
	return false;
}

static struct host *add_host(struct roll *r, struct host_id id, struct str ip)
{
	struct host *h = roll_add(r, id, ip);

	if (h == NULL) {
		if (!r->full_told)
			roll_find(r, ROLL_FULL, NULL);
		r->full_told = true;
		return NULL;
	}
	roll_learn_interval(h, r->options.default_interval_ms);
	h->came_no = r->reports + 1;
	return h;
}

static struct host *add_new_host(struct roll *r, struct host_id id, struct str ip)
{
	struct host *h = add_host(r, id, ip);

	if (h != NULL)
		roll_emit(r, ROLL_NEW, h);
	return h;
}

/* One id on another ip as well: an entry of its own, so that neither overwrites the other. */
static struct host *add_clone(struct roll *r, struct host *first, struct str ip)
{
	size_t n = 0;

	for (struct host *h = first; h != NULL; h = h->next_id)
		n++;
	struct host *clone = n < ROLL_MAX_CLONES ? add_host(r, first->pub.id, ip) : NULL;
	if (clone == NULL)
		return NULL;
	for (struct host *h = first; h != NULL; h = h->next_id)
		h->pub.duplicate_id = true;
	roll_emit(r, ROLL_NEW, clone);
	struct roll_effect *e = roll_find(r, ROLL_DUPLICATE_ID, clone);
	e->other_id = first->pub.id;
	memcpy(e->other_ip, first->pub.ip, sizeof(e->other_ip));
	return clone;
}

static void move(struct roll *r, struct host *h, struct str ip, struct moment now)
{
	bool was_two = h->pub.duplicate_ip;
	char from[HOST_IP_SIZE];

	memcpy(from, h->pub.ip, sizeof(from));
	if (h->old_ip[0] != '\0' && !str_is(ip, h->old_ip))
		roll_zero(
			r,
			h->old_ip); /* on the move again: the place before the last one is left for good */
	roll_put_on(r, h, ip);
	memcpy(h->old_ip, from, sizeof(h->old_ip));
	h->moved_ms = now.mono_ms;
	h->came_no = r->reports + 1;
	h->rivals = 0;
	h->pub.duplicate_ip = false;
	struct roll_effect *e = roll_find(r, ROLL_MOVED, h);
	memcpy(e->other_ip, from, sizeof(e->other_ip));
	if (was_two)
		roll_find(r, ROLL_DUPLICATE_OVER, h);
	roll_settle_ip(r, from);
	roll_rearm(r, h);
}

/*
 * The entry of (id, ip). A host follows its id to another ip at once; but when the messages of two ips come in turn,
 * and their numbers do not make one row, two machines have the id.
 */
struct host *roll_entry_of(struct roll *r, struct host_id id, struct str ip,
                           const struct roll_report *m, struct moment now)
{
	struct host *first = roll_first_of_id(r, id);

	if (first == NULL)
		return add_new_host(r, id, ip);
	for (struct host *h = first; h != NULL; h = h->next_id)
		if (str_is(ip, h->pub.ip))
			return h;
	if (first->next_id != NULL)
		return add_clone(r, first, ip);
	if (m != NULL && roll_is_echo(first, m))
		return first;
	if (first->moved_ms == 0 || now.mono_ms - first->moved_ms > first->span_ms)
		first->drops = 0;
	if (m != NULL && first->marked && m->seq <= first->mark_seq)
		first->drops++;
	if (first->drops >= 2)
		return add_clone(r, first, ip);
	move(r, first, ip, now);
	return first;
}

/* Heard on an ip where another was heard since its own last message: twice so, and there are two. */
void roll_check_rivals(struct roll *r, struct host *h, uint64_t before_no)
{
	struct host *o = h->at->first != h ? h->at->first : h->next_ip;

	if (o == NULL || o->pub.state != ROLL_ONLINE || before_no < h->came_no ||
	    o->heard_no < before_no || before_no == 0)
		return;
	h->rivals++;
	if (h->rivals + o->rivals < 2 || (h->pub.duplicate_ip && o->pub.duplicate_ip))
		return;
	h->pub.duplicate_ip = o->pub.duplicate_ip = true;
	struct roll_effect *e = roll_find(r, ROLL_DUPLICATE_IP, h);
	e->other_id = o->pub.id;
	memcpy(e->other_ip, o->pub.ip, sizeof(e->other_ip));
}
