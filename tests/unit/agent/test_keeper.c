/*
 * test_keeper.c - the small parts around the keeper: users, hardware, news, the service manager.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/keeper/account.h"
#include "agent/keeper/hardware.h"
#include "agent/keeper/home.h"
#include "agent/keeper/news.h"
#include "agent/keeper/notify.h"
#include "base/fd.h"
#include "tests/unit/agent/tree.h"

static void users_are_found_by_their_whole_name(void **state)
{
	struct str passwd = STR("root:x:0:0:root:/root:/bin/bash\nmusterx:x:5:5::/:/bin/sh\n"
	                        "muster:x:998:997::/nonexistent:/usr/sbin/nologin\nbad:x:y:1::/:\n"
	                        "huge:x:4294967295:1::/:\nshort:x:1\n");
	struct account a = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(account_parse(passwd, STR("muster"), &a));
	assert_int_equal(a.uid, 998);
	assert_int_equal(a.gid, 997);
	assert_false(account_parse(passwd, STR("must"), &a));
	assert_false(account_parse(passwd, STR("bad"), &a));
	assert_false(account_parse(passwd, STR("huge"), &a));
	assert_false(account_parse(passwd, STR("short"), &a));
	assert_int_equal(account_find("root", &a, &err), 0);
	assert_int_equal(a.uid, 0);
	assert_int_equal(account_find("no such user", &a, &err), -ENOENT);
	assert_string_equal(err.msg, "there is no user 'no such user'");
}

static void placeholders_are_no_serial_numbers(void **state)
{
	struct tree *t = *state;
	struct hardware h;

	hardware_read(t->fd, &h);
	assert_string_equal(h.serial, "");
	assert_string_equal(h.uuid, "");
	tree_file(t, "sys/class/dmi/id/product_serial", "To Be Filled By O.E.M.\n");
	tree_file(t, "sys/class/dmi/id/chassis_serial", "000000000\n");
	tree_file(t, "sys/class/dmi/id/board_serial", " CZ1234 \n");
	tree_file(t, "sys/class/dmi/id/product_uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff\n");
	hardware_read(t->fd, &h);
	assert_string_equal(h.serial, "CZ1234");
	assert_string_equal(h.uuid, "");
	tree_file(t, "sys/class/dmi/id/product_serial", "VM-\x01\n");
	tree_file(t, "sys/class/dmi/id/product_uuid", "12345678-1234-1234-1234-123456789abc\n");
	hardware_read(t->fd, &h);
	assert_string_equal(h.serial, "CZ1234");
	assert_string_equal(h.uuid, "12345678-1234-1234-1234-123456789abc");
}

static void news_of_one_kind_become_one_until_told(void **state)
{
	struct news n = { 0 };

	(void)state;
	news_add(&n, "agent.crash", 1, "first");
	uint64_t told = n.items[0].id;
	news_add(&n, "agent.crash", 2, "second");
	assert_int_equal(n.n, 1);
	assert_int_equal(n.items[0].count, 2);
	assert_string_equal(n.items[0].text, "second");
	/* What was told is not what is waiting now. */
	news_told(&n, told);
	assert_int_equal(n.n, 1);
	news_add(&n, "agent.restart", 3, "third");
	assert_int_equal(n.n, 2);
	news_told(&n, n.items[0].id);
	assert_int_equal(n.n, 1);
	assert_string_equal(n.items[0].kind, "agent.restart");
	news_told(&n, 12345);
	assert_int_equal(n.n, 1);
}

static void a_state_folder_is_made_and_locked_once(void **state)
{
	struct tree *t = *state;
	struct home a = { -1, -1, -1 }, b = { -1, -1, -1 };
	struct err err = { 0 };
	struct stat st;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/a/b", t->path);
	assert_int_equal(home_open(path, NULL, &a, &err), 0);
	assert_int_equal(fstat(a.worker, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Who may open the lock file may keep us from starting. */
	assert_int_equal(fstat(a.lock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fstat(a.dir, &st), 0);
	assert_int_equal(st.st_mode & 0066, 0);
	assert_int_equal(fchmod(a.lock, 0644), 0);
	assert_int_equal(home_open(path, NULL, &b, &err), -EBUSY);
	assert_int_equal(fstat(a.lock, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_non_null(strstr(err.msg, "a muster-agent already runs here (pid "));
	home_close(&a);
	assert_int_equal(home_open(path, NULL, &b, &err), 0);
	home_close(&b);

	/* A link where the worker's folder should be is not followed. */
	assert_int_equal(unlinkat(t->fd, "a/b/worker", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("/tmp", t->fd, "a/b/worker"), 0);
	assert_int_equal(home_open(path, NULL, &b, &err), -ENOTDIR);
	tree_file(t, "file", "");
	(void)snprintf(path, sizeof(path), "%s/file/b", t->path);
	assert_int_equal(home_open(path, NULL, &b, &err), -ENOTDIR);
}

static void the_service_manager_hears_us(void **state)
{
	struct tree *t = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct notify n;
	char text[64];

	(void)unsetenv("NOTIFY_SOCKET");
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	notify_say(&n, "READY=1");
	assert_true(notify_watchdog(&n, 5) == INT64_MAX);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", t->path);
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&addr, sizeof(addr)), 0);
	(void)setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	(void)setenv("WATCHDOG_USEC", "10000000", 1);
	(void)unsetenv("WATCHDOG_PID");
	notify_open(&n);
	notify_say(&n, "STATUS=%s", "fine");
	assert_int_equal(recv(fd, text, sizeof(text), 0), 11);
	assert_memory_equal(text, "STATUS=fine", 11);
	assert_int_equal(notify_watchdog(&n, 100), 5100);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 10);
	assert_int_equal(notify_watchdog(&n, 5099), 5100);
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	notify_close(&n);
	(void)setenv("WATCHDOG_PID", "1", 1);
	notify_open(&n);
	assert_true(notify_watchdog(&n, 0) == INT64_MAX);
	notify_close(&n);
}

#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

RUN_TESTS(cmocka_unit_test(users_are_found_by_their_whole_name),
          T(placeholders_are_no_serial_numbers),
          cmocka_unit_test(news_of_one_kind_become_one_until_told),
          T(a_state_folder_is_made_and_locked_once), T(the_service_manager_hears_us))
