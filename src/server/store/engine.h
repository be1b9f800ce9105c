/*
 * engine.h - the seam between the store and a database: statements by number, values in and out.
 *
 * Used on the store's thread only. Every call that can fail returns 0 or a negative errno that says what a
 * caller can do about it, with the engine's own words in `err`:
 *   -EEXIST   a unique value is there already
 *   -EINVAL   any other constraint, or a statement that is wrong: trying again will not help
 *   -EBUSY -ENOSPC -EUCLEAN -EROFS -EACCES -EIO   the database is sick (engine_is_sick)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_ENGINE_H
#define SERVER_STORE_ENGINE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "server/store/sql.h"

enum value_type { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB };

/* A parameter or a column. */
struct value {
	enum value_type type;
	int64_t i;    /* INT */
	struct str s; /* TEXT, BLOB; a column's is borrowed for the row callback */
};

#define VALUE_OF_INT(x)  ((struct value){ .type = VALUE_INT, .i = (x) })
#define VALUE_OF_STR(x)  ((struct value){ .type = VALUE_TEXT, .s = (x) })
#define VALUE_OF_BLOB(x) ((struct value){ .type = VALUE_BLOB, .s = (x) })
#define VALUE_OF_NULL    ((struct value){ .type = VALUE_NULL })

struct engine_options {
	const char *path; /* SQLite: the file */
	unsigned busy_ms; /* wait for somebody else's lock */
};

/* Every engine's own struct begins with this one. */
struct engine {
	const struct engine_kind *kind;
};

/** Called for each row of a result; the columns are those of the statement, in its order. */
typedef void engine_row_fn(const struct value *cols, size_t n, void *arg);

struct engine_kind {
	const char *name;
	enum dialect dialect;
	/** Opens or makes the database. */
	int (*open)(const struct engine_options *options, struct engine **ret, struct err *err);
	/** Closes it; an open transaction is lost. */
	void (*close)(struct engine *e);
	/** Runs statements separated by ';' that have no parameters and no result. */
	int (*script)(struct engine *e, const char *sql, struct err *err);
	/** Runs one statement of sql.h; `row` may be NULL. */
	int (*run)(struct engine *e, enum statement_id id, const struct value *args,
	           engine_row_fn *row, void *arg, struct err *err);
	/** The number the last insert got; rows the last statement changed. */
	int64_t (*last_id)(struct engine *e);
	int64_t (*changes)(struct engine *e);
	/** Copies the whole database to a new file, which is on disk afterwards. */
	int (*copy)(struct engine *e, const char *path, struct err *err);
};

extern const struct engine_kind engine_sqlite;

/** Whether a failure is the database's, not the request's: later it may work. */
static inline bool engine_is_sick(int code)
{
	return code == -EIO || code == -ENOSPC || code == -EBUSY || code == -EUCLEAN ||
	       code == -EROFS || code == -EACCES;
}

/** Runs a statement; `args` has as many values as the statement has parameters. */
MUST_CHECK static inline int engine_run(struct engine *e, enum statement_id id,
                                        const struct value *args, struct err *err)
{
	return e->kind->run(e, id, args, NULL, NULL, err);
}

/** Runs a statement and hands its rows to `row`. */
MUST_CHECK static inline int engine_query(struct engine *e, enum statement_id id,
                                          const struct value *args, engine_row_fn *row, void *arg,
                                          struct err *err)
{
	return e->kind->run(e, id, args, row, arg, err);
}

#endif
