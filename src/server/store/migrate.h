/*
 * migrate.h - brings a database to the schema of this program, forwards only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_STORE_MIGRATE_H
#define SERVER_STORE_MIGRATE_H

#include "base/err.h"
#include "server/store/engine.h"

/**
 * Applies the steps (`n` of them, numbered 1..n) a database lacks, each as one transaction. One that has tables already
 * is copied first, to PATH.before-N (N = the first step it lacks).
 *
 * Returns 0; -EPROTO when the database has steps this program does not know; else the engine's failure. The
 * database is then as some step left it, never between two.
 */
MUST_CHECK int migrate(struct engine *e, const struct migration *steps, size_t n, const char *path,
                       struct err *err);

#endif
