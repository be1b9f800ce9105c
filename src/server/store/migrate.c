/*
 * migrate.c - see migrate.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/store/migrate.h"

#include <stdio.h>

static const char version_table[] = "CREATE TABLE IF NOT EXISTS schema_version ("
				    " version INTEGER NOT NULL PRIMARY KEY,"
				    " what TEXT NOT NULL,"
				    " applied DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);";

static void take_version(const struct value *cols, size_t n, void *arg)
{
	int64_t *version = arg;

	(void)n;
	*version = cols[0].i;
}

static int apply(struct engine *e, const struct migration *step, struct err *err)
{
	const struct value args[] = { VALUE_OF_INT(step->number),
		                      VALUE_OF_STR(str_of(step->what)) };
	struct err ignored = { 0 };
	int r = engine_run(e, SQL_BEGIN, NULL, err);

	if (r < 0)
		return r;
	r = e->kind->script(e, step->sql[e->kind->dialect], err);
	if (r == 0)
		r = engine_run(e, SQL_VERSION_ADD, args, err);
	if (r == 0)
		r = engine_run(e, SQL_COMMIT, NULL, err);
	if (r < 0) {
		/* Fails when SQLite has rolled back by itself; either way it is undone. */
		if (engine_run(e, SQL_ROLLBACK, NULL, &ignored) < 0)
			(void)ignored;
		return err_wrap(err, "schema step %d (%s)", step->number, step->what);
	}
	return 0;
}

int migrate(struct engine *e, const struct migration *steps, size_t n, const char *path,
            struct err *err)
{
	int64_t version = 0;
	char copy[4096];
	int r = e->kind->script(e, version_table, err);

	if (r == 0)
		r = engine_query(e, SQL_VERSION_GET, NULL, take_version, &version, err);
	if (r < 0)
		return err_wrap(err, "read the schema's version");
	if (version > (int64_t)n)
		return err_set(err, -EPROTO,
		               "%s was written by a newer muster-server (schema %lld, this program "
		               "knows %zu): start that one, or put back the copy %s.before-%zu",
		               path, (long long)version, n, path, n + 1);
	if (version > 0 && version < (int64_t)n) {
		if (snprintf(copy, sizeof(copy), "%s.before-%lld", path, (long long)version + 1) >=
		    (int)sizeof(copy))
			return err_set(err, -ENAMETOOLONG, "the path %s is too long", path);
		r = e->kind->copy(e, copy, err);
		if (r < 0)
			return err_wrap(err, "copy before changing the schema");
	}
	for (size_t i = (size_t)version; i < n && r == 0; i++)
		r = apply(e, &steps[i], err);
	return r;
}
