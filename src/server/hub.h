/*
 * hub.h - what the rest of the server (API, web, health) sees of the fleet, and may ask of it.
 *
 * One thread: everything here is called on, and calls back on, the event loop. Pointers handed out are valid
 * until the function or callback they were handed to returns to the loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_HUB_H
#define SERVER_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/checkstate.h"
#include "core/roll.h"
#include "server/store/rows.h"
#include "server/store/store.h"

struct hub;

enum {
	HUB_WATCH_MS = 15000,  /* a watch lasts so long when not renewed */
	HUB_RECENT_MAX = 300,  /* messages kept of a watched host */
	HUB_MAX_LISTENERS = 8, /* the API is one */
	HUB_MAX_PARTS = 8,
};

/* A host as people see it. Numbers are NAN when unknown. */
struct hub_host {
	struct host_id id;
	const char *ip, *hostname, *region; /* never NULL; hostname may be "" */
	enum roll_state state;
	int64_t since_ms;             /* of the state, true time */
	int64_t seen_ms;              /* last heard; 0 = never */
	int64_t first_seen_ms;        /* 0 = not known */
	int64_t interval_ms;          /* 0 = not known */
	double load1, cpu, mem, disk; /* cpu busy, memory and fullest file system in percent */
	double net_in, net_out;       /* KB/s */
	double cores;
	double offset_ms;    /* its clock against Redis */
	const char *version; /* of the agent; "" = not known */
	const char *mac;     /* "" = not known */
	struct str info; /* JSON object, text to text: what server:info:{ip} holds; "{}" at least */
	bool flapping;   /* changes so often that its events are held back */
	bool duplicate;  /* its id or its ip is used by another living host too */
	uint64_t rev;    /* of its last change; see hub_rev() */
};

/* One message of a host, as it was sent. */
struct hub_sample {
	int64_t ts_ms;   /* the agent's corrected stamp */
	int64_t seen_ms; /* when it reached us */
	struct str info; /* JSON */
};

/* What changed about a host. */
enum hub_change {
	HUB_STATE = 1,    /* state, flapping, duplicate, or a new host: tell at once */
	HUB_IDENTITY = 2, /* ip, host name, info */
	HUB_NUMBERS = 4,  /* load, cpu ...: may be told in batches */
};

/* Whoever wants to hear of changes. Any function may be NULL. */
struct hub_listener {
	void (*on_host)(const struct hub_host *host, unsigned changes, void *arg);
	/** The host left the roll. */
	void (*on_gone)(struct str ip, struct host_id id, void *arg);
	/** An event was logged; it is on its way to SQL. */
	void (*on_event)(const struct event_row *event, void *arg);
	/** A message of a host somebody watches. */
	void (*on_sample)(struct str ip, const struct hub_sample *sample, void *arg);
	/** The hub lost sight of the bus for a while: whoever shows the roll should read it anew. */
	void (*on_reset)(void *arg);
	void *arg;
};

/* One part of the server's health. */
struct hub_part {
	const char *name; /* "redis", "sql", "ingest", "checkstate" */
	const char *
		state; /* "ok", "down", "starting", "standby" (checkstate: another server has the lease) */
	bool ok;             /* "standby" is */
	int64_t since_ms;    /* true time */
	const char *message; /* a sentence; "" = nothing to say */
};

struct hub_health {
	bool ok;
	int64_t uptime_ms;
	size_t hosts[ROLL_N_STATES]; /* how many in each state */
	size_t n_parts;
	struct hub_part parts[HUB_MAX_PARTS];
	uint64_t messages;  /* taken in since the start */
	uint64_t malformed; /* refused since the start */
};

/** UTC milliseconds by the hub's clock: Redis TIME when it is known, else this machine's. */
int64_t hub_now_ms(const struct hub *h);

/** Grows with every change of a host; what a client has seen up to. Starts anew with the server. */
uint64_t hub_rev(const struct hub *h);

/** The server's SQL, for users, sessions, tokens and lists of events. */
struct store *hub_store(const struct hub *h);

/** Calls `fn` for every host in the order they came, until it returns false. */
void hub_each(const struct hub *h, bool (*fn)(const struct hub_host *host, void *arg), void *arg);

/** How many hosts there are. */
size_t hub_count(const struct hub *h);

/** The host that was heard last on `ip`. False when there is none. */
MUST_CHECK bool hub_find(const struct hub *h, struct str ip, struct hub_host *ret);

/** Its latest message. False when none came since the server started. */
MUST_CHECK bool hub_latest(const struct hub *h, struct str ip, struct hub_sample *ret);

/**
 * Its last messages, oldest first, at most HUB_RECENT_MAX: each second's while it was watched, else one
 * each interval. Calls `fn` for each; returns how many.
 */
size_t hub_recent(const struct hub *h, struct str ip,
                  void (*fn)(const struct hub_sample *sample, void *arg), void *arg);

/** Adds a listener (copied) and returns its number, or -ENOSPC. */
MUST_CHECK int hub_listen(struct hub *h, const struct hub_listener *listener);

/** Removes it. */
void hub_unlisten(struct hub *h, int number);

/**
 * Somebody looks at this host: until `*ret_until_ms` it sends each second and on_sample is called. -ENOENT
 * when there is no such host, -EAGAIN when too many are watched.
 */
MUST_CHECK int hub_watch(struct hub *h, struct str ip, int64_t *ret_until_ms, struct err *err);

/** Lets a waiting host in. `who` goes into the event. -ENOENT, -EALREADY when it does not wait, -ENOTCONN without Redis. */
MUST_CHECK int hub_accept(struct hub *h, struct str ip, const char *who, struct err *err);

/** Forgets a host that is not online: roll, SQL and its keys in Redis. -ENOENT, -EBUSY when online, -ENOTCONN. */
MUST_CHECK int hub_forget(struct hub *h, struct str ip, const char *who, struct err *err);

/* What one pass of checkstate came to. */
struct hub_check {
	int code; /* 0; -EAGAIN another server is the active one; -ENOTCONN, -EIO */
	const struct err *err;
	bool active;
	struct check_result result;
	int64_t took_ms;
};

/** Runs a pass now, or joins the one that is running; `cb` is called once, later. */
void hub_checkstate(struct hub *h, void (*cb)(const struct hub_check *check, void *arg), void *arg);

/** Fills in the health. Texts are valid until the next call. */
void hub_health(struct hub *h, struct hub_health *ret);

/* An event to be logged; texts are borrowed. */
struct hub_note {
	const char *kind; /* "login.failed" ... */
	enum event_level level;
	struct str ip; /* empty: not about a host; the host's name and id are filled in */
	const char *text;
	struct str data; /* JSON object or empty */
};

/** Logs an event: to SQL, to the listeners. Returns its number. */
int64_t hub_note(struct hub *h, const struct hub_note *note);

#endif
