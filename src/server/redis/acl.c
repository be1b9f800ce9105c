/*
 * acl.c - see acl.h; the lists follow the table of keys (docs/redis.md).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/redis/acl.h"

/* What an agent writes (and may read back). */
static const char *const agent_keys[] = {
	"rdv_worker_*",      "rdv__device_*", "servers:alive", "server:alive:*", "server:info:*",
	"server:workload:*", "service:*",     "services:all",  "muster:lane:*",  "muster:result:*",
};

/* What steers an agent. */
static const char *const agent_reads[] = {
	"rdv_client_*", "server:config:*", "muster:watch:*",
	"muster:ack:*", "muster:order:*",  "muster:manifest:*",
};

/* Redis counts INFO and (before 7.0) all of CLIENT among the dangerous ones; our bus introduces itself with them. */
static const char server_rules[] = "~* &* +@all -@dangerous +info +client";

static const char agent_commands[] =
	"-@all +auth +hello +ping +echo +quit +select +time +info +client|setname "
	"+get +mget +set +del +exists +expire +pexpire +ttl +type +strlen "
	"+hget +hmget +hgetall +hexists +hset +hsetnx +hdel +hlen "
	"+zadd +zrange +zrangebyscore +zrem +zremrangebyrank +zremrangebyscore +zcard "
	"+sadd +srem +smembers "
	"+xadd +xread +xrange +xrevrange +xdel +xtrim +xlen "
	"+multi +exec +discard +publish +subscribe +unsubscribe";

static void add_user(struct buf *b, const char *name, const struct secret *password)
{
	buf_printf(b, "user %s on >", name);
	buf_str(b, secret_reveal(password));
}

bool acl_write(struct buf *b, const struct secret *server, const struct secret *agent,
               bool has_read_only)
{
	buf_puts(b, "user default off resetpass resetkeys resetchannels -@all\n");
	add_user(b, REDIS_USER_SERVER, server);
	buf_printf(b, " %s\n", server_rules);
	add_user(b, REDIS_USER_AGENT, agent);
	buf_puts(b, " resetkeys resetchannels &update:info* &muster:bell*");
	for (size_t i = 0; i < COUNT_OF(agent_keys); i++)
		buf_printf(b, " ~%s", agent_keys[i]);
	for (size_t i = 0; i < COUNT_OF(agent_reads); i++)
		buf_printf(b, has_read_only ? " %%R~%s" : " ~%s", agent_reads[i]);
	buf_printf(b, " %s\n", agent_commands);
	return !b->over;
}
