/*
 * api.h - the server's face: the API under /api/v1, its event stream, and the pages.
 *
 * One thread, the event loop's. What it knows of the fleet it asks the hub; what it keeps (sessions, tokens) is
 * in the store, with a short memory here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SERVER_API_API_H
#define SERVER_API_API_H

#include <stdbool.h>

#include "http/http.h"

struct api;
struct event_base;
struct hub;
struct work;

struct api_options {
	struct event_base *base;
	struct hub *hub;
	struct work *work;   /* for passwords; password_init() was called */
	bool secure_cookies; /* the pages are reached by https */
	/* The first admin was made: the setup link is used up. May be NULL. */
	void (*on_setup)(void *arg);
	void *arg;
};

/** Makes the API and listens to the hub. All of `options` must outlive it. */
MUST_CHECK struct api *api_new(const struct api_options *options);

/** Ends the streams and forgets. The http server it answered for is stopped or freed before. */
void api_free(struct api *api);

/** Fills in how an http server is to hand its requests to `api`; limits are left alone. */
void api_serve(struct api *api, struct http_options *ret);

#endif
