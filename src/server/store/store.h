/*
 * store.h - the server's SQL: requests to a thread of its own, answers on the event loop.
 *
 * All functions here are called on the loop's thread and return at once. Each request is carried out by the
 * store's thread in the order given, a write as one transaction that is on disk (synchronous=FULL) before
 * its callback says so. Callbacks run on the loop, never inside the call, each exactly once; store_close()
 * calls those still outstanding with -ECANCELED.
 *
 * A database that is sick (disk full, locked, damaged, gone) ends nothing: on_state says so, requests of the API
 * fail with the engine's own words, and what the server itself has to write (hosts, events, runs)
 * waits, within limits, for the next try. When the limit is passed the oldest events go first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/checkstate.h"
#include "server/store/rows.h"

struct event_base;
struct store;

struct store_options {
	struct event_base *base; /* evthread_use_pthreads() was called before it was made */
	const char *path;        /* the SQLite file; its folder exists */
	size_t queue_max;        /* requests waiting for the thread; 0 = 4096 */
	size_t keep_max;         /* rows waiting for a sick database to recover; 0 = 100,000 */
	unsigned busy_ms;        /* wait for another program's lock; 0 = 2000 */
	unsigned retry_ms;       /* first wait before a sick database is tried again; 0 = 1000 */
	/** The database became unusable (`why`) or usable again (NULL). */
	void (*on_state)(bool up, const struct err *why, void *arg);
	void *arg;
};

/* Numbers for health. */
struct store_stats {
	bool up;
	size_t waiting;   /* requests in the queue */
	size_t kept;      /* rows that wait for the database to recover */
	uint64_t dropped; /* rows lost because too many waited, since the start */
};

/*
 * An answer. `code` is 0 or a negative errno with the sentence in `err`: -EIO and -ENOSPC for a sick
 * database, -EAGAIN when the queue is full, else as the function says. Only the members it names are set.
 */
struct store_reply {
	int code;
	const struct err *err;
	int64_t id;
	size_t n; /* rows in the array named by the function */
	bool more;
	uint64_t fence;
	struct str text;
	const struct host_row *hosts;
	const struct event_row *events;
	const struct worker_run *runs;
	const struct user_row *users;
	const struct session_row *session;
	const struct token_row *tokens;
};

/* May be NULL wherever one is taken. */
typedef void store_cb(const struct store_reply *reply, void *arg);

/**
 * Opens the database, brings its schema up to date (after a copy of the file, FILE.before-N) and starts the thread.
 *
 * Returns 0; -EPROTO when the schema is newer than this program, -EUCLEAN when the file is damaged or no
 * database, -EBUSY when another program holds it, -EACCES, -ENOSPC, -EIO: each with a sentence that names the file.
 */
MUST_CHECK int store_open(const struct store_options *options, struct store **ret, struct err *err);

/** Carries out what is waiting (for at most `grace_ms`), cancels the rest, ends the thread, closes the file. */
void store_close(struct store *st, unsigned grace_ms);

/** Copies the numbers. */
void store_stats(struct store *st, struct store_stats *ret);

/* ---- hosts ---- */

/** All hosts, in the order they came: `hosts`, `n`. */
void store_hosts_load(struct store *st, store_cb *cb, void *arg);

/** Inserts or updates hosts by their host id. Kept while the database is sick. */
void store_hosts_save(struct store *st, const struct host_row *rows, size_t n, store_cb *cb,
                      void *arg);

/** Removes a host (its events and runs stay). -ENOENT when it is not there. */
void store_host_remove(struct store *st, struct host_id host, store_cb *cb, void *arg);

/* ---- events ---- */

/** The largest event number used so far: `id`. */
void store_events_last(struct store *st, store_cb *cb, void *arg);

/** Inserts events (one number twice: the first stays). Kept while the database is sick. */
void store_events_add(struct store *st, const struct event_row *rows, size_t n, store_cb *cb,
                      void *arg);

/** Lists events, newest first: `events`, `n`, `more`. -EINVAL for a bad limit. */
void store_events_list(struct store *st, const struct event_filter *filter, store_cb *cb,
                       void *arg);

/* ---- tb_worker_stamp_info ---- */

/** The newest run of each worker: `runs`, `n`; and `fence`, the largest used so far. */
void store_runs_load(struct store *st, store_cb *cb, void *arg);

/* One thing to do to the runs; `extend`: the row (ip, firsttime) gets updatetime, else the row is inserted. */
struct run_change {
	bool extend;
	struct worker_run run;
};

/**
 * Applies one pass of checkstate under its fencing number, all of it or nothing. -ESTALE when a larger fence
 * was used before (`fence` = that one); nothing is written then. Kept while the database is sick.
 */
void store_runs_apply(struct store *st, uint64_t fence, const struct run_change *changes, size_t n,
                      store_cb *cb, void *arg);

/** The newest runs of one worker, newest first, at most `limit` (1..1000): `runs`, `n`. */
void store_runs_of(struct store *st, struct str ip, size_t limit, store_cb *cb, void *arg);

/* ---- settings: short texts by name ---- */

/** The value: `text`. -ENOENT when there is none. */
void store_setting_get(struct store *st, struct str name, store_cb *cb, void *arg);

/** Sets the value; an empty one removes it. */
void store_setting_set(struct store *st, struct str name, struct str value, store_cb *cb,
                       void *arg);

/* ---- people ---- */

/** The setting that holds the digest (hex) of the token in the setup link, until it is used. */
#define SETTING_SETUP_DIGEST "setup_digest"

/**
 * Makes the first admin: `id`. In one transaction: no user exists, and the setting SETTING_SETUP_DIGEST equals `digest`
 * (it is removed). -EEXIST when there is a user already, -EKEYREJECTED when the digest is another.
 */
void store_setup(struct store *st, const uint8_t digest[DIGEST_BYTES], const struct user_row *user,
                 store_cb *cb, void *arg);

/** Adds a user: `id`. -EEXIST when the name is taken. */
void store_user_add(struct store *st, const struct user_row *user, store_cb *cb, void *arg);

/** The user of that name: `users`, n = 1. -ENOENT. */
void store_user_by_name(struct store *st, struct str name, store_cb *cb, void *arg);

/** All users by name, passwords left out: `users`, `n`. */
void store_users_list(struct store *st, store_cb *cb, void *arg);

/** Sets role, password (if not empty), language and login_ms by id. -ENOENT; -EPERM when it would leave no admin. */
void store_user_update(struct store *st, const struct user_row *user, store_cb *cb, void *arg);

/** Removes a user and their sessions. -ENOENT; -EPERM when it would leave no admin. */
void store_user_remove(struct store *st, int64_t id, store_cb *cb, void *arg);

/* ---- sessions ---- */

/** Adds a session, and removes those that ran out before its created_ms. */
void store_session_add(struct store *st, const struct session_row *session, store_cb *cb,
                       void *arg);

/** A session that has not run out at `now_ms`: `session`, and `users` (n = 1) with its user. -ENOENT. */
void store_session_get(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t now_ms,
                       store_cb *cb, void *arg);

/** Moves seen_ms and expires_ms. -ENOENT. */
void store_session_touch(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t seen_ms,
                         int64_t expires_ms, store_cb *cb, void *arg);

/** Removes a session; none there is fine. */
void store_session_remove(struct store *st, const uint8_t digest[DIGEST_BYTES], store_cb *cb,
                          void *arg);

/* ---- tokens ---- */

/** Adds a token: `id`. -EEXIST when the name or the digest is taken. */
void store_token_add(struct store *st, const struct token_row *token, store_cb *cb, void *arg);

/** Puts a token in the place of the one with its name, if there is one: `id`. */
void store_token_replace(struct store *st, const struct token_row *token, store_cb *cb, void *arg);

/** A token that has not run out at `now_ms`: `tokens`, n = 1. -ENOENT. */
void store_token_get(struct store *st, const uint8_t digest[DIGEST_BYTES], int64_t now_ms,
                     store_cb *cb, void *arg);

/** All tokens by number: `tokens`, `n`. */
void store_tokens_list(struct store *st, store_cb *cb, void *arg);

/** Notes a use. */
void store_token_used(struct store *st, int64_t id, int64_t used_ms, store_cb *cb, void *arg);

/** Removes a token. -ENOENT. */
void store_token_remove(struct store *st, int64_t id, store_cb *cb, void *arg);

#endif
