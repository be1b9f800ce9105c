/*
 * bus.h - one Redis as a program of ours sees it: pipelined commands, and messages by subscription.
 *
 * A bus owns up to two connections on the caller's event loop: one for commands and, from the first
 * subscription on, one for messages (RESP2 cannot mix them). Opening includes name resolution, TLS with
 * verification, AUTH, SELECT, CLIENT SETNAME and a look at the peer's version; only then is the bus "up".
 * A bus that was opened comes back by itself (full jitter) until it is closed, unless `once` is set.
 *
 * What must be known:
 * - Redis is lossy. Commands in flight when a connection breaks fail with -ECONNRESET: they may or may not have
 *   been carried out, and none is repeated. Messages sent while we were away are lost: after `on_listen`
 *   read the keys.
 * - Callbacks run from the event loop, never from inside bus_send(), bus_open() or bus_subscribe(). They do
 *   run from inside bus_close() and bus_free(). All of them may call any function here, bus_free() too.
 * - Everything has a cap: what is queued to send, what is in flight, what an answer may hold.
 * - Nothing here logs.
 *
 * One thread: the one that runs the event loop. The program ignores SIGPIPE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "bus/address.h"
#include "bus/reply.h"

struct event_base;
struct bus;

enum { BUS_IP_SIZE = 46, BUS_VERSION_SIZE = 24, BUS_RUN_ID_SIZE = 41 };

/* Zero or NULL = the default in brackets. Everything is copied. */
struct bus_options {
	const char *name;    /* CLIENT SETNAME; no blanks [none] */
	const char *ca_file; /* PEM bundle a TLS peer must chain to [the system's] */
	const char *cert_file,
		*key_file; /* PEM, for a Redis that asks its clients for one [none] */
	bool once; /* no reconnecting: a failure leaves the bus closed, and the owner opens it again */
	unsigned connect_ms; /* from the first packet until the bus is up [5 s] */
	unsigned
		reply_ms; /* without a whole answer while one is due, the connection is dead [10 s] */
	unsigned ping_ms;        /* PING after so long without anything received [15 s] */
	unsigned retry_first_ms; /* ceiling of the first wait before reconnecting [500 ms] */
	unsigned retry_cap_ms;   /* and of the later ones [30 s] */
	unsigned
		retry_denied_ms; /* least wait when trying again soon is pointless: see bus_is_denied() [15 s] */
	size_t out_bytes;   /* most bytes waiting to be sent [16 MiB] */
	size_t in_flight;   /* most commands without an answer [100,000] */
	size_t subscribers; /* most channels [1,000] */
	struct reply_limits limits;
	uint64_t seed; /* jitter [from the kernel] */
};

/* What the owner wants to know; any of them may be NULL. */
struct bus_hooks {
	/** Commands can be sent. Called each time the bus comes up. */
	void (*on_up)(struct bus *bus, void *arg);
	/**
	 * The bus went down, or could not come up (then it was never up in between). `retry_ms` is the wait
	 * before the next try by itself; 0 = none: `once` is set. Not called for bus_close().
	 */
	void (*on_down)(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg);
	/** Every subscription stands; called again after each interruption. Read the keys now. */
	void (*on_listen)(struct bus *bus, void *arg);
	/** The subscriptions were interrupted, or refused (-EACCES); commands may still work. They come back as above. */
	void (*on_deaf)(struct bus *bus, const struct err *why, int64_t retry_ms, void *arg);
	void *arg;
};

/**
 * Called exactly once for each command that bus_send() took.
 *
 * @param reply  the answer, borrowed for the call; NULL when there is none
 * @param err    NULL when the answer is good. Else: an error answer (`reply` holds it; -EACCES for want of
 *               permission, -EAGAIN while Redis is loading or busy, -ENOSPC when it is out of memory,
 *               -EROFS on a replica, -EBADMSG otherwise); or no answer: -ECONNRESET when the connection broke,
 *               -ECANCELED when the bus was closed or freed
 */
typedef void bus_reply_cb(struct bus *bus, const struct reply *reply, const struct err *err,
                          void *arg);

/** Called for each message on a channel; both texts are borrowed for the call. */
typedef void bus_message_cb(struct bus *bus, struct str channel, struct str message, void *arg);

/**
 * A closed bus to `address`. Returns NULL with -EINVAL for an option that cannot be used; a CA file is
 * read at each connection, so that it may change.
 */
MUST_CHECK struct bus *bus_new(struct event_base *loop, const struct bus_address *address,
                               const struct bus_options *options, const struct bus_hooks *hooks,
                               struct err *err);

/** Closes as bus_close() and frees; nothing is called afterwards. NULL is fine. */
void bus_free(struct bus *bus);

/** Starts connecting; on_up or on_down follows. Nothing happens when it is open already. */
void bus_open(struct bus *bus);

/**
 * Hangs up at once and stays down until bus_open(): what is in flight fails with -ECANCELED, before this returns.
 * Who wants the last commands carried out waits for the answer of the last one. Subscriptions are kept for
 * the next time.
 */
void bus_close(struct bus *bus);

/** Whether commands can be sent now. */
bool bus_is_up(const struct bus *bus);

/**
 * Sends one command. Nothing is written before the event loop turns, so that commands sent together travel together.
 *
 * @param n     1..1,000,000 arguments, the command's name first
 * @param args  copied before the call returns
 * @param cb    gets the answer; NULL = nobody asks
 *
 * Returns 0; -ENOTCONN when the bus is not up; -ENOBUFS when `out_bytes` or `in_flight` would be passed.
 * Except with 0, `cb` is not called. Subscribing and blocking commands, MULTI's dialogue apart, do not belong here.
 */
MUST_CHECK int bus_send(struct bus *bus, const struct str *args, size_t n, bus_reply_cb *cb,
                        void *arg);

/* bus_send() with the arguments written out, each a struct str. */
#define BUS_SEND(bus, cb, arg, ...)                                                                \
	bus_send((bus), (const struct str[]){ __VA_ARGS__ },                                       \
	         sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (cb), (arg))

/**
 * Calls `cb` when everything sent before has been answered (err NULL) or failed: for a clean end. Sends a
 * PING; results as bus_send().
 */
MUST_CHECK int bus_flush(struct bus *bus, bus_reply_cb *cb, void *arg);

/** Commands without an answer; bytes not yet written. */
size_t bus_in_flight(const struct bus *bus);
size_t bus_out_bytes(const struct bus *bus);

/**
 * Wants the messages of `channel`, now and after each reconnect; the second connection is opened when
 * the bus is up. A channel has one callback; again = it is replaced. -ENOBUFS when there are too many.
 */
MUST_CHECK int bus_subscribe(struct bus *bus, struct str channel, bus_message_cb *cb, void *arg);

/** No longer; returns whether it was subscribed. A message already received is not delivered. */
bool bus_unsubscribe(struct bus *bus, struct str channel);

/** Whether all subscriptions stand. */
bool bus_is_listening(const struct bus *bus);

/** Our own address of the command connection ("10.0.0.7"); false when it is not up or has none (unix). */
MUST_CHECK bool bus_local_ip(const struct bus *bus, char dst[BUS_IP_SIZE]);

/* What the peer said about itself when the bus came up; empty when it would not tell (ACL). */
struct bus_peer {
	char version[BUS_VERSION_SIZE];
	char run_id[BUS_RUN_ID_SIZE]; /* another one = Redis was restarted */
};

/** The peer as of the last time the bus was up. */
const struct bus_peer *bus_peer(const struct bus *bus);

/** "redis 10.0.0.1:6379": for log lines. Lives as long as the bus. */
const char *bus_name(const struct bus *bus);

/**
 * Whether trying again soon is pointless: wrong password, a peer that is no Redis or too old, a certificate
 * that does not hold.
 */
bool bus_is_denied(const struct err *err);

/* Numbers since bus_new(), for metrics and tests. */
struct bus_stats {
	uint64_t ups;      /* times the bus came up */
	uint64_t downs;    /* times it went down or could not come up */
	uint64_t commands; /* taken by bus_send() */
	uint64_t lost;     /* of these, failed without an answer */
	uint64_t errors;   /* error answers */
	uint64_t messages; /* delivered to subscribers */
	uint64_t bytes_in, bytes_out;
};

/** A copy of the numbers. */
struct bus_stats bus_stats(const struct bus *bus);

#endif
