/*
 * keeper_int.h - the keeper, shared by its loop (keeper.c) and its dealings with the worker (tend.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_KEEPER_KEEPER_INT_H
#define AGENT_KEEPER_KEEPER_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/agent_options.h"
#include "agent/keeper/account.h"
#include "agent/keeper/hardware.h"
#include "agent/keeper/home.h"
#include "agent/keeper/keeper.h"
#include "agent/keeper/news.h"
#include "agent/keeper/notify.h"
#include "core/keep.h"

struct keeper {
	struct agent_options opt;
	int argc;
	char **argv;
	keeper_check *check;
	int ini; /* open settings file, -1 = none */
	struct home home;
	struct account account;
	bool drop; /* the worker runs as `account` */
	struct hardware hardware;
	struct keep keep;
	struct news news;
	struct notify notify;
	int signals; /* signalfd */
	pid_t pid;   /* of the worker, 0 = none */
	int link;    /* to the worker, -1 = none */
	unsigned starts;
	int64_t started_ms;
	bool is_ready, is_hung, ended;
	bool said_hello; /* the worker that runs did */
};

/** Tells the state machine what happened and does what it wants. */
void keeper_take(struct keeper *k, enum keep_event ev);

/** Hears what the worker has sent, `most` frames of it. */
void keeper_hear(struct keeper *k, int most);

/** The worker's process ended with this wait status. */
void keeper_bury(struct keeper *k, int status);

/** Name of the settings file, "" when there is none. */
const char *keeper_ini_name(const struct keeper *k);

#endif
