/*
 * store_room.h - a store on a file of its own, and a loop to wait on; for the tests of the store.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_SERVER_STORE_ROOM_H
#define TESTS_UNIT_SERVER_STORE_ROOM_H

#include "tests/unit/test.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "server/store/store.h"

struct room {
	char dir[64], path[128];
	struct event_base *base;
	struct store *store;
	int up, down; /* times on_state said so */
	struct err why;
	/* Of the answer last waited for. */
	bool answered;
	int code;
	struct err err;
	int64_t id;
	uint64_t fence;
	size_t n;
	bool more;
	void (*look)(struct room *room, const struct store_reply *reply);
	char text[512];
};

static inline void room_state(bool up, const struct err *why, void *arg)
{
	struct room *room = arg;

	if (up) {
		room->up++;
	} else {
		room->down++;
		room->why = *why;
	}
}

static inline int room_open(struct room *room, struct err *err)
{
	const struct store_options options = {
		.base = room->base,
		.path = room->path,
		.busy_ms = 10,
		.retry_ms = 20,
		.keep_max = 10,
		.on_state = room_state,
		.arg = room,
	};

	return store_open(&options, &room->store, err);
}

static inline void room_init(struct room *room)
{
	*room = (struct room){ .dir = "/tmp/muster-store-XXXXXX" };
	if (mkdtemp(room->dir) == NULL)
		abort();
	(void)snprintf(room->path, sizeof(room->path), "%s/muster.db", room->dir);
	(void)evthread_use_pthreads();
	room->base = event_base_new();
}

static inline void room_done(struct room *room)
{
	char command[128];

	store_close(room->store, 1000);
	event_base_free(room->base);
	(void)snprintf(command, sizeof(command), "rm -rf %s", room->dir);
	if (system(command) != 0)
		abort();
}

/* The callback to give to the store; room_wait() then waits for it. */
static inline void room_take(const struct store_reply *reply, void *arg)
{
	struct room *room = arg;

	room->answered = true;
	room->code = reply->code;
	room->err = *reply->err;
	room->id = reply->id;
	room->fence = reply->fence;
	room->n = reply->n;
	room->more = reply->more;
	(void)snprintf(room->text, sizeof(room->text), STR_FMT, STR_ARG(reply->text));
	if (room->look != NULL && reply->code == 0)
		room->look(room, reply);
	room->look = NULL;
}

/* Runs the loop until `*flag` is set; gives up after ten seconds. */
static inline void room_until(struct room *room, const bool *flag)
{
	const struct timeval most = { .tv_usec = 20000 };

	for (int i = 0; i < 500 && !*flag; i++) {
		(void)event_base_loopexit(room->base, &most);
		(void)event_base_loop(room->base, EVLOOP_ONCE);
	}
	assert_true(*flag);
}

static inline int room_wait(struct room *room)
{
	room_until(room, &room->answered);
	room->answered = false;
	return room->code;
}

#endif
