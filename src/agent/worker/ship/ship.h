/*
 * ship.h - the worker's side of Redis: connects, finds its configuration, reports, listens, says goodbye.
 *
 * What happens when is decided by core/beat.h; this is the shell around it. The worker's loop gives it three
 * things: samples when asked (hooks.collect), facts about the host (ship_fact), and events (ship_event). It asks for
 * no sample while rdv_client_run is 0 and while there is no connection.
 *
 * Everything runs on the event loop of one thread. Hooks are called from the loop or from inside ship_start();
 * they may call ship_fact(), ship_event() and ship_status(), not ship_free().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_SHIP_SHIP_H
#define AGENT_WORKER_SHIP_SHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/worker/collect/collector.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "bus/address.h"
#include "core/beat.h"
#include "core/hostid.h"
#include "wire/sample.h"
#include "wire/update.h"

struct event_base;
struct ship;

enum {
	SHIP_HISTORY_DEFAULT = 6, /* members kept in server:workload:{ip} */
	SHIP_HISTORY_MAX = 1000,
	SHIP_FACTS_MAX = 32,
	SHIP_FACT_SIZE = 512, /* longer values are cut */
	SHIP_EVENTS_MAX = 64, /* events that wait for somebody to hear them; then the oldest go */
	SHIP_STOP_MS = 3000,  /* ship_stop() waits no longer for Redis */
};

/* Everything is copied. */
struct ship_options {
	const struct bus_address *address;
	const char *ca_file;         /* NULL = the system's */
	struct host_id id;           /* this host's identity */
	int64_t default_interval_ms; /* while rdv_client_loop_interval is missing; 0 = 10 s */
	unsigned history;            /* 1..SHIP_HISTORY_MAX; 0 = SHIP_HISTORY_DEFAULT */
	uint64_t seed;               /* of the jitter; 0 = from the kernel */
};

struct ship_hooks {
	/**
	 * A connection stands: which ip names this host in keys, and the hardware address of the card that owns
	 * it ("" = none)? `local` is our end of the connection, "" when it is a unix socket. An ip that
	 * key_ip_is_valid() refuses ends the connection.
	 */
	void (*name)(const char *local, char ip[KEY_IP_SIZE], char mac[18], void *arg);
	/** One cycle of all collectors into `into`, with these two times: as collect_run(). */
	void (*collect)(int64_t ts_ms, int64_t mono_ns, const struct collect_self *self,
	                struct sample *into, void *arg);
	/** The session went to another state; may be NULL. */
	void (*on_state)(enum beat_state state, void *arg);
	/** Somebody has heard the event that was given with this `ref`; may be NULL. */
	void (*on_told)(uint64_t ref, void *arg);
	/** A tick, about each second while live: what is due about now costs no wake-up of its own; may be NULL. */
	void (*on_tick)(void *arg);
	void *arg;
};

/** Prepares a session; nothing is connected yet. NULL with -EINVAL for an option that cannot be used. */
MUST_CHECK struct ship *ship_new(struct event_base *loop, const struct ship_options *options,
                                 const struct ship_hooks *hooks, struct err *err);

/** Hangs up without a goodbye and frees. NULL is fine. */
void ship_free(struct ship *s);

/** Begins; it goes on by itself until ship_stop(). Takes one sample, from which the first rates are told. */
void ship_start(struct ship *s);

/**
 * Ends cleanly: writes 0, waits for the answer (at most SHIP_STOP_MS), hangs up, then calls `done` from the
 * event loop, which may free the ship. A second call changes nothing.
 */
void ship_stop(struct ship *s, void (*done)(void *arg), void *arg);

/**
 * Sets one field of server:info:{ip} (names are those of wire/keys.h; the first 31 bytes count). It is written
 * with the next report if it has changed; an empty value removes nothing but is not written. "hostname",
 * "version" and "cluster" also go into the messages. ship sets id, ip, mac, offset, first_seen and the fields
 * that prove life itself. False when there are too many.
 */
bool ship_fact(struct ship *s, const char *name, struct str value);

/* Something a person should know. Texts are copied. */
struct ship_event {
	const char *kind; /* as in struct update_event */
	enum event_level level;
	const char *text;
	struct str data; /* a JSON object; empty = {} */
	int64_t wall_ms; /* when, by this machine's clock; 0 = now */
	uint64_t ref;    /* for hooks.on_told; 0 = nobody asks */
};

/**
 * Tells an event: at once when we are live and somebody listens, else as soon as that is so. One of the same
 * ref (not 0) that still waits is replaced.
 */
void ship_event(struct ship *s, const struct ship_event *ev);

struct ship_status {
	enum beat_state state;
	char ip[KEY_IP_SIZE]; /* "" = not known yet */
	int64_t interval_ms;  /* in force */
	bool running;         /* rdv_client_run */
	bool watched;
	uint64_t seq;    /* messages so far */
	uint64_t missed; /* ticks that did not happen in time */
	bool has_offset;
	int64_t offset_ms;    /* Redis' clock minus ours */
	size_t events;        /* waiting to be heard */
	uint64_t events_lost; /* dropped because too many waited */
};

/** How the session stands. */
struct ship_status ship_status(const struct ship *s);

#endif
