/*
 * bus_int.h - the parts of one connection, and of the bus that owns two of them.
 *
 * A connection (conn.c) makes one attempt at a time and tells the bus how it ended: it dials (dial.c, tls.c), says
 * hello (hello.c), then carries commands or, as the listening one, subscriptions. Waiting and trying again is
 * the bus's affair.
 *
 * Any callback may close, open or free. So each entry from the event loop holds the bus (bus_hold), which then
 * frees itself at the end only, and code behind a callback looks whether `epoch` is still its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BUS_BUS_INT_H
#define BUS_BUS_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/backoff.h"
#include "base/map.h"
#include "base/rng.h"
#include "bus/bus.h"

struct bufferevent;
struct event;
struct lookup;
struct ssl_st;

enum { CONN_ADDRS = 8, HELLO_STEPS = 5 };

enum conn_state {
	CONN_IDLE,
	CONN_STARTING, /* dialled at the loop's next turn */
	CONN_RESOLVING,
	CONN_CONNECTING, /* TLS included */
	CONN_HELLO,      /* AUTH and the rest were sent */
	CONN_UP,
};

/* A command sent and not yet answered. */
struct pending {
	bus_reply_cb *cb; /* NULL = nobody asks */
	void *arg;
};

/* Rings of these; grows, never shrinks below what was needed. */
struct queue {
	struct pending *slots; /* owned; `cap` is a power of two */
	size_t cap, head, n;
};

enum hello_step { HELLO_AUTH, HELLO_SELECT, HELLO_NAME, HELLO_INFO, HELLO_PING };

struct conn {
	struct bus *bus;
	bool listening; /* carries subscriptions: answers are pushed, not asked for */
	enum conn_state state;
	unsigned epoch; /* counts opens and closes */
	struct bufferevent *bev;
	/* Writes at the end of the turn, past the bufferevent, which would ask epoll first. */
	struct event *writer;
	bool direct; /* that way is open: no TLS, and nothing waits in the bufferevent */
	struct reply_reader *reader;
	struct reply_reader *orphan; /* closed while its answer was being looked at */
	bool reading;
	/* Dialling. */
	struct lookup *lookup; /* under way, or NULL */
	struct sockaddr_storage addrs[CONN_ADDRS];
	socklen_t addr_lens[CONN_ADDRS];
	size_t n_addrs, at_addr;
	/* Hello. */
	enum hello_step steps[HELLO_STEPS];
	size_t n_steps, at_step;
	/* Deadlines, by the monotonic clock. One timer serves all of them. */
	struct event *timer;
	int64_t timer_ms;   /* when it fires; INT64_MAX = not armed */
	int64_t connect_ms; /* the whole opening must be done by then */
	int64_t dial_ms;    /* and this address have answered by then */
	int64_t due_ms;     /* a whole answer must have come by then, while `owed` */
	int64_t heard_ms;   /* bytes came last */
	size_t owed;        /* answers the peer owes us */
	uint64_t answers;   /* that came, messages included */
	struct queue queue; /* who gets them; not for the listening one */
	struct queue lost;  /* who is being told that none will come */
};

/* A channel somebody wants. */
struct subscription {
	bus_message_cb *cb;
	void *arg;
	bool stands; /* the peer has confirmed it on the present connection */
};

/* A connection and what brings it back. */
struct line {
	struct conn conn;
	struct backoff backoff;
	struct event *retry;
	int64_t up_ms; /* when it came up; 0 = is not up */
};

struct bus {
	struct event_base *loop;
	struct bus_address address;
	struct bus_options options; /* texts owned */
	struct bus_hooks hooks;
	char name[BUS_NAME_SIZE];
	struct rng rng;
	bool open;
	unsigned held; /* entries from the event loop under way */
	bool freed;    /* bus_free() was called meanwhile */
	struct line command, listen;
	struct map channels; /* struct subscription */
	size_t standing;     /* of these, confirmed */
	bool told_listening; /* on_listen was called for the present state */
	struct bus_peer peer;
	struct bus_stats stats;
};

/** Keeps the bus's memory until the matching release, whatever callbacks do. */
void bus_hold(struct bus *bus);
void bus_release(struct bus *bus);

/* What a connection tells its bus; the connection is closed already when it tells that it is down. */

/** The hello is done. */
void bus_conn_is_up(struct conn *c);

/** It could not be opened, or broke. */
void bus_conn_is_down(struct conn *c, const struct err *why);

/** The listening connection got an answer. Below 0 with a sentence = it makes no sense: hang up. */
MUST_CHECK int bus_conn_push(struct conn *c, const struct reply *reply, struct err *err);

/** Prepares a connection; its timer is made here. */
void conn_init(struct conn *c, struct bus *bus, bool listening);

/** Closes and releases everything. */
void conn_done(struct conn *c);

/** Starts an attempt; the connection must be IDLE. Tells the outcome from the event loop, never from here. */
void conn_open(struct conn *c);

/** Closes; who waits for an answer is failed with `why`. Nothing is told to the bus. */
void conn_hang_up(struct conn *c, const struct err *why);

/** Closes and tells the bus. */
void conn_fail(struct conn *c, const struct err *why);

/** Sends a command in any state that has a stream. Results as bus_send(); does not queue who waits. */
MUST_CHECK int conn_write(struct conn *c, const struct str *args, size_t n);

/** conn_write() and queues who waits. */
MUST_CHECK int conn_send(struct conn *c, const struct str *args, size_t n, bus_reply_cb *cb,
                         void *arg);

/** Bytes not yet written. */
size_t conn_out_bytes(const struct conn *c);

/** Starts or moves a timer. */
void timer_start(struct event *timer, int64_t wait_ms);

/** Arms the timer for the next of the deadlines that hold in this state. */
void conn_arm(struct conn *c);

/** Closes the stream of the address being tried, or of a connection that ends. */
void conn_drop_stream(struct conn *c);

/** Puts our callbacks on the new stream c->bev. */
void conn_watch_stream(struct conn *c);

/** Finds the addresses, then tries them. Below 0 = none can be tried (the caller fails the connection). */
MUST_CHECK int dial_start(struct conn *c, struct err *err);

/** The address being tried failed with `why`: tries the next; below 0 = it was the last, `err` = the last reason. */
MUST_CHECK int dial_next(struct conn *c, const struct err *why, struct err *err);

/** Forgets a lookup under way. */
void dial_done(struct conn *c);

/** A stream for a TLS address, names to be verified included. NULL with a sentence when files are bad. */
MUST_CHECK struct ssl_st *tls_new(const struct bus *bus, struct err *err);

/** Says what went wrong on a TLS stream that reported an error; `sys` = errno at that time. */
int tls_failure(struct bufferevent *bev, int sys, struct err *err);

/** Sends AUTH, SELECT, CLIENT SETNAME, INFO and PING, as far as wanted, and notes the order. */
MUST_CHECK int hello_send(struct conn *c, struct err *err);

/** Takes the next answer. 1 = the hello is done, 0 = more to come, below 0 = refused, with a sentence. */
MUST_CHECK int hello_answer(struct conn *c, const struct reply *reply, struct err *err);

/** The error number of an error answer: see bus_reply_cb. */
int hello_error_code(struct str text);

#endif
