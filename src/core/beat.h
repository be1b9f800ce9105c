/*
 * beat.h - the agent's session with the hub: who connects, asks, reports and listens, and when.
 *
 *   down -> connecting -> syncing -> looking -> live
 *     ^                                 |
 *     +------- waiting <----------------+   (no configuration: announce, hang up, come again)
 *
 * A pure state machine: the shell tells it what happened (beat_step) and does what comes back (effects),
 * in that order. The shell arms one timer for beat_due_ms().
 *
 * What each effect is in Redis is the contract of the keys; in short, with `id` our own addition so that the
 * server can tell two hosts on one ip apart:
 *   ANNOUNCE  HSET server:info:{ip} ..., PUBLISH update:info {"type":"waiting","ip","id"}
 *   REPORT    one pipelined write of all keys (servers:alive, server:alive:{ip}, server:workload:{ip},
 *             rdv_worker_{ip}, and in server:info:{ip} the fields id, seen (corrected UTC ms), seq, interval
 *             (seconds) and run), PUBLISH workload. The four fields are what the server reads before it
 *             declares a host dead, because pub/sub is lossy. Members of server:workload:{ip} stamped
 *             later than now are removed: a clock may have stepped back.
 *   ALIVE     the same without collecting (while rdv_client_run is 0): servers:alive, server:alive:{ip},
 *             server:info:{ip}, and rdv_worker_{ip} with null for both percentages; PUBLISH {"type":"alive","ip","alive":"1","id","seq","ts","interval"}
 *   GOODBYE   0 into servers:alive and server:alive:{ip}; PUBLISH {"type":"alive","ip","alive":"0","id","seq","ts"}
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CORE_BEAT_H
#define CORE_BEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/rng.h"
#include "base/str.h"
#include "core/moment.h"
#include "core/offset.h"
#include "core/schedule.h"

enum {
	BEAT_INTERVAL_DEFAULT_MS = 10000,
	BEAT_INTERVAL_MIN_MS = 1000,
	BEAT_INTERVAL_MAX_MS = 3600000,
	BEAT_POLL_MS =
		1000, /* rdv_client_run, rdv_client_loop_interval and muster:watch are read so often */
	BEAT_WATCH_MS = 1000,        /* while watched, a message so often */
	BEAT_WATCH_STALE_MS = 15000, /* a watch not confirmed for so long is over */
	BEAT_DUPLICATE_MS = 600000,  /* another host not seen in any look of so long is gone */
	BEAT_LOOK_MS = 60000,        /* while live the configuration is read again so often */
	BEAT_ANSWER_MS = 10000,      /* an answer later than this means the connection is dead */
	BEAT_BELL_GAP_MS = 100,      /* bells closer together ring once */
	BEAT_RETRY_FIRST_MS = 500,   /* back-off: first ceiling */
	BEAT_RETRY_CAP_MS = 30000,   /* and last */
	BEAT_MAX_EFFECTS = 12,
};

enum beat_state {
	BEAT_NEW,        /* not started */
	BEAT_DOWN,       /* not connected; the back-off runs */
	BEAT_CONNECTING, /* asked for a connection */
	BEAT_SYNCING,    /* measuring the clock offset */
	BEAT_LOOKING,    /* asked for configuration and control keys */
	BEAT_WAITING,    /* not configured: announced and hung up; the back-off runs */
	BEAT_LIVE,       /* reporting */
	BEAT_STOPPED,    /* said goodbye; nothing more happens */
	BEAT_N_STATES
};

/* What happened. */
enum beat_event_kind {
	BEAT_EV_START,   /* begin (from NEW) */
	BEAT_EV_TIMER,   /* beat_due_ms() has come; harmless at any other time */
	BEAT_EV_UP,      /* the connection stands, authentication done */
	BEAT_EV_LOST,    /* could not connect, or the connection broke */
	BEAT_EV_TIME,    /* an answer to ASK_TIME: sent_us, server_us, got_us */
	BEAT_EV_CONFIG,  /* the answer to LOOK: found, other_is_alive, and the control keys */
	BEAT_EV_CONTROL, /* the answer to POLL: the control keys */
	BEAT_EV_BELL,    /* a message on muster:bell or muster:bell:{ip} */
	BEAT_EV_STOP,    /* end cleanly */
	BEAT_N_EVENTS
};

struct beat_event {
	enum beat_event_kind kind;
	/* TIME: monotonic microseconds of question and answer, and what the server said. */
	int64_t sent_us, server_us, got_us;
	/* CONFIG */
	bool found; /* server:config:{ip} exists */
	bool other_is_alive; /* server:info:{ip} names another id whose `seen` is younger than 3 of its intervals */
	/* CONFIG and CONTROL: the values as read; {NULL, 0} = the key is missing. Borrowed for the call. */
	struct str run, loop_interval;
	bool watched; /* muster:watch:{ip} exists */
};

/* What the shell is to do. */
enum beat_effect_kind {
	BEAT_CONNECT,    /* open the connection; answer UP or LOST */
	BEAT_DISCONNECT, /* close it, after what was written before has gone out; no LOST for it */
	BEAT_ASK_TIME,   /* send TIME; answer TIME */
	BEAT_LOOK, /* read server:config:{ip}, server:info:{ip} id/seen/interval, control keys; answer CONFIG */
	BEAT_SUBSCRIBE, /* muster:bell:{ip} and muster:bell; answer BELL for each message */
	BEAT_POLL,      /* one MGET of the control keys; answer CONTROL */
	BEAT_ANNOUNCE,  /* say that this host waits for its configuration */
	BEAT_REPORT,    /* collect, write all keys, publish; `value` = seq */
	BEAT_WATCH,     /* collect and publish for the watcher, no keys; `value` = seq */
	BEAT_ALIVE,     /* write and publish that we live, without collecting; `value` = seq */
	BEAT_GOODBYE,   /* write and publish 0; `value` = seq */
	BEAT_NOTE,      /* something a person should know: `note`, `value`; becomes an event */
};

enum beat_note {
	BEAT_NOTE_NONE,
	BEAT_NOTE_INTERVAL_CLAMPED, /* value = milliseconds now in force */
	BEAT_NOTE_INTERVAL_BAD,     /* not a number; value = milliseconds now in force */
	BEAT_NOTE_RUN_BAD,          /* rdv_client_run is neither 0 nor 1; we run */
	BEAT_NOTE_STOPPED,          /* rdv_client_run became 0 */
	BEAT_NOTE_RUNNING,          /* and is 1 again */
	BEAT_NOTE_CLOCK_STEP,       /* this machine's wall clock jumped by `value` ms */
	BEAT_NOTE_TRUE_TIME_STEP,   /* the server's clock jumped by `value` ms */
	BEAT_NOTE_DUPLICATE,        /* another living host writes to our ip */
	BEAT_NOTE_BAD_TIME,         /* hung up: TIME was answered with `value` microseconds */
	BEAT_NOTE_NO_ANSWER,        /* hung up: no answer for `value` ms */
};

struct beat_effect {
	enum beat_effect_kind kind;
	enum beat_note note;
	int64_t value;
};

struct beat_effects {
	size_t n;
	struct beat_effect list[BEAT_MAX_EFFECTS];
};

struct beat {
	enum beat_state state;
	struct rng rng;
	struct backoff reach; /* for connections that fail */
	struct backoff wait;  /* for a configuration that is not there */
	int64_t retry_ms;     /* DOWN, WAITING: when to try again */
	int64_t answer_ms;    /* CONNECTING, SYNCING, LOOKING: latest time of the answer */
	struct offset offset;
	struct schedule report; /* the report interval's grid */
	struct schedule watch;  /* each second, while watched */
	struct schedule poll;
	int64_t default_interval_ms;
	int64_t look_ms;       /* next look at the configuration */
	int64_t round_ms;      /* next round of TIME */
	int64_t probe_sent_ms; /* LIVE: a TIME is on its way since; 0 = none */
	int64_t poll_sent_ms;  /* LIVE: the oldest POLL without an answer; 0 = none */
	int64_t look_sent_ms;  /* LIVE: a LOOK without an answer; 0 = none */
	int64_t bell_ms;       /* the last bell that was obeyed */
	int64_t watch_seen_ms; /* the last answer that said "watched" */
	bool running;          /* rdv_client_run */
	bool watched;
	bool duplicate;       /* told already */
	int64_t duplicate_ms; /* when it was last seen */
	bool interval_odd;    /* clamped or bad, told already */
	bool run_odd;         /* told already */
	uint64_t seq;         /* messages of this life of the agent */
};

/**
 * Prepares a session in BEAT_NEW. `seed` drives the jitter; `default_interval_ms` (0 = 10 s) holds while
 * rdv_client_loop_interval is missing.
 */
void beat_init(struct beat *b, uint64_t seed, int64_t default_interval_ms);

/** Tells what happened; `ret` gets what to do, in order (emptied first). */
void beat_step(struct beat *b, const struct beat_event *ev, struct moment now,
               struct beat_effects *ret);

/** When a BEAT_EV_TIMER is wanted, by the monotonic clock; INT64_MAX = never. */
int64_t beat_due_ms(const struct beat *b);

/** The report interval in force, in milliseconds. */
int64_t beat_interval_ms(const struct beat *b);

/** Ticks that were let go because the agent or its machine was too slow. */
uint64_t beat_missed(const struct beat *b);

/** "down", "connecting" ... */
const char *beat_state_name(enum beat_state state);

/**
 * Reads a report interval: seconds with or without decimals, into milliseconds. Values out of
 * BEAT_INTERVAL_MIN_MS..BEAT_INTERVAL_MAX_MS are clamped and `*ret_clamped` says so. False when it is no number.
 */
MUST_CHECK bool beat_interval_read(struct str text, int64_t *ret_ms, bool *ret_clamped);

#endif
