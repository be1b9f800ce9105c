/*
 * hub_int.h - the inside of a hub, shared by the files of this folder.
 *
 * One thread. feed.c and sweep.c tell the roll what they heard and then call effects_run(), which does what the
 * roll wants done: SQL, events, listeners, keys. Nothing else changes a host.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_INGEST_HUB_INT_H
#define SERVER_INGEST_HUB_INT_H

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "bus/bus.h"
#include "core/offset.h"
#include "server/ingest/ingest.h"
#include "server/store/pool.h"
#include "wire/message.h"

struct event;

enum {
	MESSAGE_KEEP_BYTES = 256 * 1024, /* a longer one gives its numbers, but is not kept */
	RING_BYTES = 8 << 20,            /* messages kept of one watched host */
	WATCHED_MAX = 200,               /* hosts watched at once */
	RING_KEEP_MS = 600000,           /* a ring lives on so long after the last look */
	INFO_MAX_BYTES = 16 * 1024,      /* server:info as we keep it */
	EVENTS_PER_MINUTE = 30,          /* that one host may log */
	TOLD_PER_MINUTE = 60,            /* that are logged about it, whoever says so */
	PACE_MS = 60000,                 /* a repeated warning */
};

/* ---- hosts (fleet.c) ---- */

/* One message as it came. */
struct kept {
	unsigned refs; /* the latest one and the ring may share it */
	int64_t ts_ms, seen_ms;
	size_t len;
	char text[];
};

/* The last messages of a host somebody watches, oldest first. */
struct ring {
	struct kept *list[HUB_RECENT_MAX];
	size_t at, n, bytes;
};

/* How many events in the minute that began at `minute_ms` (monotonic; 0 = none yet). */
struct budget {
	int64_t minute_ms;
	unsigned n;
};

/* What we know of a host besides its state, which is the roll's. */
struct fleet_host {
	char *hostname, *region, *version, *mac, *sn; /* never NULL */
	char *info;                                   /* JSON object; NULL = not read yet */
	size_t info_len;
	double load1, cpu, mem, disk, net_in, net_out, cores, offset_ms;
	int64_t first_seen_ms;
	struct kept *latest;    /* NULL = none yet */
	struct ring *ring;      /* NULL = nobody looked lately */
	int64_t watch_until_ms; /* monotonic; 0 = not watched */
	int64_t ring_until_ms;  /* monotonic: the ring is kept so long */
	int64_t info_ms;        /* monotonic: server:info was read last; 0 = never */
	struct budget said;     /* events its agent sent */
	struct budget told;     /* all events about it */
	uint64_t rev;
	bool is_stored;  /* SQL has a row of it */
	bool is_dirty;   /* SQL has not what we have */
	bool info_asked; /* server:info is being read */
};

/** The record of a host; made if need be. Lives until the roll lets go of the host. */
struct fleet_host *fleet_of(struct hub *h, const struct roll_host *host);

/** Frees a record. */
void fleet_host_free(struct fleet_host *f);

/** How people see a host; borrowed from both. */
struct hub_host fleet_view(const struct roll_host *host, const struct fleet_host *f);

/** Takes over the numbers of a message and keeps it. */
void fleet_take(struct hub *h, struct fleet_host *f, const struct message_digest *m,
                struct str text, int64_t ts_ms);

/** Keeps one older message in the ring, at its place in time. */
void fleet_take_old(struct hub *h, struct fleet_host *f, struct str text, int64_t ts_ms);

/** Replaces a text. Returns whether it changed. */
bool fleet_set(char **text, struct str to);

/** Begins a ring, unless there is one. */
void fleet_ring_start(struct fleet_host *f);

/** Frees it. */
void fleet_ring_drop(struct fleet_host *f);

/** Notes that SQL has to be told of the host. */
void fleet_dirty(struct hub *h, roll_ref host, struct fleet_host *f);

/** Tells SQL of all such hosts. */
void fleet_flush(struct hub *h);

/* ---- events (notes.c) ---- */

struct notes {
	int64_t last_id;
	size_t n, cap;
	struct event_row *rows; /* waiting for the store */
	struct pool texts;      /* of the rows */
	bool in_flight;         /* a batch is being written */
	struct event *flush;
};

/** Makes, ends. */
void notes_init(struct hub *h);
void notes_done(struct hub *h);

/** Hands what waits to the store. */
void notes_flush(struct hub *h);

/** Takes one of `most` in this minute; false when there are none left. */
bool budget_take(struct budget *b, unsigned most);

/**
 * Logs an event about a host of the roll, or drops it when there were too many about that host in this
 * minute: messages of one agent may make the roll find something each time. `data` as in jw: a JSON object, or empty.
 */
void notes_host(struct hub *h, const struct roll_host *host, const char *kind,
                enum event_level level, struct str data, const char *fmt, ...) PRINTF_LIKE(6, 7);

/** Logs an event about the server itself. */
void notes_server(struct hub *h, const char *kind, enum event_level level, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/** Counts something from Redis that is not as it should be; told now and then with the name of the place. */
void notes_malformed(struct hub *h, struct str where, const char *why);

/* ---- the rest ---- */

/** Does what the roll wants done (effects.c). */
void effects_run(struct hub *h);

/** A message on update:info (feed.c). */
void feed_message(struct bus *bus, struct str channel, struct str message, void *arg);

/** A host waits for its configuration; `row` is what it says of itself (NULL = not known). */
void feed_waiting(struct hub *h, struct host_id id, struct str ip, const struct reply *row);

/** Tells the listeners that a host changed (hub.c). */
void hub_tell_host(struct hub *h, const struct roll_host *host, struct fleet_host *f,
                   unsigned changes);

/* ---- keys of the contract that a server writes (steer.c); without a bus nothing happens ---- */

/** 0 for a dead host. */
void steer_zero(struct hub *h, struct str ip);

/** An empty configuration, unless there is one, and the bell. */
void steer_enrol(struct hub *h, struct str ip);

/** Asks for a message each second; `ring`: with the bell. */
void steer_watch(struct hub *h, struct str ip, bool ring);

/** Removes all keys of a host. */
void steer_forget(struct hub *h, struct str ip);

/* ---- reading keys (sweep.c) ---- */

/** Reads the keys of all hosts, in steps. */
void sweep_start(struct hub *h);

/** Reads what an unknown host says of itself, then calls feed_waiting(). False when nothing was sent. */
MUST_CHECK bool sweep_newcomer(struct hub *h, struct host_id id, struct str ip);

/** Takes over names and facts from a host's row (scripts.h). Returns whether something changed. */
bool sweep_facts(struct fleet_host *f, const struct reply *row);

/** Reads server:info of one host. */
void sweep_host(struct hub *h, const struct roll_host *host, struct fleet_host *f);

/** Reads the last messages of one host into its ring. */
void sweep_recent(struct hub *h, const struct roll_host *host);

/** Answers a ROLL_LOOK. */
void sweep_look(struct hub *h, roll_ref host, struct str ip);

/** Reads a few hosts whose info is old; to be called each second. */
void sweep_refresh(struct hub *h);

/* ---- the scheduled look (check.c) ---- */

struct check;

/** Makes it, with the bus down; frees it. */
MUST_CHECK struct check *check_new(struct hub *h);
void check_free(struct check *c);

/** Takes over what SQL remembers: the newest runs and the largest fence. */
void check_load(struct check *c, const struct store_reply *runs);

/** The bus came or went. */
void check_bus(struct check *c, bool up);

/** See hub_checkstate(). */
void check_now(struct check *c, void (*cb)(const struct hub_check *check, void *arg), void *arg);

/** Lets go of the lease; no further passes. */
void check_stop(struct check *c);

/** Its part of the health. */
void check_health(const struct check *c, struct hub_part *ret);

/* A part's health, and since when. */
struct part {
	bool ok;
	int64_t since_ms;
	char message[ERR_MSG_SIZE];
};

struct hub {
	struct hub_options options;
	struct store *store;
	struct bus *bus;
	struct roll *roll;
	struct offset offset;
	struct check *check;
	struct notes notes;
	struct event *tick;
	struct hub_listener listeners[HUB_MAX_LISTENERS];
	bool listens[HUB_MAX_LISTENERS];
	void (*on_ready)(void *arg);
	void *ready_arg;
	void (*on_stopped)(void *arg);
	void *stopped_arg;
	struct event *stop_timer;
	unsigned loads_left; /* answers of the store before we can begin */
	bool load_failed;
	bool started;  /* loaded; the bus is open */
	bool bus_live; /* commands and messages both: what the roll was told */
	bool sweeping; /* server:info is being read */
	bool stopping;
	int64_t start_mono_ms;
	int64_t bus_lost_ms; /* monotonic: since when it is away; 0 = it is not */
	int64_t round_ms;    /* monotonic: next measurement of the time */
	int64_t rate_ms;     /* monotonic: the next sweep of old rings */
	struct part redis, sql, ingest;
	bool redis_why; /* the private Redis told why it ended */
	uint64_t rev;
	uint64_t messages, malformed, foreign;
	struct log_pace malformed_pace, drop_pace;
	int64_t malformed_note_ms;
	size_t refresh_at; /* slot */
	size_t n_watched;
	roll_ref *dirty;
	size_t n_dirty, cap_dirty;
};

/** This instant; the wall clock is Redis' as far as it is known. */
static inline struct moment hub_moment(const struct hub *h)
{
	struct moment now = { .mono_ms = clock_mono_ms(), .wall_ms = clock_wall_ms() };

	now.wall_ms = offset_true_ms(&h->offset, now);
	return now;
}

#endif
