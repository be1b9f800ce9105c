/*
 * ship_int.h - what the files of the ship share.
 *
 *   ship.c    connection, timer, questions and answers: the shell of core/beat
 *   report.c  what is written and published
 *   event.c   events, until somebody has heard them
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_SHIP_SHIP_INT_H
#define AGENT_WORKER_SHIP_SHIP_INT_H

#include "agent/worker/ship/alarm.h"
#include "agent/worker/ship/ship.h"
#include "base/buf.h"
#include "base/log.h"
#include "bus/bus.h"
#include "wire/keys.h"
#include "wire/message.h"
#include "wire/record.h"

enum { FACT_NAME_SIZE = 32 };

/* A field of server:info:{ip}. */
struct fact {
	char name[FACT_NAME_SIZE];
	char value[SHIP_FACT_SIZE];
	bool sent;    /* as it is now, on this connection */
	bool written; /* on this connection, so the field is there */
};

/* An event until it was heard. */
struct waiting_event {
	uint64_t no; /* counts all events */
	uint64_t ref;
	int64_t wall_ms;
	struct update_event ev; /* ev.data is owned */
	bool flying;            /* sent, no answer yet */
};

/* What a message is told against: rates since `base`, or since the one before it while that is too close. */
struct feed {
	struct message_writer *writer;
	struct sample base, older;
};

/* Commands whose answers matter only when they are refused, or as a count. */
enum what {
	W_WORKER,
	W_SERVERS_ALIVE,
	W_ALIVE,
	W_INFO, /* HSET of fields that are there: an answer above 0 says that the key was lost */
	W_INFO_FRESH, /* HSET with fields that may be new */
	W_WORKLOAD,
	W_UPDATE, /* PUBLISH: the answer says how many heard it */
	W_UPDATE_ALIVE,
	W_N
};

struct slot {
	struct ship *ship;
	enum what what;
};

/* Names of the keys of this host. */
struct own_keys {
	struct key_name worker, alive, info, workload, config, watch, update_alive, bell;
};

/* The answers to a LOOK as they come. */
struct look {
	bool found;
	bool is_dead; /* server:alive:{ip} says 0 */
	bool other_is_alive;
	char other_id[UPDATE_ID_SIZE];
};

struct ship {
	struct event_base *loop;
	struct bus *bus;
	struct beat beat;
	struct ship_hooks hooks;
	struct alarm alarm;
	char id[HOST_ID_TEXT_SIZE];
	unsigned history;

	char ip[KEY_IP_SIZE], mac[18];
	struct own_keys keys;
	bool keys_known;
	bool subscribed;

	size_t pending;   /* commands without an answer */
	bool closing;     /* hanging up as soon as none is left */
	int64_t close_ms; /* or at this time by the monotonic clock */
	bool broken;      /* a command could not be sent, or a question was refused: hang up */
	bool stopping;
	void (*done)(void *arg);
	void *done_arg;

	int64_t asked_us; /* when TIME was sent */
	struct look look;
	bool greeted; /* alive "1" was published on this connection */
	bool heard;   /* somebody got our last message */

	/* Bits by enum what: keys of a wrong type being deleted; those we cannot mend, told once. */
	unsigned mending, foreign;

	struct fact facts[SHIP_FACTS_MAX];
	size_t n_facts;

	struct sample now;
	struct feed report, watch;
	struct buf member, message, text, number;

	struct waiting_event *events[SHIP_EVENTS_MAX];
	size_t n_events;
	uint64_t event_no, events_lost;

	struct slot slots[W_N];
	struct log_pace refused_pace, deaf_pace, down_pace, wait_pace;
	char last_down[160];
};

/** Sends one command; when that cannot be, the connection will be hung up. `cb` must begin with ship_answered(). */
void ship_send(struct ship *s, const struct str *args, size_t n, bus_reply_cb *cb, void *arg);

/* ship_send() with the arguments written out. */
#define SHIP_SEND(s, cb, arg, ...)                                                                 \
	ship_send((s), (const struct str[]){ __VA_ARGS__ },                                        \
	          sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (cb), (arg))

/** To be called first for each answer: whether it is to be looked at, which it is not while hanging up. */
bool ship_answered(struct ship *s, const struct reply *reply);

/** Warns that Redis refused something, not too often. */
void ship_refused(struct ship *s, const char *what, const struct err *err);

/** The two clocks now. */
struct moment ship_now(void);

/** Reads the configuration soon, as if the bell had rung. */
void ship_ring(struct ship *s);

/** Prepares what report.c keeps, and takes the first sample. */
void ship_report_start(struct ship *s);

/** Frees what report.c keeps. */
void ship_report_done(struct ship *s);

/** Another connection: everything is to be written anew. */
void ship_report_reset(struct ship *s);

/** The effects of the same names: see core/beat.h. */
void ship_report(struct ship *s, uint64_t seq);
void ship_watch(struct ship *s, uint64_t seq);
void ship_alive(struct ship *s, uint64_t seq, bool alive);
void ship_announce(struct ship *s);

/** Value of a fact, "" when there is none. */
struct str ship_fact_value(const struct ship *s, const char *name);

/** Tells what the session noted: a line in the log and, where a person should know, an event. */
void ship_note(struct ship *s, enum beat_note note, int64_t value);

/** Sends the events that wait, if somebody listens. */
void ship_event_flush(struct ship *s);

/** Forgets that events are on their way: the connection is gone. */
void ship_event_reset(struct ship *s);

/** Frees the events. */
void ship_event_done(struct ship *s);

#endif
