/*
 * sql.c - the text of every statement.
 *
 * The order of columns and parameters is a promise to the file that runs the statement (hosts.c, events.c ...).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/sql.h"

#include <assert.h>

#define HOST_COLUMNS                                                                               \
	"id, host_id, ip, hostname, sn, region, status, info, since_ms, seen_ms, interval_ms, "    \
	"first_seen_ms"
#define EVENT_COLUMNS "id, time, ip, host_id, hostname, kind, level, text, data"
#define RUN_COLUMNS   "workerip, firsttime, updatetime, workerhostname, mempercent, diskpercent"
#define USER_COLUMNS  "id, name, role, password, language, created_ms, login_ms"
#define TOKEN_COLUMNS "id, digest, name, role, created_ms, expires_ms, used_ms"

static const char *const texts[SQL_N_STATEMENTS][N_DIALECTS] = {
	/* A write lock from the start, so that a transaction cannot fail half-way for want of one. */
	[SQL_BEGIN] = { "BEGIN IMMEDIATE" },
	[SQL_COMMIT] = { "COMMIT" },
	[SQL_ROLLBACK] = { "ROLLBACK" },

	[SQL_VERSION_GET] = { "SELECT coalesce(max(version), 0) FROM schema_version" },
	[SQL_VERSION_ADD] = { "INSERT INTO schema_version (version, what) VALUES (?, ?)" },

	[SQL_HOSTS_ALL] = { "SELECT " HOST_COLUMNS " FROM hosts ORDER BY id" },
	[SQL_HOST_SAVE] = { "INSERT INTO hosts (host_id, ip, hostname, sn, region, status, info, "
	                    "since_ms, seen_ms, interval_ms, first_seen_ms) "
	                    "VALUES (?, ?, ?, ?, coalesce(?, 'unknown'), ?, coalesce(?, '{}'), ?, "
	                    "?, ?, ?) "
	                    "ON CONFLICT (host_id) DO UPDATE SET ip = excluded.ip, "
	                    "hostname = excluded.hostname, sn = excluded.sn, "
	                    "region = coalesce(?, region), status = excluded.status, "
	                    "info = coalesce(?, info), since_ms = excluded.since_ms, "
	                    "seen_ms = excluded.seen_ms, interval_ms = excluded.interval_ms, "
	                    "gmt_modify = CURRENT_TIMESTAMP" },
	[SQL_HOST_REMOVE] = { "DELETE FROM hosts WHERE host_id = ?" },

	[SQL_EVENT_LAST] = { "SELECT coalesce(max(id), 0) FROM event" },
	[SQL_EVENT_ADD] = { "INSERT INTO event (" EVENT_COLUMNS
	                    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
	                    "ON CONFLICT (id) DO NOTHING" },
	[SQL_EVENTS_TRIM] = { "DELETE FROM event WHERE id <= ?" },
	[SQL_EVENTS_ALL] = { "SELECT " EVENT_COLUMNS " FROM event WHERE id < ? "
	                     "AND (? IS NULL OR substr(kind, 1, ?) = ?) ORDER BY id DESC LIMIT ?" },
	[SQL_EVENTS_OF_IP] = { "SELECT " EVENT_COLUMNS " FROM event WHERE ip = ? AND id < ? "
	                       "AND (? IS NULL OR substr(kind, 1, ?) = ?) ORDER BY id DESC LIMIT "
	                       "?" },

	/* Jumps from worker to worker along the key: as long as the fleet, not as the history. */
	[SQL_RUNS_LATEST] = { "WITH RECURSIVE w(ip) AS ("
	                      "SELECT min(workerip) FROM tb_worker_stamp_info UNION ALL "
	                      "SELECT (SELECT min(workerip) FROM tb_worker_stamp_info "
	                      "WHERE workerip > w.ip) FROM w WHERE w.ip IS NOT NULL) "
	                      "SELECT " RUN_COLUMNS " FROM w JOIN tb_worker_stamp_info t "
	                      "ON t.workerip = w.ip AND t.firsttime = (SELECT max(firsttime) "
	                      "FROM tb_worker_stamp_info WHERE workerip = w.ip)" },
	[SQL_RUN_SAVE] = { "INSERT INTO tb_worker_stamp_info (" RUN_COLUMNS ") "
	                   "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (workerip, firsttime) "
	                   "DO UPDATE SET updatetime = max(updatetime, excluded.updatetime)" },
	[SQL_RUNS_OF] = { "SELECT " RUN_COLUMNS " FROM tb_worker_stamp_info WHERE workerip = ? "
	                  "ORDER BY firsttime DESC LIMIT ?" },

	[SQL_SETTING_GET] = { "SELECT value FROM setting WHERE name = ?" },
	[SQL_SETTING_SET] = { "INSERT INTO setting (name, value) VALUES (?, ?) "
	                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value" },
	[SQL_SETTING_REMOVE] = { "DELETE FROM setting WHERE name = ?" },

	[SQL_USER_COUNT] = { "SELECT count(*) FROM user" },
	[SQL_USER_ADD] = { "INSERT INTO user (name, role, password, language, created_ms, "
	                   "login_ms) "
	                   "VALUES (?, ?, ?, ?, ?, ?)" },
	[SQL_USER_BY_NAME] = { "SELECT " USER_COLUMNS " FROM user WHERE name = ?" },
	[SQL_USER_BY_ID] = { "SELECT " USER_COLUMNS " FROM user WHERE id = ?" },
	[SQL_USERS_ALL] = { "SELECT id, name, role, '', language, created_ms, login_ms "
	                    "FROM user ORDER BY name" },
	[SQL_USER_UPDATE] = { "UPDATE user SET role = ?, password = coalesce(?, password), "
	                      "language = ?, login_ms = ? WHERE id = ?" },
	[SQL_USER_REMOVE] = { "DELETE FROM user WHERE id = ?" },
	[SQL_ADMINS_BUT] = { "SELECT count(*) FROM user WHERE role = 'admin' AND id <> ?" },

	[SQL_SESSION_ADD] = { "INSERT INTO session (digest, user_id, csrf, peer, created_ms, "
	                      "seen_ms, "
	                      "expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)" },
	[SQL_SESSIONS_EXPIRE] = { "DELETE FROM session WHERE expires_ms <= ?" },
	[SQL_SESSION_GET] = { "SELECT s.digest, s.user_id, s.csrf, s.peer, s.created_ms, "
	                      "s.seen_ms, "
	                      "s.expires_ms, u.id, u.name, u.role, u.password, u.language, "
	                      "u.created_ms, u.login_ms FROM session s JOIN user u "
	                      "ON u.id = s.user_id WHERE s.digest = ? AND s.expires_ms > ?" },
	[SQL_SESSION_TOUCH] = { "UPDATE session SET seen_ms = ?, expires_ms = ? WHERE digest = ?" },
	[SQL_SESSION_REMOVE] = { "DELETE FROM session WHERE digest = ?" },
	[SQL_SESSIONS_OF_REMOVE] = { "DELETE FROM session WHERE user_id = ?" },

	[SQL_TOKEN_ADD] = { "INSERT INTO token (digest, name, role, created_ms, expires_ms, "
	                    "used_ms) "
	                    "VALUES (?, ?, ?, ?, ?, ?)" },
	[SQL_TOKEN_BY_DIGEST] = { "SELECT " TOKEN_COLUMNS " FROM token WHERE digest = ? "
	                          "AND (expires_ms = 0 OR expires_ms > ?)" },
	[SQL_TOKEN_BY_NAME_REMOVE] = { "DELETE FROM token WHERE name = ?" },
	[SQL_TOKENS_ALL] = { "SELECT " TOKEN_COLUMNS " FROM token ORDER BY id" },
	[SQL_TOKEN_USED] = { "UPDATE token SET used_ms = ? WHERE id = ?" },
	[SQL_TOKEN_REMOVE] = { "DELETE FROM token WHERE id = ?" },
};

const char *sql_text(enum dialect dialect, enum statement_id id)
{
	assert(id < SQL_N_STATEMENTS && texts[id][dialect] != NULL);
	return texts[id][dialect];
}
