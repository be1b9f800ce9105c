/*
 * roll_int.h - the roll's hosts, indexes and timers; private to roll*.c.
 *
 * Reports come 100,000 in a second, deadlines pass once in a while: a report only notes when the host was
 * heard. The heap holds each host at a time that is never later than its deadline; when that time comes, a
 * host heard meanwhile is put back. So a report is O(1), and a timer O(log n) once a deadline.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_ROLL_INT_H
#define CORE_ROLL_INT_H

#include "base/map.h"
#include "core/roll.h"

enum { ROLL_RING_START = 64 };

struct host;

/* All hosts that say they are on one ip, the one heard last in front. */
struct ip_entry {
	struct host *first;
	size_t n, n_online, n_offline;
};

struct host {
	struct roll_host pub;
	size_t slot;

	struct ip_entry *at;            /* the ip's entry */
	struct host *next_ip, *prev_ip; /* others there */
	struct host *next_id;           /* clones: other entries of the id */

	int64_t span_ms;       /* silence allowed: max(3 x interval, floor) */
	int64_t granted_ms;    /* deadline granted by a look at Redis */
	int64_t look_ms;       /* when the look without an answer was asked for; 0 = none */
	int64_t announcing_ms; /* enrolled, but announces itself as waiting, since; 0 = no */
	uint64_t heard_no;     /* number of the report that was its last */
	uint64_t came_no;      /* number of the report that brought it to this ip */

	bool marked; /* mark_* hold the last message heard or looked up */
	int64_t mark_ts_ms;
	uint64_t mark_seq;
	int64_t mark_ms; /* when it was heard, by our clock; 0 = it was not, but looked up */
	int64_t lag_ms;  /* how old the last message heard was, by its stamp */

	char old_ip
		[HOST_IP_SIZE]; /* where it was before; "" = 0 was written there, or nothing to write */
	int64_t moved_ms;
	unsigned drops;       /* moves at which the seq went back: two agents, or one restarted */
	unsigned rivals;      /* times heard in turn with another on the ip */
	int64_t clock_off_ms; /* its stamps are not believed since; 0 = they are */

	int64_t changes_ms[ROLL_FLAP_CHANGES]; /* ring of its last ups and downs */
	unsigned n_changes;

	size_t heap_at;   /* index in the heap + 1, 0 = not there */
	int64_t armed_ms; /* its key there */
};

struct roll {
	struct roll_options options;
	struct host **slots;   /* NULL = free */
	uint32_t *generations; /* of each slot */
	size_t n_slots, cap_slots, cap_generations;
	size_t *free_slots; /* a stack */
	size_t n_free, cap_free, n_hosts;
	size_t counts[ROLL_N_STATES];
	struct map ids; /* id (16 bytes) -> struct host, first of its entries */
	struct map ips; /* ip -> struct ip_entry */

	struct host **heap; /* least (armed_ms, slot) first */
	size_t n_heap, cap_heap;

	struct roll_effect *effects; /* a ring */
	size_t effects_from, n_effects, cap_effects;

	bool bus_up;
	bool full_told;
	int64_t epoch_ms; /* since then we can hear without a break */
	int64_t ticked_ms;
	uint64_t reports; /* heard so far */
};

/* roll_index.c */

/** The host of `ref`, or NULL. */
struct host *roll_host_of(const struct roll *r, roll_ref ref);

/** The first entry of `id`, or NULL. */
struct host *roll_first_of_id(const struct roll *r, struct host_id id);

/** The entry of `ip`, or NULL when nobody is there. */
struct ip_entry *roll_ip_entry(const struct roll *r, struct str ip);

/** A new UNKNOWN host on `ip`, in both indexes; NULL when there is no room. */
struct host *roll_add(struct roll *r, struct host_id id, struct str ip);

/** Takes a host out of everything and frees it. */
void roll_drop(struct roll *r, struct host *h);

/** Moves a host to another ip. */
void roll_put_on(struct roll *r, struct host *h, struct str ip);

/** Puts a host in front of the others on its ip: it was heard last. */
void roll_to_front(struct host *h);

/** Sets the state and keeps the counts. */
void roll_set_state(struct roll *r, struct host *h, enum roll_state state);

/* roll_queue.c */

/** Has the host's timer come at `at_ms` at the latest; INT64_MAX = not at all, once it has come. */
void roll_arm(struct roll *r, struct host *h, int64_t at_ms);

/** Takes a host's timer out of the heap. */
void roll_disarm(struct roll *r, struct host *h);

/** Takes the next host whose timer has come; NULL = none. */
struct host *roll_next_due(struct roll *r, int64_t now_ms);

/** Appends an effect about `h` (may be NULL) and returns it, to be filled in. */
struct roll_effect *roll_emit(struct roll *r, enum roll_effect_kind kind, const struct host *h);

/** Appends a finding about `h`. */
struct roll_effect *roll_find(struct roll *r, enum roll_finding finding, const struct host *h);

/* roll_identity.c */

/** Has 0 written for an ip where nobody is, or may be, alive. */
void roll_zero(struct roll *r, const char *ip);

/** Somebody left the ip: who was one of two there may be alone now. */
void roll_settle_ip(struct roll *r, const char *ip);

/** Tells that the entry is gone, and frees it. */
void roll_remove(struct roll *r, struct host *h);

/** Whether another entry of the host's id is online. */
bool roll_has_living_clone(const struct roll *r, const struct host *h);

/**
 * The entry of (id, ip), made, moved or split off as needed; NULL = no room. `m` is the message, NULL for an
 * announcement. A host follows its id to another ip at once; but when the messages of two ips come in turn and
 * their numbers do not make one row, two machines have the id.
 */
struct host *roll_entry_of(struct roll *r, struct host_id id, struct str ip,
                           const struct roll_report *m, struct moment now);

/**
 * `h` was heard; `before_no` is the number of its report before. Finds two on one ip: each heard after the
 * other, twice.
 */
void roll_check_rivals(struct roll *r, struct host *h, uint64_t before_no);

/* roll.c */

/** A message that was heard before, or overtaken by a later one of the same life of the agent. */
bool roll_is_echo(const struct host *h, const struct roll_report *m);

/** Takes over the host's report interval (clamped; 0 = not told). */
void roll_learn_interval(struct host *h, int64_t interval_ms);

/** Sets the host's timer to whatever it waits for next. */
void roll_rearm(struct roll *r, struct host *h);

#endif
