/*
 * sim.h - a fleet, its Redis and its servers in one process, under a seed.
 *
 * The agents are core/beat, the servers core/roll, core/checkstate and core/lease: the real ones. Everything
 * around them is simulated in milliseconds: links with latency, loss and cuts, a Redis that crashes, forgets
 * and freezes, clocks that step, processes that die and stall. The judge knows the truth and stops the run at
 * the first thing that must not be. Same seed, same trace.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/backoff.h"
#include "base/map.h"
#include "base/rng.h"
#include "core/beat.h"
#include "core/checkstate.h"
#include "core/lease.h"
#include "core/roll.h"

enum {
	MAX_SERVERS = 2,
	VALUES = 8,
	WARM_UP_MS = 60000,
	SWEEP_MS = 60000, /* the server walks servers:alive so often */
	PASS_MS = 10000,  /* checkstate's schedule */
	PING_TIMEOUT_MS = 10000,
	TRUE_START_MS = 1700000000, /* seconds; Redis' clock at time 0 */
};

/* What is sent to Redis; the answer carries the same name. */
enum op {
	OP_CONNECT,
	OP_TIME,
	OP_LOOK,
	OP_POLL,
	OP_SUBSCRIBE,
	OP_ANNOUNCE,
	OP_REPORT,
	OP_ALIVE,
	OP_WATCH,
	OP_GOODBYE,
	OP_PING,
	OP_INFO, /* the server's look at server:info:{ip} */
	OP_ZERO,
	OP_ENROL,
	OP_SWEEP,
	OP_WORKERS,
	OP_TAKE,
	OP_RENEW,
	OP_DROP,
	OP_SET_WATCH,
};

enum event_kind {
	EV_REQUEST, /* client -> Redis: op, conn, v */
	EV_ANSWER,  /* Redis -> client: op, conn, v */
	EV_LOST,    /* Redis' side of conn is gone */
	EV_PUBLISH, /* Redis -> subscribed client: op, conn, v */
	EV_TIMER,   /* a client's own timer; conn = its life */
	EV_START,   /* a client's process starts */
	EV_FAULT,
	EV_REDIS_BACK,
	EV_JUDGE,
};

struct event {
	int64_t at_ms;
	uint64_t no; /* order of those at one time */
	uint8_t kind, op;
	uint32_t who;    /* client: agents first, then servers */
	int64_t sent_ms; /* REQUEST: when it left the client */
	uint32_t conn;
	int64_t v[VALUES];
};

/* A process with a connection to Redis. Its mono clock is time + mono0_ms. */
struct client {
	uint32_t life; /* of the process; answers to an earlier one are dropped */
	uint32_t conn; /* of the connection; 0 = none */
	uint32_t redis_epoch;
	bool running, subscribed;
	int64_t cut_ms;        /* the link is cut until then */
	int64_t stall_ms;      /* the process is frozen until then */
	int64_t out_ms, in_ms; /* FIFO: the last arrival each way */
	int64_t mono0_ms;
	int64_t wall_ms;    /* its wall clock = true start + time + this */
	int64_t trouble_ms; /* the last moment it was cut, stalled, or its messages were lost */
};

struct agent {
	struct client c;
	struct beat beat;
	uint64_t id;
	uint32_t ip;
	int mem;
	bool special;     /* shares its id or ip with another: only the slow rules hold for it */
	int64_t timer_ms; /* when the pending timer comes; INT64_MAX = none */
	/* The truth about it. */
	int64_t started_ms, stopped_ms; /* stopped cleanly */
	int64_t live_ms;                /* live without a break since; 0 = it is not */
	int64_t synced_ms;              /* its last round of TIME was complete */
	int64_t wrote_interval_ms;
	int64_t wrote_ms;              /* its last write of all keys reached Redis */
	int64_t lost_ms;               /* a message of it was lost */
	int64_t anchor_ms;             /* its reports are counted from */
	int64_t reports, report_ms[2]; /* the last two of them */
	int64_t least_interval_ms;     /* since the anchor */
	bool told_watch;               /* the last control answer said that somebody watches */
	bool gone;                     /* never starts again */
	bool told_stop;                /* the last control answer said run = 0 */
	int odd_told;                  /* notes about an interval that was clamped or no number */
	struct {
		int64_t heard_ms, interval_ms, announced_ms;
		int64_t heard_sent_ms; /* when what was heard last was sent */
		bool waits;            /* the announcement came last ... */
		int64_t waits_ms;      /* ... the first of them then */
		int64_t found_ms;      /* written so, and found at a look */
		int64_t found_interval_ms;
	} by[MAX_SERVERS]; /* what was really handed to each server's roll */
};

/* A row of a server's own hosts table, and what it was last told. */
struct saved {
	uint64_t id;
	uint32_t ip;
	enum roll_state state;
	int64_t since_ms, interval_ms;
	bool enrolled, flapping;
	enum roll_cause cause;
	int64_t changed_ms;
	int64_t loud_ms[ROLL_FLAP_CHANGES + 1]; /* ring: its last events */
	unsigned n_loud;
};

struct server {
	struct client c;
	struct rng rng;
	struct roll *roll;
	struct checkstate *check;
	struct lease lease;
	struct offset offset;
	struct backoff backoff;
	struct map sql; /* "id@ip" -> struct saved; survives the process */
	bool bus_up, waits_for_pass;
	int64_t said_ms; /* stamp of the message at hand */
	int8_t *verdicts; /* of each ip: checkstate's last word in this life of the server; 0 = none */
	int interval;     /* index of interval_values: what it last told checkstate */
	int64_t retry_ms, ping_ms, round_ms, sweep_ms, pass_ms, watch_ms;
	uint32_t watch_ip;
	int64_t tick_ms;
	int64_t bus_ms;    /* the bus is up since */
	int64_t up_ms;     /* the truth: bus up and process awake without a break since */
	int64_t passed_ms; /* its last pass that SQL took */
	uint64_t findings[ROLL_N_FINDINGS];
	/* What Redis held at the last look, in truth. */
	uint64_t look_id;
	int64_t look_written_ms, look_interval_ms;
};

/* Redis' keys of one ip. */
struct keys {
	bool config, info, worker;
	int8_t alive; /* -1 = missing */
	uint64_t id;  /* server:info */
	int64_t seen_ms, seq, interval_ms;
	int64_t worker_s;
	int mem;
	int64_t watch_ms;   /* muster:watch lives until then, by Redis' life, not its clock */
	int64_t written_ms; /* the truth: when what info holds was sent */
};

struct globals {
	int run;      /* index of run_texts */
	int interval; /* index of interval_texts */
	bool lease;
	uint64_t fence, fence_counter, renewals;
	uint32_t holder;
	int64_t lease_ms; /* expires */
};

struct redis {
	bool up;
	uint32_t epoch;
	int64_t frozen_ms, clock_ms; /* its clock = true start + time + clock_ms */
	bool refuses_auth;
	struct keys *keys, *backup;
	struct globals g, backup_g;
	int64_t run_ms, interval_ms; /* when the control keys last changed */
	int64_t trouble_ms;          /* last moment it was down, frozen or refused */
	int64_t damage_ms;           /* it last lost or changed keys by itself */
	int64_t step_ms;             /* its clock last stepped */
};

/* tb_worker_stamp_info and its fence, shared by the servers. */
struct history {
	struct map runs;             /* ip -> struct worker_run, the latest row */
	uint64_t *rows, *ip_reasons; /* of each ip: rows, and why there may be so many */
	uint64_t reasons;            /* why rows of every ip may begin */
	uint64_t fence;
	uint32_t holder;
	int64_t written_ms;
};

struct options {
	uint64_t seed;
	uint32_t hosts;  /* 0 = drawn from the seed */
	int64_t seconds; /* of faults; 0 = drawn */
	bool trace;
};

struct world {
	struct options options;
	struct rng rng;
	int64_t now_ms;
	struct event *heap;
	size_t n_heap, cap_heap;
	uint64_t event_no, n_events;
	uint64_t hash; /* of the trace */

	struct agent *agents;
	uint32_t n_agents, cap_agents, n_ips;
	char (*ips)[HOST_IP_SIZE];
	struct server servers[MAX_SERVERS];
	uint32_t n_servers;
	struct redis redis;
	struct history history;
	uint64_t next_id;

	/* The seed's weather. */
	int64_t latency_ms, spike_ms, trip_ms; /* trip: the longest way there and back */
	uint32_t loss, twice, spikes;          /* of 1,000 messages */
	int64_t fault_gap_ms, quiet_ms, end_ms;
	uint32_t kinds; /* bit mask of the faults of this seed */
	int64_t move_ms, clone_ms,
		step_ms; /* an ip moved; somebody was cloned; any clock stepped: last */
	uint64_t clones;

	char failure[512];
};

extern const char *const run_texts[4];
extern const char *const interval_texts[9];
extern const int64_t interval_values[9];

/* world.c */

/** Sets the stage and lets it run to the end. False when the judge stopped it; `w->failure` says why. */
bool world_run(struct world *w);

/** Frees what world_run() made. */
void world_done(struct world *w);

/** A new event `in_ms` from now; the caller fills in the rest. Valid until the next one. */
struct event *world_event(struct world *w, enum event_kind kind, uint32_t who, int64_t in_ms);

/** Has an event that was just taken come again later, behind those that wait for the same. */
void world_put_back(struct world *w, const struct event *ev, int64_t at_ms);

/** The client by its number. */
struct client *world_client(struct world *w, uint32_t who);

/** What a process' clocks say. */
struct moment world_moment(const struct world *w, const struct client *c);

/** Time on the way, one direction. */
int64_t world_latency(struct world *w);

/** Sends to Redis over the client's connection, in order. */
struct event *world_send(struct world *w, uint32_t who, enum op op);

/** True for `of_1000` draws of a thousand. */
bool world_chance(struct world *w, uint32_t of_1000);

/** A draw from least..most. */
int64_t world_draw(struct world *w, int64_t least, int64_t most);

/** Adds a line to the trace: it goes into the hash, and out with --trace. */
void world_trace(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** The run has failed: says what must not be. Only the first failure counts. */
void world_fail(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** An id as the core has it, and back. */
struct host_id world_id(uint64_t n);
uint64_t world_id_back(struct host_id id);

/** An ip's number; UINT32_MAX = none of ours. */
uint32_t world_ip_back(const char *ip);

/** A process dies; its connection is reset, or just falls silent when its link is cut. */
void world_kill(struct world *w, uint32_t who);

/* redis.c */
void redis_init(struct world *w);
void redis_done(struct world *w);
void redis_serve(struct world *w, const struct event *ev);
void redis_crash(struct world *w, int64_t down_ms, int what_is_left);
void redis_back(struct world *w, int what_is_left);
void redis_flush(struct world *w);

/* agents.c */
/** Something happened to the agent that may well begin another row of its worker. */
void agent_reason(struct world *w, const struct agent *a);

struct agent *agent_add(struct world *w, uint64_t id, uint32_t ip);
void agent_event(struct world *w, const struct event *ev);
void agent_stop(struct world *w, uint32_t who);

/* servers.c */
void server_init(struct world *w, uint32_t n);
void server_done(struct world *w, uint32_t n);
void server_event(struct world *w, const struct event *ev);
void server_die(struct world *w, uint32_t n);

/* faults.c */
void faults_draw(struct world *w);
void faults_next(struct world *w);

/* judge.c */
void judge_second(struct world *w);
void judge_end(struct world *w);
void judge_change(struct world *w, uint32_t server, const struct roll_effect *e, struct saved *row);
void judge_zero(struct world *w, uint32_t server, const char *ip);
void judge_death(struct world *w, uint32_t server, const struct roll_effect *e);
void judge_report(struct world *w, struct agent *a, enum beat_effect_kind kind, int64_t ts_ms);
void judge_verdict(struct server *s, const struct check_effect *e);
void judge_rows(struct world *w, uint32_t server, const struct check_effect *e, uint64_t fence);

#endif
