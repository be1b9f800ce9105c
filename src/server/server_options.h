/*
 * server_options.h - the server's settings: an ini file and the command line.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_SERVER_OPTIONS_H
#define SERVER_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/option.h"

/* The section of the settings file; lines need not stand in one. */
#define SERVER_SECTION "muster-server"
/* Read when --config is not given, if it is there. */
#define SERVER_CONFIG_DEFAULT "/etc/muster/server.ini"

enum server_enrol { SERVER_ENROL_AUTO, SERVER_ENROL_MANUAL };
enum server_log_format { SERVER_LOG_AUTO, SERVER_LOG_TEXT, SERVER_LOG_JOURNAL, SERVER_LOG_JSON };

struct server_options {
	char *config;     /* NULL = the default, if it is there */
	char *data;       /* folder for everything that must survive */
	char *listen;     /* ADDR:PORT */
	char *url;        /* where people reach us, when it is not what we listen on; NULL */
	char *redis;      /* NULL = a Redis of our own */
	char *redis_user; /* NULL = as in `redis` */
	struct secret redis_password;
	char *redis_ca;
	char *redis_server; /* program */
	int64_t redis_port; /* of our own; 0 = choose */
	int64_t enrol;      /* enum server_enrol */
	int64_t check_ms;   /* checkstate runs so often */
	int64_t stale_ms;   /* 0 = three intervals */
	int64_t log_level;  /* enum log_level */
	int64_t log_format; /* enum server_log_format */
};

/* The server's description, with its options. */
extern const struct program server_program;

/**
 * Reads defaults, command line, file and command line again, and checks them. With --help or --version nothing but
 * the line is read. `*ret_loose` says that the file holds a password others may read. On failure the settings
 * are released.
 */
MUST_CHECK int server_options_read(struct server_options *o, int argc, char **argv,
                                   enum conf_asked *ret_asked, bool *ret_loose, struct err *err);

/** Releases them. */
void server_options_done(struct server_options *o);

#endif
