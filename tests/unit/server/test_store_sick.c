/*
 * test_store_sick.c - the store when its database is locked, full, damaged, newer, older, or its program killed.
 *
 * The other program is a second connection of SQLite's own; the full disk is the engine's page limit,
 * which answers as a full disk does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server/store_room.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "server/store/migrate.h"

static void setup_room(struct room *room)
{
	struct err err = { 0 };

	room_init(room);
	if (room_open(room, &err) < 0)
		fail_msg("%s", err.msg);
}

static void other(sqlite3 *db, const char *sql)
{
	char *msg = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s: %s", sql, msg);
}

static sqlite3 *other_open(const struct room *room)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(room->path, &db), SQLITE_OK);
	return db;
}

static void add_event(struct room *room, int64_t id)
{
	const struct event_row row = { .id = id, .kind = STR("k"), .text = STR("t") };

	store_events_add(room->store, &row, 1, room_take, room);
}

static void wait_state(struct room *room, const int *counter)
{
	bool changed = false;

	for (int i = 0; i < 500 && !changed; i++) {
		const struct timeval most = { .tv_usec = 20000 };
		(void)event_base_loopexit(room->base, &most);
		(void)event_base_loop(room->base, EVLOOP_ONCE);
		changed = *counter > 0;
	}
	assert_true(changed);
}

static void a_lock_of_another_program_is_told_outlasted_and_nothing_is_lost(void **state)
{
	(void)state;
	struct room room;
	struct store_stats stats;

	setup_room(&room);
	sqlite3 *db = other_open(&room);
	other(db, "BEGIN IMMEDIATE");
	add_event(&room, 1);
	assert_int_equal(room_wait(&room), -EBUSY);
	assert_non_null(strstr(room.err.msg, "another program holds it"));
	assert_int_equal(room.down, 1);
	add_event(&room, 2);
	assert_int_equal(room_wait(&room), -EIO);
	store_setting_set(room.store, STR("a"), STR("b"), room_take, &room);
	assert_int_equal(room_wait(&room), -EBUSY);
	/* Reading goes on. */
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 0);
	store_stats(room.store, &stats);
	assert_false(stats.up);
	assert_int_equal(stats.kept, 2);
	other(db, "ROLLBACK");
	wait_state(&room, &room.up);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 2);
	store_stats(room.store, &stats);
	assert_true(stats.up);
	assert_int_equal(stats.kept, 0);
	assert_int_equal(stats.dropped, 0);
	sqlite3_close(db);
	room_done(&room);
}

static void too_many_rows_that_wait_lose_the_oldest_events_first(void **state)
{
	(void)state;
	struct room room;
	struct store_stats stats;
	const struct host_row host = { .host = { { 1 } }, .ip = STR("10.0.0.1") };

	setup_room(&room);
	sqlite3 *db = other_open(&room);
	other(db, "BEGIN IMMEDIATE");
	store_hosts_save(room.store, &host, 1, room_take, &room);
	assert_int_equal(room_wait(&room), -EBUSY);
	for (int i = 1; i <= 15; i++) {
		add_event(&room, i);
		assert_int_equal(room_wait(&room), -EIO);
	}
	store_stats(room.store, &stats);
	assert_int_equal(stats.kept, 10);
	assert_int_equal(stats.dropped, 6);
	other(db, "ROLLBACK");
	wait_state(&room, &room.up);
	store_hosts_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 1);
	const struct event_filter filter = { .limit = 100 };
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 9);
	sqlite3_close(db);
	room_done(&room);
}

static void a_file_damaged_while_open_is_told_and_the_store_stays(void **state)
{
	(void)state;
	struct room room;
	char garbage[4096 * 4];

	setup_room(&room);
	for (int i = 1; i <= 50; i++) {
		add_event(&room, i);
		assert_int_equal(room_wait(&room), 0);
	}
	/* Everything into the main file, then over it. */
	sqlite3 *db = other_open(&room);
	other(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	sqlite3_close(db);
	memset(garbage, 'x', sizeof(garbage));
	int fd = open(room.path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 0), sizeof(garbage));
	close(fd);
	(void)unlink(strcat(strcpy(garbage, room.path), "-shm"));
	store_setting_set(room.store, STR("a"), STR("b"), room_take, &room);
	int code = room_wait(&room);
	assert_true(code == -EUCLEAN || code == -EIO);
	assert_int_equal(room.down, 1);
	add_event(&room, 51);
	assert_int_equal(room_wait(&room), -EIO);
	room_done(&room);
}

static void a_file_that_is_no_database_is_refused_with_a_remedy(void **state)
{
	(void)state;
	struct room room;
	struct err err = { 0 };

	room_init(&room);
	FILE *f = fopen(room.path, "w");
	for (int i = 0; i < 200; i++)
		fputs("this is no database at all\n", f);
	fclose(f);
	assert_int_equal(room_open(&room, &err), -EUCLEAN);
	assert_non_null(strstr(err.msg, room.path));
	assert_non_null(strstr(err.msg, "move it away"));
	room_done(&room);
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
	(void)state;
	struct room room;
	struct err err = { 0 };

	setup_room(&room);
	store_close(room.store, 1000);
	room.store = NULL;
	sqlite3 *db = other_open(&room);
	other(db, "INSERT INTO schema_version (version, what) VALUES (99, 'the future')");
	sqlite3_close(db);
	assert_int_equal(room_open(&room, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "schema 99"));
	room_done(&room);
}

static void an_older_schema_is_copied_before_it_is_changed_and_a_failed_step_leaves_nothing(
	void **state)
{
	(void)state;
	struct room room;
	struct err err = { 0 };
	struct engine *e;
	struct stat st;
	char copy[160];
	const struct migration steps[] = {
		{ 1, "one", { "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);" } },
		{ 2, "two", { "CREATE TABLE b (x INTEGER);" } },
		{ 3, "broken", { "CREATE TABLE c (x INTEGER); INSERT INTO nowhere VALUES (1);" } },
	};

	room_init(&room);
	const struct engine_options options = { .path = room.path, .busy_ms = 10 };
	assert_int_equal(engine_sqlite.open(&options, &e, &err), 0);
	assert_int_equal(migrate(e, steps, 1, room.path, &err), 0);
	(void)snprintf(copy, sizeof(copy), "%s.before-2", room.path);
	assert_int_not_equal(stat(copy, &st), 0);
	assert_int_equal(migrate(e, steps, 2, room.path, &err), 0);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(migrate(e, steps, 3, room.path, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "schema step 3 (broken)"));
	/* The step's first half is undone, and the steps before hold. */
	assert_int_equal(engine_sqlite.script(e, "SELECT x FROM b", &err), 0);
	assert_int_not_equal(engine_sqlite.script(e, "SELECT x FROM c", &err), 0);
	assert_int_equal(migrate(e, steps, 2, room.path, &err), 0);
	engine_sqlite.close(e);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	other(db, "SELECT x FROM a");
	sqlite3_close(db);
	room_done(&room);
}

static void a_full_disk_is_told_apart_and_says_what_to_do(void **state)
{
	(void)state;
	struct room room;
	struct engine *e;
	struct err err = { 0 };
	char big[60000];
	const struct value args[] = { VALUE_OF_STR(STR("big")),
		                      VALUE_OF_STR(((struct str){ big, sizeof(big) })) };

	setup_room(&room);
	memset(big, 'x', sizeof(big));
	const struct engine_options options = { .path = room.path, .busy_ms = 10 };
	assert_int_equal(engine_sqlite.open(&options, &e, &err), 0);
	assert_int_equal(engine_sqlite.script(e, "PRAGMA max_page_count = 30", &err), 0);
	assert_int_equal(engine_run(e, SQL_SETTING_SET, args, &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "free space"));
	assert_true(engine_is_sick(-ENOSPC));
	engine_sqlite.close(e);
	room_done(&room);
}

static void limit_files(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_could_not_be_written_is_written_when_there_is_room_again(void **state)
{
	(void)state;
	struct room room;
	char big[20000];
	const struct event_row row = { .id = 1, .kind = STR("k"), .text = { big, sizeof(big) } };

	memset(big, 'x', sizeof(big));
	signal(SIGXFSZ, SIG_IGN);
	setup_room(&room);
	/* No file may grow beyond what there is; SQLite's write fails as on a disk that is full. */
	limit_files(65536);
	for (int i = 0; i < 10 && room.down == 0; i++) {
		store_events_add(room.store, &row, 1, room_take, &room);
		(void)room_wait(&room);
		store_setting_set(room.store, STR("fill"), row.text, room_take, &room);
		(void)room_wait(&room);
	}
	assert_int_equal(room.down, 1);
	add_event(&room, 2);
	assert_int_equal(room_wait(&room), -EIO);
	limit_files(RLIM_INFINITY);
	wait_state(&room, &room.up);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 2);
	room_done(&room);
}

/* In a child: adds events for ever, and says after each one that it was told "written". */
static void write_for_ever(struct room *room, int to_parent)
{
	struct err err = { 0 };

	room_init(room);
	if (room_open(room, &err) < 0)
		_exit(1);
	if (write(to_parent, room->path, sizeof(room->path)) < 0)
		_exit(1);
	for (int64_t id = 1;; id++) {
		add_event(room, id);
		while (!room->answered)
			(void)event_base_loop(room->base, EVLOOP_ONCE);
		room->answered = false;
		if (write(to_parent, &id, sizeof(id)) < 0)
			_exit(1);
	}
}

static void what_was_told_written_is_there_after_a_kill(void **state)
{
	(void)state;
	struct room room = { 0 };
	struct err err = { 0 };
	int64_t id, told = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		write_for_ever(&room, ends[1]);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], room.path, sizeof(room.path)), sizeof(room.path));
	while (told < 50 && read(ends[0], &id, sizeof(id)) == sizeof(id))
		told = id;
	kill(pid, SIGKILL);
	while (read(ends[0], &id, sizeof(id)) == sizeof(id))
		told = id;
	close(ends[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(told >= 50);
	room.base = event_base_new();
	assert_int_equal(room_open(&room, &err), 0);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_true(room.id >= told && room.id <= told + 1);
	*strrchr(strcpy(room.dir, room.path), '/') = '\0';
	room_done(&room);
}

RUN_TESTS(cmocka_unit_test(a_lock_of_another_program_is_told_outlasted_and_nothing_is_lost),
          cmocka_unit_test(too_many_rows_that_wait_lose_the_oldest_events_first),
          cmocka_unit_test(a_file_damaged_while_open_is_told_and_the_store_stays),
          cmocka_unit_test(a_file_that_is_no_database_is_refused_with_a_remedy),
          cmocka_unit_test(a_newer_schema_is_refused_and_left_alone),
          cmocka_unit_test(
		  an_older_schema_is_copied_before_it_is_changed_and_a_failed_step_leaves_nothing),
          cmocka_unit_test(a_full_disk_is_told_apart_and_says_what_to_do),
          cmocka_unit_test(what_could_not_be_written_is_written_when_there_is_room_again),
          cmocka_unit_test(what_was_told_written_is_there_after_a_kill))
