/*
 * test_redis.c - the files of a private Redis, its users, and telling an orphan from a stranger.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/redis/acl.h"
#include "server/redis/files.h"
#include "server/redis/orphan.h"
#include "server/redis/version.h"

static char *make_dir(int *ret_fd)
{
	char *path = strdup("/tmp/muster-redis-XXXXXX");

	assert_non_null(mkdtemp(path));
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	return path;
}

static void drop_dir(char *path, int fd)
{
	char command[128];

	close(fd);
	(void)snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
	free(path);
}

static void agents_read_what_steers_them_and_write_only_what_is_theirs(void **state)
{
	(void)state;
	struct secret server = { 0 }, agent = { 0 };
	struct buf text = BUF(16384);

	secret_set(&server, STR("s3rver"));
	secret_set(&agent, STR("ag3nt"));
	assert_true(acl_write(&text, &server, &agent, true));
	const char *acl = buf_cstr(&text);
	assert_non_null(strstr(acl, "user default off"));
	assert_non_null(strstr(acl, "user server on >s3rver "));
	const char *of_agent = strstr(acl, "user agent on >ag3nt ");
	assert_non_null(of_agent);
	assert_non_null(strstr(of_agent, " ~rdv_worker_*"));
	assert_non_null(strstr(of_agent, " %R~rdv_client_*"));
	assert_non_null(strstr(of_agent, " %R~server:config:*"));
	assert_null(strstr(of_agent, " ~*"));
	assert_null(strstr(of_agent, "+eval"));
	assert_null(strstr(of_agent, "+keys"));
	assert_null(strstr(of_agent, "+@"));
	buf_reset(&text);
	/* Redis 6.2 knows no keys that may only be read. */
	assert_true(acl_write(&text, &server, &agent, false));
	assert_null(strstr(buf_cstr(&text), "%R"));
	buf_done(&text);
	secret_done(&server);
	secret_done(&agent);
}

static void a_password_is_made_once_and_kept(void **state)
{
	(void)state;
	int dir;
	char *path = make_dir(&dir);
	struct secret first = { 0 }, again = { 0 };
	struct err err = { 0 };
	struct stat st;

	assert_int_equal(redis_password(dir, "x.password", &first, &err), 0);
	assert_int_equal(secret_reveal(&first).len, 64);
	assert_int_equal(fstatat(dir, "x.password", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(redis_password(dir, "x.password", &again, &err), 0);
	assert_true(str_eq(secret_reveal(&first), secret_reveal(&again)));
	assert_int_equal(fd_replace_file(dir, "x.password", STR("password1"), 0600, &err), 0);
	assert_int_equal(redis_password(dir, "x.password", &again, &err), -EBADMSG);
	assert_null(strstr(err.msg, "password1"));
	secret_done(&first);
	secret_done(&again);
	drop_dir(path, dir);
}

static int listen_somewhere(unsigned *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void the_port_of_before_is_kept_unless_a_stranger_has_it(void **state)
{
	(void)state;
	struct err err = { 0 };
	unsigned taken, port = 0;
	int fd = listen_somewhere(&taken);

	assert_int_equal(redis_port_choose(0, taken, &port, &err), 0);
	assert_int_not_equal(port, taken);
	assert_int_equal(redis_port_choose(taken, 0, &port, &err), -EADDRINUSE);
	assert_non_null(strstr(err.msg, "port"));
	close(fd);
	assert_int_equal(redis_port_choose(0, taken, &port, &err), 0);
	assert_int_equal(port, taken);
}

static void redis_conf_quotes_paths_and_listens_on_the_loopback_only(void **state)
{
	(void)state;
	int dir;
	char *path = make_dir(&dir);
	char text[16384];
	struct secret s = { 0 };
	struct err err = { 0 };

	secret_set(&s, STR("pw"));
	const struct redis_conf conf = {
		.dir = "/tmp/a \"quoted\" \\ path",
		.socket = "",
		.port = 7000,
		.has_read_only = true,
		.server = &s,
		.agent = &s,
	};
	assert_int_equal(redis_conf_write(dir, &conf, &err), 0);
	assert_true(fd_read_file(dir, "redis.conf", text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "dir \"/tmp/a \\\"quoted\\\" \\\\ path\"\n"));
	assert_non_null(strstr(text, "bind 127.0.0.1\n"));
	assert_non_null(strstr(text, "port 7000\n"));
	assert_non_null(strstr(text, "appendonly yes\n"));
	assert_non_null(strstr(text, "maxmemory-policy noeviction\n"));
	assert_null(strstr(text, "unixsocket"));
	secret_done(&s);
	drop_dir(path, dir);
}

static pid_t sleeper(bool is_deaf)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (is_deaf)
			(void)signal(SIGTERM, SIG_IGN);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void an_orphan_is_asked_to_go_and_ended_when_it_does_not(void **state)
{
	(void)state;
	int dir;
	char *path = make_dir(&dir);
	struct err err = { 0 };
	int status;

	/* Nobody reaps it here, so it stays a zombie: ended is ended. */
	pid_t pid = sleeper(false);
	assert_int_equal(orphan_note(dir, "pid", pid, &err), 0);
	assert_int_equal(orphan_find(dir, "pid"), pid);
	assert_int_equal(orphan_wait(dir, "pid", 5, 60000, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	pid = sleeper(true);
	assert_int_equal(orphan_note(dir, "pid", pid, &err), 0);
	assert_int_equal(orphan_wait(dir, "pid", 5, 20, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	drop_dir(path, dir);
}

static void a_stranger_with_the_orphans_pid_is_left_alone(void **state)
{
	(void)state;
	int dir;
	char *path = make_dir(&dir);
	struct err err = { 0 };
	char mark[200];
	int status;
	pid_t pid = sleeper(false);

	assert_int_equal(orphan_note(dir, "pid", pid, &err), 0);
	assert_true(fd_read_file(dir, "pid", mark, sizeof(mark)) > 0);
	/* The same pid, started at another time. */
	*strchr(mark, ' ') = '\0';
	char *other = mark + strlen(mark) + 1;
	other[0] = other[0] == '9' ? '8' : '9';
	mark[strlen(mark)] = ' ';
	assert_int_equal(fd_replace_file(dir, "pid", str_of(mark), 0600, &err), 0);
	assert_int_equal(orphan_find(dir, "pid"), 0);
	assert_int_equal(orphan_wait(dir, "pid", 0, 0, &err), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	static const char *const nonsense[] = { "", "x", "-5 1 1", "1 1 1",
		                                "99999999999999999999 1" };
	for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
		assert_int_equal(fd_replace_file(dir, "pid", str_of(nonsense[i]), 0600, &err), 0);
		assert_int_equal(orphan_find(dir, "pid"), 0);
	}
	drop_dir(path, dir);
}

static void a_program_that_is_no_redis_is_named(void **state)
{
	(void)state;
	struct err err = { 0 };
	bool read_only;

	assert_int_equal(redis_version("/nowhere/redis-server", &read_only, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "install the package redis-server"));
	assert_int_equal(redis_version("echo", &read_only, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.msg, "'echo' is no Redis"));
}

RUN_TESTS(cmocka_unit_test(agents_read_what_steers_them_and_write_only_what_is_theirs),
          cmocka_unit_test(a_password_is_made_once_and_kept),
          cmocka_unit_test(the_port_of_before_is_kept_unless_a_stranger_has_it),
          cmocka_unit_test(redis_conf_quotes_paths_and_listens_on_the_loopback_only),
          cmocka_unit_test(an_orphan_is_asked_to_go_and_ended_when_it_does_not),
          cmocka_unit_test(a_stranger_with_the_orphans_pid_is_left_alone),
          cmocka_unit_test(a_program_that_is_no_redis_is_named))
