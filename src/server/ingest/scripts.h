/*
 * scripts.h - what the server asks of Redis in Lua: reading under limits, and the lease.
 *
 * Whoever may write to Redis can put a name or value of megabytes where we look. So names and values are
 * looked at inside Redis, and only those within limits cross the wire; the others are counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_INGEST_SCRIPTS_H
#define SERVER_INGEST_SCRIPTS_H

#include "base/str.h"

/*
 * SCRIPT_HOSTS  ARGV: cursor, count. One step through server:info:*.
 * SCRIPT_HOST   ARGV: ip.            One host.
 * Both answer [cursor, refused, name of one refused, [host ...]], a host being
 * [ip, servers:alive or "", newest member of the workload or "", field, value, field, value ...].
 *
 * SCRIPT_LIFE   ARGV: ip. The fields of server:info that prove it lives (wire/record.h), "" = missing; or nothing.
 *
 * SCRIPT_RECENT ARGV: ip. The newest members of its workload, newest first.
 *
 * SCRIPT_WORKERS ARGV: cursor, count. One step through rdv_worker_*.
 * Answers [cursor, refused, name of one refused, [worker ...], rdv_client_loop_interval or ""], a worker being
 * [key, value] or [key, five fields].
 *
 * The lease, see core/lease.h; KEYS: lease, fence.
 * SCRIPT_TAKE   ARGV: floor, holder, ttl, token ("" = take, else seize). [fence we got or 0, the other's token].
 * SCRIPT_RENEW  ARGV: fence, holder, ttl. 1 or 0.
 * SCRIPT_DROP   ARGV: fence, holder. 1 or 0.
 */
enum script {
	SCRIPT_HOSTS,
	SCRIPT_HOST,
	SCRIPT_LIFE,
	SCRIPT_RECENT,
	SCRIPT_WORKERS,
	SCRIPT_TAKE,
	SCRIPT_RENEW,
	SCRIPT_DROP
};

/** The text of a script. */
struct str script_text(enum script script);

#endif
