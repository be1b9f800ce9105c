/*
 * sql.h - every statement the server sends to a database, by number; the texts are in sql.c and schema.c only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_SQL_H
#define SERVER_STORE_SQL_H

#include <stddef.h>

/* Whose words; MariaDB comes as a second column of the tables. */
enum dialect { DIALECT_SQLITE, N_DIALECTS };

enum statement_id {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_VERSION_GET,
	SQL_VERSION_ADD,
	SQL_HOSTS_ALL,
	SQL_HOST_SAVE,
	SQL_HOST_REMOVE,
	SQL_EVENT_LAST,
	SQL_EVENT_ADD,
	SQL_EVENTS_TRIM,
	SQL_EVENTS_ALL,
	SQL_EVENTS_OF_IP,
	SQL_RUNS_LATEST,
	SQL_RUN_SAVE,
	SQL_RUNS_OF,
	SQL_SETTING_GET,
	SQL_SETTING_SET,
	SQL_SETTING_REMOVE,
	SQL_USER_COUNT,
	SQL_USER_ADD,
	SQL_USER_BY_NAME,
	SQL_USER_BY_ID,
	SQL_USERS_ALL,
	SQL_USER_UPDATE,
	SQL_USER_REMOVE,
	SQL_ADMINS_BUT,
	SQL_SESSION_ADD,
	SQL_SESSIONS_EXPIRE,
	SQL_SESSION_GET,
	SQL_SESSION_TOUCH,
	SQL_SESSION_REMOVE,
	SQL_SESSIONS_OF_REMOVE,
	SQL_TOKEN_ADD,
	SQL_TOKEN_BY_DIGEST,
	SQL_TOKEN_BY_NAME_REMOVE,
	SQL_TOKENS_ALL,
	SQL_TOKEN_USED,
	SQL_TOKEN_REMOVE,
	SQL_N_STATEMENTS
};

enum { SQL_MAX_ARGS = 16 };

/** The text of a statement; parameters are '?'. */
const char *sql_text(enum dialect dialect, enum statement_id id);

/* One step of the schema; they are only ever added to. */
struct migration {
	int number; /* 1, 2, 3 ... */
	const char *what;
	const char *sql[N_DIALECTS];
};

extern const struct migration migrations[];
extern const size_t n_migrations;

#endif
