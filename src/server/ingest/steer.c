/*
 * steer.c - the keys of the contract that a server writes.
 *
 * Everything here is a wish: when it cannot be sent the roll comes again with it, or the agent does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/buf.h"
#include "server/ingest/hub_int.h"
#include "wire/keys.h"
#include "wire/update.h"

/* A refusal is told now and then; a break is told by the bus itself. */
static void on_written(struct bus *bus, const struct reply *reply, const struct err *err, void *arg)
{
	struct hub *h = arg;

	(void)bus;
	if (err != NULL && reply != NULL && log_pace_is_due(&h->drop_pace, PACE_MS))
		log_warn("redis: a write was refused: %s", err->msg);
}

static void write_to(struct hub *h, const struct str *args, size_t n)
{
	/* Not up, or full: see above. */
	if (bus_send(h->bus, args, n, on_written, h) < 0)
		log_debug("redis: a write was not sent");
}

#define WRITE(h, ...)                                                                              \
	write_to((h), (const struct str[]){ __VA_ARGS__ },                                         \
	         sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

void steer_zero(struct hub *h, struct str ip)
{
	struct key_name alive, channel;
	AUTO_BUF struct buf text = BUF(1024);
	struct update u = { .kind = UPDATE_ALIVE, .alive = false };

	if (!key_make(KEY_ALIVE, ip, &alive) || !key_make(KEY_UPDATE_ALIVE, ip, &channel) ||
	    !str_copy(ip, u.ip, sizeof(u.ip)) || !update_write(&text, &u))
		return;
	WRITE(h, STR("HSET"), key_plain(KEY_SERVERS_ALIVE), ip, STR("0"));
	WRITE(h, STR("SET"), key_str(&alive), STR("0"));
	WRITE(h, STR("PUBLISH"), key_plain(KEY_UPDATE), buf_as_str(&text));
	WRITE(h, STR("PUBLISH"), key_str(&channel), STR("0"));
}

void steer_enrol(struct hub *h, struct str ip)
{
	struct key_name config, bell;

	if (!key_make(KEY_CONFIG, ip, &config) || !key_make(KEY_BELL_HOST, ip, &bell))
		return;
	/* Never over what an operator wrote. */
	WRITE(h, STR("HSETNX"), key_str(&config), STR("services"), STR("{}"));
	WRITE(h, STR("HSETNX"), key_str(&config), STR("controlled"), STR("{}"));
	WRITE(h, STR("PUBLISH"), key_str(&bell), STR("1"));
}

void steer_watch(struct hub *h, struct str ip, bool ring)
{
	struct key_name watch, bell;
	char seconds[16];

	if (!key_make(KEY_WATCH, ip, &watch) || !key_make(KEY_BELL_HOST, ip, &bell))
		return;
	(void)snprintf(seconds, sizeof(seconds), "%d", HUB_WATCH_MS / 1000);
	WRITE(h, STR("SET"), key_str(&watch), STR("1"), STR("EX"), str_of(seconds));
	if (ring)
		WRITE(h, STR("PUBLISH"), key_str(&bell), STR("1"));
}

void steer_forget(struct hub *h, struct str ip)
{
	static const enum key_id ids[] = { KEY_ALIVE,  KEY_INFO,  KEY_WORKLOAD,
		                           KEY_CONFIG, KEY_WATCH, KEY_WORKER };
	struct key_name names[COUNT_OF(ids)];
	struct str args[COUNT_OF(ids) + 1] = { STR("DEL") };

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		if (!key_make(ids[i], ip, &names[i]))
			return;
		args[i + 1] = key_str(&names[i]);
	}
	WRITE(h, STR("HDEL"), key_plain(KEY_SERVERS_ALIVE), ip);
	write_to(h, args, COUNT_OF(args));
}
