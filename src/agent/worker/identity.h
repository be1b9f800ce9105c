/*
 * identity.h - which host this is: 128 random bits made at the first start and kept in the state folder.
 *
 * Beside the id lie two marks of what it was made on: the installation (/etc/machine-id) and the machine (the
 * firmware's uuid, which only root may read). They never leave the host. When both are others than before this is
 * a copy of that disk on another machine: it makes itself a new id and remembers the old one. When only one
 * changed (a mainboard was replaced, a machine-id made anew) it is the same host with something to tell. A disk
 * copied without changing either mark is found by the server: two living hosts with one id.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AGENT_WORKER_IDENTITY_H
#define AGENT_WORKER_IDENTITY_H

#include <stdint.h>

#include "base/err.h"
#include "core/hostid.h"

enum { IDENTITY_MARK_SIZE = 128 };

/* What the id is compared with; "" = unknown, which is like everything. */
struct identity_marks {
	char installation[IDENTITY_MARK_SIZE];
	char machine[IDENTITY_MARK_SIZE];
};

enum identity_news {
	IDENTITY_KNOWN, /* as it was */
	IDENTITY_NEW,   /* made now */
	IDENTITY_MOVED, /* kept, but one mark changed */
	IDENTITY_COPY,  /* made now, because both marks changed; `was` is the original's */
	IDENTITY_LOST, /* made now, because what was kept could not be read; it lies beside as identity.bad */
};

struct identity {
	struct host_id id;
	struct host_id was; /* set in copies, for ever */
	int64_t created_ms; /* UTC, by this host's clock */
	enum identity_news news;
};

/** Reads the marks below the directory `root`; `machine` is what the keeper knows, "" = nothing. */
void identity_marks_read(int root, const char *machine, struct identity_marks *ret);

/**
 * Reads the identity kept in the folder `dir`, or makes and keeps one. Only failing to keep it is an error: an id
 * that is forgotten at the next start would be a new host each time.
 */
MUST_CHECK int identity_load(int dir, const struct identity_marks *marks, int64_t now_ms,
                             struct identity *ret, struct err *err);

/** A sentence about `news`, for log and event; NULL when there is nothing to say. */
const char *identity_news_text(enum identity_news news);

#endif
