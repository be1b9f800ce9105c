/*
 * test_datadir.c - the data folder: one server at a time, files for the CLI and the agent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdio.h>

#include "base/jread.h"
#include "server/datadir.c" /* it belongs to the program, which has no library */

static char *make_path(void)
{
	char *path = strdup("/tmp/muster-data-XXXXXX");

	assert_non_null(mkdtemp(path));
	return path;
}

static void drop_path(char *path)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
	free(path);
}

static void the_folder_is_made_private_and_taken_by_one(void **state)
{
	(void)state;
	char *path = make_path();
	char inside[128];
	struct datadir one, two;
	struct err err = { 0 };
	struct stat st;

	(void)snprintf(inside, sizeof(inside), "%s/data", path);
	assert_int_equal(datadir_open(inside, &one, &err), 0);
	assert_int_equal(stat(inside, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(datadir_open(inside, &two, &err), -EBUSY);
	(void)snprintf(inside, sizeof(inside), "%d", getpid());
	assert_non_null(strstr(err.msg, inside));
	datadir_close(&one);
	(void)snprintf(inside, sizeof(inside), "%s/none/data", path);
	assert_int_equal(datadir_open(inside, &one, &err), -ENOENT);
	assert_non_null(strstr(err.msg, inside));
	drop_path(path);
}

static void make_word(char dst[TOKEN_TEXT_SIZE])
{
	(void)snprintf(dst, TOKEN_TEXT_SIZE, "made");
}

static void a_line_is_made_once_and_an_empty_file_counts_as_none(void **state)
{
	(void)state;
	char *path = make_path();
	char word[TOKEN_TEXT_SIZE];
	struct datadir d;
	struct err err = { 0 };

	assert_int_equal(datadir_open(path, &d, &err), 0);
	assert_int_equal(datadir_line(&d, "token", make_word, word, &err), 0);
	assert_string_equal(word, "made");
	assert_int_equal(fd_replace_file(d.fd, "token", STR("kept\n"), 0600, &err), 0);
	assert_int_equal(datadir_line(&d, "token", make_word, word, &err), 0);
	assert_string_equal(word, "kept");
	assert_int_equal(fd_replace_file(d.fd, "token", STR("\n"), 0600, &err), 0);
	assert_int_equal(datadir_line(&d, "token", make_word, word, &err), 0);
	assert_string_equal(word, "made");
	datadir_close(&d);
	drop_path(path);
}

static void the_setup_link_gives_its_token_back(void **state)
{
	(void)state;
	char *path = make_path();
	char word[TOKEN_TEXT_SIZE];
	struct datadir d;
	struct err err = { 0 };

	assert_int_equal(datadir_open(path, &d, &err), 0);
	assert_false(datadir_setup_token(&d, word));
	assert_int_equal(datadir_setup_link(&d, "http://127.0.0.1:1/setup#abc", &err), 0);
	assert_true(datadir_setup_token(&d, word));
	assert_string_equal(word, "abc");
	assert_int_equal(fd_replace_file(d.fd, "setup-link", STR("http://x/setup"), 0600, &err), 0);
	assert_false(datadir_setup_token(&d, word));
	datadir_remove(&d, "setup-link");
	datadir_remove(&d, "setup-link");
	assert_false(datadir_setup_token(&d, word));
	datadir_close(&d);
	drop_path(path);
}

static void read_back(const struct datadir *d, const char *name, char *text, size_t size)
{
	ssize_t n = fd_read_file(d->fd, name, text, size);

	assert_true(n > 0);
}

static void the_files_say_how_to_reach_redis(void **state)
{
	(void)state;
	char *path = make_path();
	char text[4096];
	struct datadir d;
	struct err err = { 0 };
	struct bus_address server = { .scheme = BUS_UNIX, .path = "/run/r.sock", .user = "server" };
	struct bus_address agent = { .scheme = BUS_TLS, .host = "::1", .port = 6390, .db = 3 };
	const struct datadir_redis redis = { &server, &agent, "/etc/ca.pem" };

	secret_set(&server.password, STR("a\"b"));
	secret_set(&agent.password, STR("ag"));
	assert_int_equal(datadir_open(path, &d, &err), 0);
	assert_int_equal(datadir_server_json(&d, "http://127.0.0.1:1", &redis, &err), 0);
	read_back(&d, "server.json", text, sizeof(text));
	struct jread j = JREAD(str_of(text));
	assert_true(jr_skip(&j) && jr_end(&j));
	assert_non_null(strstr(text, "\"socket\":\"/run/r.sock\""));
	assert_non_null(strstr(text, "\"password\":\"a\\\"b\""));
	assert_int_equal(datadir_agent_ini(&d, &redis, &err), 0);
	read_back(&d, "client-daemon.ini", text, sizeof(text));
	assert_non_null(strstr(text, "redis = \"rediss://[::1]:6390/3\"\n"));
	assert_non_null(strstr(text, "password = \"ag\"\n"));
	assert_non_null(strstr(text, "ca = \"/etc/ca.pem\"\n"));
	assert_null(strstr(text, "user ="));
	server.scheme = BUS_TCP;
	assert_true(str_copy(STR("10.0.0.1"), server.host, sizeof(server.host)));
	server.port = 6379;
	assert_int_equal(datadir_server_json(&d, "http://127.0.0.1:1", &redis, &err), 0);
	read_back(&d, "server.json", text, sizeof(text));
	assert_non_null(strstr(text, "\"host\":\"10.0.0.1\",\"port\":6379,\"tls\":false"));
	bus_address_done(&server);
	bus_address_done(&agent);
	datadir_close(&d);
	drop_path(path);
}

RUN_TESTS(cmocka_unit_test(the_folder_is_made_private_and_taken_by_one),
          cmocka_unit_test(a_line_is_made_once_and_an_empty_file_counts_as_none),
          cmocka_unit_test(the_setup_link_gives_its_token_back),
          cmocka_unit_test(the_files_say_how_to_reach_redis))
