/*
 * tend.c - the keeper and its worker: starting, telling, hearing, burying it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/keeper/keeper_int.h"
#include "agent/keeper/spawn.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "wire/link.h"

enum { LAST_FRAMES = 4096 };

/* False when the worker cannot hear it now. */
static bool say(const struct keeper *k, const struct link_frame *f)
{
	char packet[LINK_MAX_BYTES];
	size_t len = link_write(f, packet);

	return k->link >= 0 && len != 0 && fd_send_packet(k->link, packet, len) == 0;
}

/* What does not reach this worker is told to the next one. */
static void say_news(struct keeper *k)
{
	for (size_t i = 0; i < k->news.n; i++) {
		const struct news_item *item = &k->news.items[i];

		(void)say(k, &(struct link_frame){
				     .kind = LINK_NEWS,
				     .id = item->id,
				     .time_ms = item->time_ms,
				     .value = item->count,
				     .n_texts = 2,
				     .texts = { str_of(item->kind), str_of(item->text) } });
	}
}

const char *keeper_ini_name(const struct keeper *k)
{
	if (k->ini < 0)
		return "";
	return k->opt.config != NULL ? k->opt.config : AGENT_CONFIG_DEFAULT;
}

static void start(struct keeper *k)
{
	struct spawn s = { .argc = k->argc,
		           .argv = k->argv,
		           .ini = k->ini,
		           .state = k->home.worker,
		           .owner = k->drop ? &k->account : NULL };
	struct err err = { 0 };
	pid_t pid = spawn_worker(&s, &k->link, &err);

	if (pid < 0) {
		log_err(&err, "keeper: start the worker");
		news_add(&k->news, "agent.crash", clock_wall_ms(),
		         "the worker could not be started: %s", err.msg);
		keeper_take(k, KEEP_EV_FAILED);
		return;
	}
	k->pid = pid;
	k->starts++;
	k->started_ms = clock_mono_ms();
	/* Unheard, it ends by itself. */
	(void)say(k, &(struct link_frame){ .kind = LINK_WELCOME,
	                                   .value = k->starts,
	                                   .n_texts = 3,
	                                   .texts = { str_of(keeper_ini_name(k)),
	                                              str_of(k->hardware.serial),
	                                              str_of(k->hardware.uuid) } });
	keeper_take(k, KEEP_EV_STARTED);
}

static void ask(struct keeper *k)
{
	struct link_frame stop = { .kind = LINK_STOP, .value = k->keep.goal == KEEP_GOAL_END };

	if (!say(k, &stop))
		(void)kill(k->pid, SIGTERM);
}

static void note(struct keeper *k, enum keep_note what, int64_t value)
{
	switch (what) {
	case KEEP_NOTE_CRASH:
		log_warn("keeper: starting the worker again in %lld ms", (long long)value);
		break;
	case KEEP_NOTE_HANG:
		k->is_hung = true;
		log_warn("keeper: no sign of life from the worker (pid %d) for %lld s, killing it",
		         (int)k->pid, (long long)value / 1000);
		break;
	case KEEP_NOTE_LOOP:
		log_error("keeper: the worker crashes again and again (%lld times in a row); the "
		          "reason "
		          "is above, a new one follows at growing intervals",
		          (long long)value);
		break;
	case KEEP_NOTE_HEALED:
		log_info("keeper: the worker runs well again");
		break;
	case KEEP_NOTE_SLOW:
		log_warn("keeper: the worker did not end within %lld ms, killing it",
		         (long long)value);
		break;
	case KEEP_NOTE_UNKILLABLE:
		log_error("keeper: the worker (pid %d) does not die, it waits inside the kernel; "
		          "no new one "
		          "is started before it is gone",
		          (int)k->pid);
		break;
	case KEEP_NOTE_NONE:
	default:
		break;
	}
}

/* Tells the state machine and does what it wants; keeper_take() may come in again from start(). */
void keeper_take(struct keeper *k, enum keep_event ev)
{
	struct keep_effects todo;

	keep_step(&k->keep, ev, clock_mono_ms(), &todo);
	for (size_t i = 0; i < todo.n; i++) {
		const struct keep_effect *e = &todo.list[i];

		switch (e->kind) {
		case KEEP_START:
			start(k);
			break;
		case KEEP_ASK:
			ask(k);
			break;
		case KEEP_KILL:
			if (k->pid > 0)
				(void)kill(k->pid, SIGKILL);
			break;
		case KEEP_END:
			k->ended = true;
			break;
		case KEEP_NOTE:
		default:
			note(k, e->note, e->value);
		}
	}
}

static void be_ready(struct keeper *k)
{
	if (!k->is_ready)
		notify_say(&k->notify, "READY=1");
	k->is_ready = true;
}

static void misbehaves(struct keeper *k, const char *what)
{
	log_error("keeper: the worker (pid %d) %s, killing it", (int)k->pid, what);
	fd_close(&k->link);
	(void)kill(k->pid, SIGKILL);
}

static void hear(struct keeper *k, const struct link_frame *f)
{
	struct str text = link_text(f, 0);

	/* Whatever it says, it lives. */
	keeper_take(k, KEEP_EV_ALIVE);
	switch (f->kind) {
	case LINK_HELLO:
		if (k->said_hello) {
			misbehaves(k, "said hello twice");
			break;
		}
		k->said_hello = true;
		log_info("keeper: worker " STR_FMT " runs (pid %d)", STR_ARG(text), (int)k->pid);
		be_ready(k);
		say_news(k);
		break;
	case LINK_STATE:
		notify_say(&k->notify, "STATUS=%.*s", text.len < 200 ? (int)text.len : 200, text.p);
		break;
	case LINK_TOLD:
		news_told(&k->news, f->id);
		break;
	case LINK_ALIVE:
		break;
	case LINK_WELCOME:
	case LINK_NEWS:
	case LINK_STOP:
	case LINK_N_KINDS:
	default:
		misbehaves(k, "said what only we say");
	}
}

void keeper_hear(struct keeper *k, int most)
{
	char packet[LINK_MAX_BYTES];
	struct link_frame f;

	while (k->link >= 0 && most-- > 0) {
		ssize_t n = fd_recv_packet(k->link, packet, sizeof(packet));

		if (n == -EAGAIN)
			return;
		if (n == 0 || n == -ECONNRESET) {
			/* It is ending; the signal follows. */
			fd_close(&k->link);
		} else if (n < 0 || !link_read((struct str){ packet, (size_t)n }, &f)) {
			misbehaves(k, "sent something that is no frame");
		} else {
			hear(k, &f);
		}
	}
}

void keeper_bury(struct keeper *k, int status)
{
	bool asked = k->keep.goal != KEEP_GOAL_RUN;
	long long ran_s = (long long)(clock_mono_ms() - k->started_ms) / 1000;
	unsigned row = k->keep.crashes + 1;
	char how[100], loop[60] = "";

	keeper_hear(k, LAST_FRAMES); /* not for ever: what it started may still be talking */
	fd_close(&k->link);
	child_describe(status, how, sizeof(how));
	if (asked) {
		log_info("keeper: the worker (pid %d) ended: %s", (int)k->pid, how);
		if (k->keep.goal == KEEP_GOAL_RENEW)
			news_add(&k->news, "agent.restart", clock_wall_ms(),
			         "the worker was replaced to take new settings");
	} else {
		if (row >= KEEP_LOOP_CRASHES)
			(void)snprintf(loop, sizeof(loop), "; it is the crash number %u in a row",
			               row);
		log_warn("keeper: the worker (pid %d) ended after %lld s: %s%s", (int)k->pid, ran_s,
		         how, k->is_hung ? " (hung)" : "");
		news_add(&k->news, "agent.crash", clock_wall_ms(),
		         k->is_hung
		                 ? "the worker gave no sign of life for %lld s and was ended: %s%s"
		                 : "the worker ended after %lld s: %s%s",
		         k->is_hung ? (long long)k->opt.hang_ms / 1000 : ran_s, how, loop);
		be_ready(k);
	}
	k->pid = 0;
	k->is_hung = k->said_hello = false;
	keeper_take(k, KEEP_EV_EXIT);
}
