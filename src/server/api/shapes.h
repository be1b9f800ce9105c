/*
 * shapes.h - the named objects of the API, for the tables of routes.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_API_SHAPES_H
#define SERVER_API_SHAPES_H

#include "server/api/route.h"

extern const struct shape shape_version;
extern const struct shape shape_part;
extern const struct shape shape_counts;
extern const struct shape shape_health;
extern const struct shape shape_user;
extern const struct shape shape_session;
extern const struct shape shape_host;
extern const struct shape shape_host_list;
extern const struct shape shape_run;
extern const struct shape shape_host_detail;
extern const struct shape shape_sample_reply;
extern const struct shape shape_recent;
extern const struct shape shape_watch;
extern const struct shape shape_event;
extern const struct shape shape_event_list;
extern const struct shape shape_check;
extern const struct shape shape_token;
extern const struct shape shape_token_list;
extern const struct shape shape_token_made;
extern const struct shape shape_hello;
extern const struct shape shape_hosts_event;
extern const struct shape shape_gone;
extern const struct shape shape_stream_sample;
extern const struct shape shape_error;

/* The message of a host, in shape_sample.c. */
extern const struct shape shape_cpu_times;
extern const struct shape shape_load;
extern const struct shape shape_cpu;
extern const struct shape shape_mem;
extern const struct shape shape_disk_row;
extern const struct shape shape_filesystem;
extern const struct shape shape_disk;
extern const struct shape shape_net_row;
extern const struct shape shape_net_total;
extern const struct shape shape_agent;
extern const struct shape shape_sample;

#endif
