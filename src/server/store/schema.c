/*
 * schema.c - the tables, as the steps that made them.
 *
 * A step that has been released is never changed: the next one is added behind it. Names and sizes of the
 * contract's tables (hosts, tb_worker_stamp_info) are letter for letter; the columns behind them are ours.
 * SQLite does not enforce VARCHAR(n), so the length is a CHECK.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/sql.h"

static const char first_sqlite[] =
	"CREATE TABLE hosts ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" hostname VARCHAR(256) NOT NULL DEFAULT '' CHECK (length(hostname) <= 256),"
	" region VARCHAR(64) NOT NULL DEFAULT 'unknown' CHECK (length(region) <= 64),"
	" status VARCHAR(7) NOT NULL DEFAULT 'unknown'"
	"  CHECK (status IN ('unknown', 'online', 'offline')),"
	" gmt_modify DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
	" gmt_create DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
	" host_id CHAR(32) NOT NULL UNIQUE CHECK (length(host_id) = 32),"
	" ip VARCHAR(45) NOT NULL,"
	" sn VARCHAR(128) NOT NULL DEFAULT '',"
	" info TEXT NOT NULL DEFAULT '{}',"
	" since_ms BIGINT NOT NULL DEFAULT 0,"
	" seen_ms BIGINT NOT NULL DEFAULT 0,"
	" interval_ms BIGINT NOT NULL DEFAULT 0,"
	" first_seen_ms BIGINT NOT NULL DEFAULT 0);"
	"CREATE INDEX hosts_ip ON hosts (ip);"

	/* A row says: from firsttime to updatetime it was like this. */
	"CREATE TABLE tb_worker_stamp_info ("
	" updatetime BIGINT NOT NULL,"
	" workerip VARCHAR(45) NOT NULL,"
	" workerhostname VARCHAR(256) NOT NULL DEFAULT '',"
	" mempercent TINYINT CHECK (mempercent BETWEEN 0 AND 100),"
	" diskpercent TINYINT CHECK (diskpercent BETWEEN 0 AND 100),"
	" firsttime BIGINT NOT NULL,"
	" PRIMARY KEY (workerip, firsttime),"
	" CHECK (firsttime <= updatetime)) WITHOUT ROWID;"

	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY,"
	" time BIGINT NOT NULL,"
	" ip VARCHAR(45) NOT NULL DEFAULT '',"
	" host_id CHAR(32) NOT NULL DEFAULT '',"
	" hostname VARCHAR(256) NOT NULL DEFAULT '',"
	" kind VARCHAR(64) NOT NULL,"
	" level VARCHAR(5) NOT NULL CHECK (level IN ('info', 'warn', 'error')),"
	" text TEXT NOT NULL,"
	" data TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX event_ip ON event (ip, id);"

	"CREATE TABLE user ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name VARCHAR(64) NOT NULL UNIQUE,"
	" role VARCHAR(9) NOT NULL CHECK (role IN ('visitor', 'developer', 'admin')),"
	" password VARCHAR(128) NOT NULL,"
	" language VARCHAR(8) NOT NULL DEFAULT '',"
	" created_ms BIGINT NOT NULL,"
	" login_ms BIGINT NOT NULL DEFAULT 0);"

	"CREATE TABLE session ("
	" digest BINARY(32) NOT NULL PRIMARY KEY,"
	" user_id BIGINT NOT NULL REFERENCES user (id),"
	" csrf VARCHAR(128) NOT NULL,"
	" peer VARCHAR(64) NOT NULL DEFAULT '',"
	" created_ms BIGINT NOT NULL,"
	" seen_ms BIGINT NOT NULL,"
	" expires_ms BIGINT NOT NULL);"

	"CREATE TABLE token ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" digest BINARY(32) NOT NULL UNIQUE,"
	" name VARCHAR(64) NOT NULL UNIQUE,"
	" role VARCHAR(9) NOT NULL CHECK (role IN ('visitor', 'developer', 'admin')),"
	" created_ms BIGINT NOT NULL,"
	" expires_ms BIGINT NOT NULL DEFAULT 0,"
	" used_ms BIGINT NOT NULL DEFAULT 0);"

	"CREATE TABLE setting ("
	" name VARCHAR(64) NOT NULL PRIMARY KEY,"
	" value TEXT NOT NULL);";

const struct migration migrations[] = {
	{ 1, "hosts, workers, events and people", { first_sqlite } },
};

const size_t n_migrations = sizeof(migrations) / sizeof(migrations[0]);
