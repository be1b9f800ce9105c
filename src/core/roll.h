/*
 * roll.h - the roll of the fleet: who is there, who is not, since when and why.
 *
 * Hosts are kept by their id; the ip is an attribute with an index. A host is online while it is heard, and
 * offline when it was not heard for three of its intervals (15 s at least). Silence is only evidence while
 * we could have heard: with the bus down, after its return, after our own start or a stall, nobody is
 * declared dead until a fresh full deadline (with time for the agent's back-off) has passed. And since
 * pub/sub is lossy, a host whose deadline passed is first looked up in Redis (ROLL_LOOK): only when
 * nothing new was written there is it declared dead.
 *
 * Pure: the shell tells what it heard, and takes what is to be done with roll_take(). Times: deadlines by
 * moment.mono_ms; stamps by moment.wall_ms, which the shell corrects to the hub's true time (offset.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_ROLL_H
#define CORE_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "core/hostid.h"
#include "core/moment.h"

enum {
	ROLL_INTERVALS = 3,    /* offline after so many intervals without a sign */
	ROLL_FLOOR_MS = 15000, /* but never sooner */
	ROLL_RECONNECT_MS =
		35000,        /* agents' longest back-off and its connect; added after an outage */
	ROLL_STALL_MS = 5000, /* ticks further apart: we slept, nobody else did */
	ROLL_LOOK_AGAIN_MS = 5000,    /* a look without an answer is repeated */
	ROLL_WAITING_MS = 90000,      /* a waiting host not heard for so long is gone */
	ROLL_FLAP_CHANGES = 4,        /* so many changes of state ... */
	ROLL_FLAP_WINDOW_MS = 600000, /* ... in so long: flapping, until none came for so long */
	ROLL_MAX_AHEAD_MS = 60000,    /* a stamp further ahead or behind is not believed */
	ROLL_MAX_BEHIND_MS = 60000,
	ROLL_REPLAY_MS =
		5000, /* an older seq and a stamp up to so much older: an echo, not a sign of life */
	ROLL_CLOCK_MS =
		150000, /* a host's clock is found off when it was for so long: two rounds of TIME */
	ROLL_MAX_CLONES = 8, /* entries one id can have */
};

enum roll_state { ROLL_UNKNOWN, ROLL_WAITING, ROLL_ONLINE, ROLL_OFFLINE, ROLL_N_STATES };

/* Why a state changed. */
enum roll_cause {
	ROLL_HEARD,     /* it reported */
	ROLL_SILENT,    /* its deadline passed */
	ROLL_GOODBYE,   /* it stopped cleanly */
	ROLL_ANNOUNCED, /* it waits for its configuration */
	ROLL_N_CAUSES
};

enum roll_effect_kind {
	/* `host` went `from` -> `to`. `from` is what was last told, so across a server restart it is what SQL
	 * holds. from == to: confirmed after a restart, nothing to tell. `quiet`: no event, the host flaps. */
	ROLL_CHANGE,
	ROLL_NEW, /* a host never seen before; a CHANGE follows */
	ROLL_GONE, /* the entry was removed (forgotten, or a clone that fell silent); `user` is handed back */
	ROLL_LOOK, /* read server:info:{ip} id, seen, seq, interval; answer roll_looked(), with host 0 roll_looked_ip() */
	ROLL_ZERO, /* write 0 for `ip`: nobody alive is there. Not when the bus is down: it comes again */
	/* `host` announced that it waits. If it has reported before (roll_host.enrolled), was accepted, or if any may
	 * come, write server:config:{ip} and ring its bell. Comes with each announcement, so none has to succeed. */
	ROLL_ENROL,
	ROLL_FINDING, /* something a person should know: `finding` */
};

enum roll_finding {
	ROLL_FOUND_NOTHING,
	ROLL_DUPLICATE_IP,   /* host and other_id both live on `ip` */
	ROLL_DUPLICATE_ID,   /* one id lives on `ip` and on `other_ip` */
	ROLL_DUPLICATE_OVER, /* host is no longer one of two */
	ROLL_MOVED,          /* host went from `other_ip` to `ip` */
	ROLL_FLAPPING,       /* host changes too often; its events are held back */
	ROLL_STEADY,         /* and no longer does; `to` is its state */
	ROLL_CLOCK_OFF,      /* its stamps are not believed */
	ROLL_CLOCK_OK,       /* and are again */
	ROLL_FULL,           /* no room for another host; told once */
	ROLL_N_FINDINGS
};

/* A host of the roll by number: slot and generation, never used again for another host. 0 = none. */
typedef uint64_t roll_ref;

struct roll_effect {
	enum roll_effect_kind kind;
	roll_ref host;
	struct host_id id, other_id;
	char ip[HOST_IP_SIZE], other_ip[HOST_IP_SIZE];
	enum roll_state from, to;
	enum roll_cause cause;
	enum roll_finding finding;
	bool quiet;
	bool clone;       /* the id has another entry: (id, ip) names this one */
	int64_t since_ms; /* CHANGE: the true time it is from */
	void *user;
};

struct roll_options {
	uint64_t seed;               /* keys the indexes; random, but fixed in a simulation */
	int64_t default_interval_ms; /* of hosts that have not said theirs; 0 = 10 s */
	size_t max_hosts;            /* 0 = 200,000 */
};

/* One sign of life. */
struct roll_report {
	struct host_id id;
	struct str ip;       /* 1..45 bytes */
	int64_t ts_ms;       /* the agent's stamp */
	uint64_t seq;        /* counts the messages of one life of the agent, from 1 */
	int64_t interval_ms; /* the report interval in force (not the second of a watch); 0 = not told */
};

/* What roll_report() made of it. */
struct roll_verdict {
	roll_ref host;   /* 0 = refused: no id, bad ip, or no room */
	bool is_echo;    /* an old or repeated message: not a sign of life, its numbers are old */
	bool is_clamped; /* the stamp was not believed */
	int64_t ts_ms;   /* the stamp to go by */
};

/* A host as SQL remembers it. */
struct roll_saved {
	struct host_id id;
	struct str ip;
	enum roll_state state;
	int64_t since_ms; /* true time of that state */
	int64_t seen_ms;
	int64_t interval_ms; /* 0 = not known */
	bool enrolled;       /* it has reported at least once */
};

/* What can be seen of a host. */
struct roll_host {
	roll_ref ref;
	struct host_id id;
	char ip[HOST_IP_SIZE];
	enum roll_state state;
	enum roll_state
		told; /* last state told by a CHANGE, or saved: differs from `state` only while UNKNOWN */
	enum roll_cause cause;
	int64_t since_ms; /* true time of `told` */
	int64_t seen_ms;  /* true time it was last heard; 0 = never */
	int64_t heard_ms; /* the same by our monotonic clock; 0 = not since our start */
	int64_t interval_ms;
	bool enrolled; /* it has reported at least once; a waiting host that never did is dropped when silent */
	bool flapping, duplicate_ip, duplicate_id, clock_off;
	void *user; /* the shell's; see roll_set_user() */
};

struct roll;

/** An empty roll, with the bus down. */
MUST_CHECK struct roll *roll_new(const struct roll_options *options);

/** Frees the roll; the `user` pointers are the shell's (walk them first). */
void roll_free(struct roll *r);

/** Puts a host from SQL into the roll as UNKNOWN. Without effects. Returns it, 0 when refused. */
roll_ref roll_load(struct roll *r, const struct roll_saved *saved, struct moment now);

/**
 * The bus (commands and subscription both) came up or went down. While down nobody is declared dead; up
 * again, every host gets a fresh deadline and 0 is written again for those known to be offline.
 */
void roll_bus(struct roll *r, bool up, struct moment now);

/** Lets deadlines pass. To be called once a second, busy or not: a longer gap counts as our own stall. */
void roll_tick(struct roll *r, struct moment now);

/** A workload message, or an alive "1" with an id, arrived. */
struct roll_verdict roll_report(struct roll *r, const struct roll_report *report,
                                struct moment now);

/** A host announced that it waits for its configuration. Returns it, 0 when refused. */
roll_ref roll_waiting(struct roll *r, struct host_id id, struct str ip, struct moment now);

/**
 * An alive "0" with an id arrived: the host stopped. One without an id is a server's own ROLL_ZERO coming
 * back and must not be handed in. `report->interval_ms` does not matter. An echo changes nothing.
 */
void roll_goodbye(struct roll *r, const struct roll_report *report, struct moment now);

/**
 * Redis says "1" for `ip` (a sweep of servers:alive, once a minute): if we think otherwise, a ROLL_LOOK follows, and
 * then either a host that was not heard is back, or the key becomes 0.
 */
void roll_hint(struct roll *r, struct str ip, struct moment now);

/**
 * The answer to a ROLL_LOOK: what server:info:{ip} held, or NULL when it held nothing usable. When Redis did not
 * answer at all, do not call: the look is repeated.
 */
void roll_looked(struct roll *r, roll_ref host, const struct roll_report *found, struct moment now);

/** The answer to a ROLL_LOOK whose host is 0: the same of an ip where we know nobody. */
void roll_looked_ip(struct roll *r, struct str ip, const struct roll_report *found,
                    struct moment now);

/** Takes the next thing to do; false when there is none. */
MUST_CHECK bool roll_take(struct roll *r, struct roll_effect *ret);

/** Removes a host that is not online (an operator forgets it). False when it is unknown or online. */
MUST_CHECK bool roll_forget(struct roll *r, roll_ref host);

/** Attaches the shell's own pointer to a host. */
void roll_set_user(struct roll *r, roll_ref host, void *user);

/** A host by number, id or ip; NULL = none. Valid until the roll changes. Of several, the one heard last. */
const struct roll_host *roll_get(const struct roll *r, roll_ref host);
const struct roll_host *roll_by_id(const struct roll *r, struct host_id id);
const struct roll_host *roll_by_ip(const struct roll *r, struct str ip);

/** Walking: slots 0..roll_slots()-1 in the order hosts came (free ones are used again); NULL = empty. */
size_t roll_slots(const struct roll *r);
const struct roll_host *roll_at(const struct roll *r, size_t slot);

/** How many hosts are in `state`. */
size_t roll_count(const struct roll *r, enum roll_state state);

/** When the host will be looked up if it stays silent, by the monotonic clock; INT64_MAX = never. */
int64_t roll_deadline_ms(const struct roll *r, roll_ref host);

/** "unknown", "waiting", "online", "offline". */
const char *roll_state_name(enum roll_state state);

#endif
