/*
 * sqlite.c - the SQLite engine: one file, WAL, every commit on disk before it is told.
 *
 * The only file of the server that knows sqlite3.h. One connection, one thread. Statements are prepared once
 * and kept; SQLite prepares them again by itself when the schema changed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "server/store/engine.h"

struct engine_file {
	struct engine engine;
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_N_STATEMENTS];
};

static struct engine_file *file_of(struct engine *e)
{
	return (struct engine_file *)e;
}

/* What a result code of SQLite means to a caller. */
static int errno_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY
		               ? -EEXIST
		               : -EINVAL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return -EINVAL;
	default: /* IOERR, CANTOPEN, NOMEM, ... */
		return -EIO;
	}
}

static const char *remedy_of(int code)
{
	switch (code) {
	case -EBUSY:
		return ": another program holds it; close that program";
	case -ENOSPC:
		return ": free space on its file system";
	case -EUCLEAN:
		return ": put the newest whole copy in its place, or move it away to start empty";
	case -EROFS:
	case -EACCES:
		return ": make it and its folder writable for this user";
	default:
		return "";
	}
}

static int failed(const struct engine_file *f, int rc, struct err *err, const char *doing)
{
	int code = errno_of(rc);
	const char *words = f->db != NULL ? sqlite3_errmsg(f->db) : sqlite3_errstr(rc);
	const char *name = f->db != NULL ? sqlite3_db_filename(f->db, NULL) : NULL;

	return err_set(err, code, "%s%s%s: %s%s", doing, name != NULL ? " " : "",
	               name != NULL ? name : "", words, remedy_of(code));
}

static void sqlite_close(struct engine *e)
{
	struct engine_file *f = file_of(e);

	if (f == NULL)
		return;
	for (size_t i = 0; i < SQL_N_STATEMENTS; i++)
		(void)sqlite3_finalize(f->statements[i]);
	(void)sqlite3_close(f->db);
	free(f);
}

static int sqlite_script(struct engine *e, const char *sql, struct err *err)
{
	struct engine_file *f = file_of(e);
	int rc = sqlite3_exec(f->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : failed(f, rc, err, "database");
}

/* A file of ours is nobody else's business; SQLite gives the WAL the same mode. */
static int make_private(const char *path, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, "open database %s", path) : 0;
}

static int sqlite_open(const struct engine_options *options, struct engine **ret, struct err *err)
{
	int r = make_private(options->path, err);

	if (r < 0)
		return r;
	struct engine_file *f = xcalloc(1, sizeof(*f));
	f->engine.kind = &engine_sqlite;
	int rc = sqlite3_open_v2(options->path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	                         NULL);
	if (rc != SQLITE_OK) {
		r = failed(f, rc, err, "open database");
		sqlite_close(&f->engine);
		return r;
	}
	(void)sqlite3_extended_result_codes(f->db, 1);
	(void)sqlite3_busy_timeout(f->db, (int)options->busy_ms);
	/* A file somebody gave us must not run code of its own. */
	(void)sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(f->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	/* The first statement reads the file: damage of its head, and a lock, show here. */
	r = sqlite_script(&f->engine, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", err);
	if (r < 0) {
		sqlite_close(&f->engine);
		return err_wrap(err, "open");
	}
	*ret = &f->engine;
	return 0;
}

static int prepared(struct engine_file *f, enum statement_id id, sqlite3_stmt **ret,
                    struct err *err)
{
	if (f->statements[id] == NULL) {
		int rc = sqlite3_prepare_v3(f->db, sql_text(DIALECT_SQLITE, id), -1,
		                            SQLITE_PREPARE_PERSISTENT, &f->statements[id], NULL);
		if (rc != SQLITE_OK)
			return failed(f, rc, err, "prepare for");
	}
	*ret = f->statements[id];
	return 0;
}

static int bind(sqlite3_stmt *s, int at, const struct value *v)
{
	/* A pointer that is NULL would bind NULL instead of an empty text. */
	const char *p = v->s.p != NULL ? v->s.p : "";

	switch (v->type) {
	case VALUE_INT:
		return sqlite3_bind_int64(s, at, v->i);
	case VALUE_TEXT:
		return sqlite3_bind_text64(s, at, p, v->s.len, SQLITE_STATIC, SQLITE_UTF8);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(s, at, p, v->s.len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(s, at);
	}
}

static struct value column(sqlite3_stmt *s, int at)
{
	struct str bytes;

	switch (sqlite3_column_type(s, at)) {
	case SQLITE_NULL:
		return VALUE_OF_NULL;
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		return VALUE_OF_INT(sqlite3_column_int64(s, at));
	case SQLITE_BLOB:
		bytes.p = sqlite3_column_blob(s, at);
		bytes.len = (size_t)sqlite3_column_bytes(s, at);
		return VALUE_OF_BLOB(bytes);
	default:
		bytes.p = (const char *)sqlite3_column_text(s, at);
		bytes.len = (size_t)sqlite3_column_bytes(s, at);
		return VALUE_OF_STR(bytes);
	}
}

static int sqlite_run(struct engine *e, enum statement_id id, const struct value *args,
                      engine_row_fn *row, void *arg, struct err *err)
{
	struct engine_file *f = file_of(e);
	sqlite3_stmt *s = NULL;
	struct value cols[SQL_MAX_ARGS];
	int rc = SQLITE_OK, r;

	r = prepared(f, id, &s, err);
	if (r < 0)
		return r;
	int n_args = sqlite3_bind_parameter_count(s), n_cols = sqlite3_column_count(s);
	assert(n_args <= SQL_MAX_ARGS && n_cols <= SQL_MAX_ARGS);
	for (int i = 0; i < n_args && rc == SQLITE_OK; i++)
		rc = bind(s, i + 1, &args[i]);
	if (rc == SQLITE_OK) {
		while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
			for (int i = 0; i < n_cols; i++)
				cols[i] = column(s, i);
			if (row != NULL)
				row(cols, (size_t)n_cols, arg);
		}
	}
	/* The words are those of the step; reset would repeat the code but may lose them. */
	r = rc == SQLITE_DONE ? 0 : failed(f, rc, err, "database");
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return r;
}

static int64_t sqlite_last_id(struct engine *e)
{
	return sqlite3_last_insert_rowid(file_of(e)->db);
}

static int64_t sqlite_changes(struct engine *e)
{
	return sqlite3_changes(file_of(e)->db);
}

static int copy_pages(struct engine_file *f, sqlite3 *to, struct err *err, const char *path)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", f->db, "main");
	int rc = b != NULL ? sqlite3_backup_step(b, -1) : sqlite3_errcode(to);

	if (b != NULL)
		(void)sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return err_set(err, errno_of(rc), "copy database to %s: %s", path,
		               sqlite3_errstr(rc));
	return 0;
}

static int sqlite_copy(struct engine *e, const char *path, struct err *err)
{
	char tmp[4096];
	sqlite3 *to = NULL;

	if (snprintf(tmp, sizeof(tmp), "%s.part", path) >= (int)sizeof(tmp))
		return err_set(err, -ENAMETOOLONG, "the path %s is too long", path);
	(void)unlink(tmp);
	int r = make_private(tmp, err);
	if (r < 0)
		return r;
	int rc = sqlite3_open_v2(tmp, &to, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK)
		r = err_set(err, errno_of(rc), "open %s: %s", tmp, sqlite3_errstr(rc));
	else
		r = copy_pages(file_of(e), to, err, path);
	(void)sqlite3_close(to);
	if (r == 0 && rename(tmp, path) < 0)
		r = err_sys(err, "name the copy %s", path);
	if (r < 0)
		(void)unlink(tmp);
	return r;
}

const struct engine_kind engine_sqlite = {
	.name = "SQLite",
	.dialect = DIALECT_SQLITE,
	.open = sqlite_open,
	.close = sqlite_close,
	.script = sqlite_script,
	.run = sqlite_run,
	.last_id = sqlite_last_id,
	.changes = sqlite_changes,
	.copy = sqlite_copy,
};
