/*
 * main.c - muster-server: one event loop, and everything hung on it in the right order.
 *
 * Start: data folder (lock) - store - Redis - hub - API and pages. Stop, on SIGTERM, SIGINT or SIGHUP: pages,
 * hub, store, Redis. A second signal does not wait any longer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/api/api.h"
#include "server/datadir.h"
#include "server/ingest/ingest.h"
#include "server/login/password.h"
#include "server/redis/acl.h"
#include "server/redis/private.h"
#include "server/server_options.h"
#include "server/work.h"

enum {
	FILES_WANTED = 65536,
	LOGIN_THREADS = 2,
	LOGIN_QUEUE = 64,
	HTTP_GRACE_MS = 2000,
	STORE_GRACE_MS = 10000,
	REDIS_GRACE_MS = 15000,
};

struct server {
	struct server_options opt;
	struct datadir data;
	struct event_base *base;
	struct event *signals[3];
	struct store *store;
	struct private_redis *own_redis; /* NULL = a given one */
	struct bus_address redis, agent_redis;
	struct hub *hub;
	struct work *work;
	struct api *api;
	struct http_server *http;
	char id[TOKEN_TEXT_SIZE], token[TOKEN_TEXT_SIZE], setup[TOKEN_TEXT_SIZE];
	bool stopping;
	struct err fatal; /* why the loop ended, if not for a signal */
};

/* ---- stop ---- */

static void on_hub_stopped(void *arg)
{
	struct server *s = arg;

	(void)event_base_loopbreak(s->base);
}

static void on_http_stopped(void *arg)
{
	struct server *s = arg;

	hub_stop(s->hub, on_hub_stopped, s);
}

static void stop(struct server *s)
{
	if (s->stopping) {
		(void)event_base_loopbreak(s->base);
		return;
	}
	s->stopping = true;
	datadir_remove(&s->data, "server.json");
	http_server_stop(s->http, HTTP_GRACE_MS, on_http_stopped, s);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	(void)what;
	log_info("server: %s, stopping", strsignal((int)number));
	stop(arg);
}

static void give_up(struct server *s, const struct err *why, const char *doing)
{
	if (s->fatal.code == 0) {
		s->fatal = *why;
		err_wrap(&s->fatal, "%s", doing);
	}
	stop(s);
}

/* ---- Redis ---- */

static void on_redis_end(const struct err *why, int64_t retry_ms, void *arg)
{
	struct server *s = arg;

	log_warn("redis: %s, starting it again in %lld ms", why->msg, (long long)retry_ms);
	if (s->hub != NULL)
		hub_redis_trouble(s->hub, why);
}

static void on_redis_up(void *arg)
{
	struct server *s = arg;

	if (s->own_redis != NULL)
		private_redis_is_well(s->own_redis);
}

static void set_login(struct bus_address *a, const char *user, const struct secret *password)
{
	(void)str_copy(str_of(user), a->user, sizeof(a->user));
	secret_copy(&a->password, password);
}

static int start_own_redis(struct server *s, struct err *err)
{
	const struct private_redis_options options = {
		.base = s->base,
		.data_dir = s->data.path,
		.program = s->opt.redis_server,
		.port = (unsigned)s->opt.redis_port,
		.on_end = on_redis_end,
		.arg = s,
	};
	int r = private_redis_start(&options, &s->own_redis, err);

	if (r < 0)
		return r;
	const struct private_redis_place *place = private_redis_place(s->own_redis);
	struct bus_address tcp = { .scheme = BUS_TCP, .port = (uint16_t)place->port };
	(void)str_copy(STR("127.0.0.1"), tcp.host, sizeof(tcp.host));
	s->agent_redis = tcp;
	s->redis = tcp;
	if (place->socket[0] != '\0') {
		s->redis.scheme = BUS_UNIX;
		(void)str_copy(str_of(place->socket), s->redis.path, sizeof(s->redis.path));
	}
	set_login(&s->redis, REDIS_USER_SERVER, place->server);
	set_login(&s->agent_redis, REDIS_USER_AGENT, place->agent);
	return 0;
}

static int given_redis(struct server *s, struct err *err)
{
	int r = bus_address_parse(str_of(s->opt.redis), &s->redis, err);

	if (r < 0)
		return err_wrap(err, "option 'redis'");
	if (s->opt.redis_user != NULL &&
	    !str_copy(str_of(s->opt.redis_user), s->redis.user, sizeof(s->redis.user)))
		return err_set(err, -EINVAL, "option 'redis-user' is too long");
	if (secret_is_set(&s->opt.redis_password))
		secret_copy(&s->redis.password, &s->opt.redis_password);
	bus_address_copy(&s->agent_redis, &s->redis);
	return 0;
}

/* ---- the first admin and the CLI ---- */

static void make_token(char dst[TOKEN_TEXT_SIZE])
{
	token_make(TOKEN_PREFIX, dst);
}

static void make_plain(char dst[TOKEN_TEXT_SIZE])
{
	token_make("", dst);
}

static void make_id(char dst[TOKEN_TEXT_SIZE])
{
	token_make("", dst);
	dst[32] = '\0';
}

static const char *public_url(const struct server *s)
{
	return s->opt.url != NULL ? s->opt.url : http_server_url(s->http);
}

/* Everything is in place: tells those who wait for it. */
static void announce(struct server *s, bool needs_setup)
{
	const struct datadir_redis redis = {
		.server = &s->redis,
		.agent = &s->agent_redis,
		.ca = s->opt.redis_ca,
	};
	AUTO_BUF struct buf link = BUF(1024);
	struct err err = { 0 };
	int r = 0;

	buf_puts(&link, public_url(s));
	if (needs_setup) {
		buf_printf(&link, "/setup#%s", s->setup);
		r = datadir_setup_link(&s->data, buf_cstr(&link), &err);
	} else {
		datadir_remove(&s->data, "setup-link");
	}
	if (r == 0)
		r = datadir_agent_ini(&s->data, &redis, &err);
	if (r == 0)
		r = datadir_server_json(&s->data, http_server_url(s->http), &redis, &err);
	if (r < 0) {
		give_up(s, &err, "data folder");
		return;
	}
	(void)printf("url: %s\n", buf_cstr(&link));
	(void)fflush(stdout);
	log_info("server: listening on %s, data in %s", http_server_url(s->http), s->data.path);
}

static void on_setup_set(const struct store_reply *reply, void *arg)
{
	struct server *s = arg;

	/* Without the HTTP server we are stopping, and the store hands out its last answers. */
	if (reply->code == -ECANCELED || s->http == NULL)
		return;
	if (reply->code < 0)
		give_up(s, reply->err, "keep the setup link");
	else
		announce(s, true);
}

static void on_users(const struct store_reply *reply, void *arg)
{
	struct server *s = arg;
	uint8_t digest[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];

	if (reply->code == -ECANCELED || s->http == NULL)
		return;
	if (reply->code < 0) {
		give_up(s, reply->err, "look for users");
		return;
	}
	if (reply->n > 0) {
		announce(s, false);
		return;
	}
	/* The link printed before stays good. */
	if (!datadir_setup_token(&s->data, s->setup))
		make_plain(s->setup);
	token_digest(str_of(s->setup), digest);
	hex_encode(digest, sizeof(digest), hex);
	store_setting_set(s->store, STR(SETTING_SETUP_DIGEST), str_of(hex), on_setup_set, s);
}

static void on_token(const struct store_reply *reply, void *arg)
{
	struct server *s = arg;

	if (reply->code == -ECANCELED || s->http == NULL)
		return;
	/* The CLI cannot log in then; that is no reason not to run. */
	if (reply->code < 0)
		log_err(reply->err, "keep the token of the CLI");
	store_users_list(s->store, on_users, s);
}

static void on_hub_ready(void *arg)
{
	struct server *s = arg;
	struct token_row row = {
		.name = STR("local CLI"),
		.role = ROLE_ADMIN,
		.created_ms = clock_wall_ms(),
	};

	token_digest(str_of(s->token), row.digest);
	store_token_replace(s->store, &row, on_token, s);
}

static void on_setup_done(void *arg)
{
	struct server *s = arg;

	datadir_remove(&s->data, "setup-link");
}

/* ---- start ---- */

static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= FILES_WANTED)
		return;
	files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static int make_loop(struct server *s, struct err *err)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct event_config *config;

	if (evthread_use_pthreads() < 0 || (config = event_config_new()) == NULL)
		return err_set(err, -ENOMEM, "start libevent");
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	s->base = event_base_new_with_config(config);
	event_config_free(config);
	if (s->base == NULL)
		return err_set(err, -ENOMEM, "start the event loop");
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s);
		(void)event_add(s->signals[i], NULL);
	}
	return 0;
}

static void on_store_state(bool up, const struct err *why, void *arg)
{
	struct server *s = arg;

	if (s->hub != NULL)
		hub_sql_state(up, why, s->hub);
}

static int open_store(struct server *s, struct err *err)
{
	AUTO_BUF struct buf path = BUF(8192);

	buf_printf(&path, "%s/muster.db", s->data.path);
	const struct store_options options = {
		.base = s->base,
		.path = buf_cstr(&path),
		.on_state = on_store_state,
		.arg = s,
	};
	return store_open(&options, &s->store, err);
}

static int open_hub(struct server *s, struct err *err)
{
	const struct hub_options options = {
		.base = s->base,
		.store = s->store,
		.redis = &s->redis,
		.ca_file = s->opt.redis_ca,
		.server_id = s->id,
		.is_private = s->own_redis != NULL,
		.enrol = s->opt.enrol == SERVER_ENROL_AUTO,
		.check_ms = s->opt.check_ms,
		.stale_ms = s->opt.stale_ms,
		.on_redis_up = on_redis_up,
		.arg = s,
	};

	return hub_new(&options, &s->hub, err);
}

static int open_pages(struct server *s, struct err *err)
{
	struct http_options http = { 0 };
	int r = password_init(err);

	if (r == 0)
		r = work_new(s->base, LOGIN_THREADS, LOGIN_QUEUE, &s->work, err);
	if (r < 0)
		return r;
	const struct api_options options = {
		.base = s->base,
		.hub = s->hub,
		.work = s->work,
		.secure_cookies = s->opt.url != NULL && strncmp(s->opt.url, "https:", 6) == 0,
		.on_setup = on_setup_done,
		.arg = s,
	};
	s->api = api_new(&options);
	api_serve(s->api, &http);
	s->http = http_server_new(s->base, &http);
	return http_server_listen(s->http, s->opt.listen, err);
}

static int start(struct server *s, struct err *err)
{
	int r = datadir_open(s->opt.data, &s->data, err);

	if (r < 0)
		return r;
	datadir_remove(&s->data, "server.json");
	r = datadir_line(&s->data, "server-id", make_id, s->id, err);
	if (r == 0)
		r = datadir_line(&s->data, "token", make_token, s->token, err);
	if (r == 0)
		r = make_loop(s, err);
	if (r == 0)
		r = open_store(s, err);
	if (r == 0)
		r = s->opt.redis != NULL ? given_redis(s, err) : start_own_redis(s, err);
	if (r == 0)
		r = open_hub(s, err);
	if (r == 0)
		r = open_pages(s, err);
	if (r == 0)
		hub_start(s->hub, on_hub_ready, s);
	return r;
}

static void release(struct server *s)
{
	/* Answers still under way come back while those who asked are there. */
	http_server_free(s->http);
	s->http = NULL;
	work_free(s->work);
	store_close(s->store, STORE_GRACE_MS);
	api_free(s->api);
	hub_free(s->hub);
	private_redis_stop(s->own_redis, REDIS_GRACE_MS);
	bus_address_done(&s->redis);
	bus_address_done(&s->agent_redis);
	for (size_t i = 0; i < COUNT_OF(s->signals); i++)
		if (s->signals[i] != NULL)
			event_free(s->signals[i]);
	if (s->base != NULL)
		event_base_free(s->base);
	explicit_bzero(s->token, sizeof(s->token));
	explicit_bzero(s->setup, sizeof(s->setup));
	datadir_close(&s->data);
	server_options_done(&s->opt);
}

static int run(struct server *s, struct err *err)
{
	int r;

	raise_limits();
	s->data.fd = s->data.lock = -1;
	r = start(s, err);
	if (r == 0 && event_base_dispatch(s->base) < 0)
		r = err_set(err, -EIO, "the event loop failed");
	if (r == 0 && s->fatal.code != 0) {
		*err = s->fatal;
		r = err->code;
	}
	release(s);
	return r;
}

int main(int argc, char **argv)
{
	static const enum log_format formats[] = {
		[SERVER_LOG_TEXT] = LOG_FORMAT_TEXT,
		[SERVER_LOG_JOURNAL] = LOG_FORMAT_JOURNAL,
		[SERVER_LOG_JSON] = LOG_FORMAT_JSON,
	};
	struct server s = { 0 };
	struct err err = { 0 };
	enum conf_asked asked;
	bool loose;

	log_setup("muster-server", LOG_INFO, log_format_guess());
	(void)signal(SIGPIPE, SIG_IGN);
	if (server_options_read(&s.opt, argc, argv, &asked, &loose, &err) < 0) {
		log_error("%s", err.msg);
		return EXIT_USAGE;
	}
	if (asked != CONF_RUN) {
		if (asked == CONF_HELP)
			conf_print_help(stdout, &server_program);
		else
			(void)puts("muster-server " MUSTER_VERSION);
		server_options_done(&s.opt);
		return EXIT_DONE;
	}
	log_setup("muster-server", (enum log_level)s.opt.log_level,
	          s.opt.log_format == SERVER_LOG_AUTO ? log_format_guess()
	                                              : formats[s.opt.log_format]);
	if (loose)
		log_warn("server: others may read the password in the settings file: chmod 600 it");
	if (run(&s, &err) < 0) {
		log_error("%s", err.msg);
		return err_exit_code(err.code);
	}
	return EXIT_DONE;
}
