/*
 * test_store.c - the store against a real SQLite file: rows in, rows out, order, limits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server/store_room.h"

#include <sys/stat.h>

static struct host_id id_of(uint8_t x)
{
	return (struct host_id){ { x, 1 } };
}

static void setup_room(struct room *room)
{
	struct err err = { 0 };

	room_init(room);
	if (room_open(room, &err) < 0)
		fail_msg("%s", err.msg);
}

static void an_empty_database_has_its_tables_and_is_private(void **state)
{
	(void)state;
	struct room room;
	struct stat st;

	setup_room(&room);
	store_hosts_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 0);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 0);
	assert_int_equal(stat(room.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	room_done(&room);
}

static void look_two_hosts(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->n, 2);
	assert_true(host_id_eq(reply->hosts[0].host, id_of(1)));
	assert_str(reply->hosts[0].ip, "10.0.0.9");
	assert_str(reply->hosts[0].hostname, "alpha");
	assert_str(reply->hosts[0].region, "unknown");
	assert_int_equal(reply->hosts[0].status, HOST_OFFLINE);
	assert_str(reply->hosts[0].info, "{\"os\":\"linux\"}");
	assert_int_equal(reply->hosts[0].first_seen_ms, 5);
	assert_int_equal(reply->hosts[0].seen_ms, 77);
	assert_str(reply->hosts[1].region, "eu");
}

static void a_host_saved_again_keeps_its_number_its_birth_and_what_was_not_said(void **state)
{
	(void)state;
	struct room room;
	struct host_row rows[2] = {
		{ .host = id_of(1),
		  .ip = STR("10.0.0.1"),
		  .hostname = STR("alpha"),
		  .status = HOST_ONLINE,
		  .info = STR("{\"os\":\"linux\"}"),
		  .first_seen_ms = 5 },
		{ .host = id_of(2), .ip = STR("10.0.0.2"), .region = STR("eu") },
	};

	setup_room(&room);
	store_hosts_save(room.store, rows, 2, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	rows[0].ip = STR("10.0.0.9");
	rows[0].status = HOST_OFFLINE;
	rows[0].info = STR("");
	rows[0].seen_ms = 77;
	rows[0].first_seen_ms = 99;
	store_hosts_save(room.store, rows, 1, NULL, NULL);
	room.look = look_two_hosts;
	store_hosts_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_host_remove(room.store, id_of(1), room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_host_remove(room.store, id_of(1), room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	room_done(&room);
}

static void look_long_name(struct room *room, const struct store_reply *reply)
{
	(void)room;
	/* 256 characters of two bytes each. */
	assert_int_equal(reply->hosts[0].hostname.len, 512);
	assert_true(utf8_is_valid(reply->hosts[0].hostname));
}

static void a_long_host_name_is_cut_at_a_whole_character(void **state)
{
	(void)state;
	struct room room;
	char name[602];

	setup_room(&room);
	for (size_t i = 0; i < 600; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	const struct host_row row = { .host = id_of(3),
		                      .ip = STR("10.0.0.3"),
		                      .hostname = { name, 600 } };
	store_hosts_save(room.store, &row, 1, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	room.look = look_long_name;
	store_hosts_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	room_done(&room);
}

static void add_events(struct room *room, int64_t from, int64_t to, const char *ip,
                       const char *kind)
{
	for (int64_t i = from; i <= to; i++) {
		const struct event_row row = {
			.id = i,
			.time_ms = i * 1000,
			.ip = str_of(ip),
			.kind = str_of(kind),
			.level = EVENT_WARN,
			.text = STR("something happened"),
		};
		store_events_add(room->store, &row, 1, room_take, room);
		assert_int_equal(room_wait(room), 0);
	}
}

static void look_first_page(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->n, 3);
	assert_true(reply->more);
	assert_int_equal(reply->events[0].id, 6);
	assert_int_equal(reply->events[2].id, 4);
	assert_int_equal(reply->events[2].level, EVENT_WARN);
}

static void look_last_page(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->n, 3);
	assert_false(reply->more);
	assert_int_equal(reply->events[0].id, 3);
}

static void only_the_newest_million_of_events_stays(void **state)
{
	(void)state;
	struct room room;
	struct event_filter filter = { .limit = 10 };

	setup_room(&room);
	add_events(&room, 1, 3, "10.0.0.1", "host.online");
	add_events(&room, 1000002, 1000002, "10.0.0.1", "host.online");
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 2); /* 3 and 1,000,002 */
	room_done(&room);
}

static void events_are_listed_newest_first_by_page_host_and_kind(void **state)
{
	(void)state;
	struct room room;
	struct event_filter filter = { .limit = 3 };

	setup_room(&room);
	add_events(&room, 1, 4, "10.0.0.1", "host.online");
	add_events(&room, 5, 6, "10.0.0.2", "agent.crash");
	room.look = look_first_page;
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	filter.before_id = 4;
	room.look = look_last_page;
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	filter = (struct event_filter){ .limit = 10, .ip = STR("10.0.0.2") };
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 2);
	filter = (struct event_filter){ .limit = 10, .kind = STR("host.") };
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 4);
	filter =
		(struct event_filter){ .limit = 10, .kind = STR("host.on"), .ip = STR("10.0.0.1") };
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 0);
	filter.limit = 100000;
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), -EINVAL);
	/* The same number again: the first stays. */
	add_events(&room, 6, 6, "10.0.0.3", "other");
	filter = (struct event_filter){ .limit = 10, .ip = STR("10.0.0.3") };
	store_events_list(room.store, &filter, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 0);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 6);
	room_done(&room);
}

static struct run_change change_of(bool extend, const char *ip, int64_t first, int64_t last,
                                   int mem)
{
	struct run_change c = { .extend = extend,
		                .run = { .firsttime_s = first,
		                         .updatetime_s = last,
		                         .mem = mem,
		                         .disk = -1,
		                         .hostname = "h" } };

	str_copy(str_of(ip), c.run.ip, sizeof(c.run.ip));
	return c;
}

static void look_runs(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->n, 2);
	assert_int_equal(reply->fence, 3);
	assert_string_equal(reply->runs[0].ip, "10.0.0.1");
	assert_int_equal(reply->runs[0].firsttime_s, 200);
	assert_int_equal(reply->runs[0].updatetime_s, 230);
	assert_int_equal(reply->runs[0].mem, 51);
	assert_int_equal(reply->runs[0].disk, -1);
	assert_string_equal(reply->runs[1].ip, "10.0.0.2");
}

static void runs_grow_only_in_updatetime_and_the_newest_of_each_worker_is_loaded(void **state)
{
	(void)state;
	struct room room;
	const struct run_change first[] = {
		change_of(false, "10.0.0.1", 100, 100, 50),
		change_of(true, "10.0.0.1", 100, 190, 50),
		change_of(false, "10.0.0.1", 200, 200, 51),
		change_of(false, "10.0.0.2", 100, 100, 10),
	};
	/* An older updatetime never takes a row back; a row that is missing is put there whole. */
	const struct run_change second[] = {
		change_of(true, "10.0.0.1", 200, 230, 51),
		change_of(true, "10.0.0.1", 200, 220, 51),
		change_of(true, "10.0.0.2", 300, 310, 12),
	};

	setup_room(&room);
	store_runs_apply(room.store, 3, first, 4, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_runs_apply(room.store, 3, second, 3, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	room.look = look_runs;
	store_runs_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_runs_of(room.store, STR("10.0.0.1"), 10, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 2);
	room_done(&room);
}

static void a_pass_with_an_old_fence_writes_nothing(void **state)
{
	(void)state;
	struct room room;
	const struct run_change change = change_of(false, "10.0.0.1", 100, 100, 50);

	setup_room(&room);
	store_runs_apply(room.store, 7, NULL, 0, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_runs_apply(room.store, 6, &change, 1, room_take, &room);
	assert_int_equal(room_wait(&room), -ESTALE);
	assert_int_equal(room.fence, 7);
	store_runs_load(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 0);
	room_done(&room);
}

static void the_setup_link_makes_one_admin_once(void **state)
{
	(void)state;
	struct room room;
	const uint8_t good[DIGEST_BYTES] = { 1 }, bad[DIGEST_BYTES] = { 2 };
	char hex[65];
	const struct user_row root = { .name = STR("root"),
		                       .role = ROLE_ADMIN,
		                       .password = STR("$argon2id$x") };

	setup_room(&room);
	store_setup(room.store, good, &root, room_take, &room);
	assert_int_equal(room_wait(&room), -EKEYREJECTED);
	hex_encode(good, sizeof(good), hex);
	store_setting_set(room.store, STR(SETTING_SETUP_DIGEST), str_of(hex), NULL, NULL);
	store_setup(room.store, bad, &root, room_take, &room);
	assert_int_equal(room_wait(&room), -EKEYREJECTED);
	store_setup(room.store, good, &root, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_true(room.id > 0);
	store_setup(room.store, good, &root, room_take, &room);
	assert_int_equal(room_wait(&room), -EEXIST);
	store_setting_get(room.store, STR(SETTING_SETUP_DIGEST), room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_user_add(room.store, &root, room_take, &room);
	assert_int_equal(room_wait(&room), -EEXIST);
	room_done(&room);
}

static void look_user(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->n, 1);
	assert_str(reply->users[0].name, "ann");
	assert_int_equal(reply->users[0].role, ROLE_ADMIN);
	assert_str(reply->users[0].password, "hash");
}

static void the_last_admin_stays_an_admin(void **state)
{
	(void)state;
	struct room room;
	struct user_row ann = { .name = STR("ann"), .role = ROLE_ADMIN, .password = STR("hash") };
	const struct user_row bob = { .name = STR("bob"),
		                      .role = ROLE_ADMIN,
		                      .password = STR("hash") };

	setup_room(&room);
	store_user_add(room.store, &ann, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	ann.id = room.id;
	ann.password = STR("");
	ann.role = ROLE_VISITOR;
	store_user_update(room.store, &ann, room_take, &room);
	assert_int_equal(room_wait(&room), -EPERM);
	store_user_remove(room.store, ann.id, room_take, &room);
	assert_int_equal(room_wait(&room), -EPERM);
	room.look = look_user;
	store_user_by_name(room.store, STR("ann"), room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_user_add(room.store, &bob, NULL, NULL);
	store_user_remove(room.store, ann.id, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_user_by_name(room.store, STR("ann"), room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_user_remove(room.store, 4711, room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_users_list(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 1);
	room_done(&room);
}

static void look_session(struct room *room, const struct store_reply *reply)
{
	(void)room;
	assert_int_equal(reply->session->user_id, reply->users[0].id);
	assert_str(reply->session->csrf, "c");
	assert_str(reply->users[0].name, "ann");
}

static void a_session_lives_until_it_runs_out_or_its_user_goes(void **state)
{
	(void)state;
	struct room room;
	const struct user_row ann = { .name = STR("ann"),
		                      .role = ROLE_VISITOR,
		                      .password = STR("h") };
	struct session_row session = {
		.digest = { 9 }, .csrf = STR("c"), .created_ms = 10, .expires_ms = 100
	};

	setup_room(&room);
	store_user_add(room.store, &ann, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	session.user_id = room.id;
	store_session_add(room.store, &session, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	room.look = look_session;
	store_session_get(room.store, session.digest, 50, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_session_get(room.store, session.digest, 100, room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_session_touch(room.store, session.digest, 60, 200, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_session_get(room.store, session.digest, 150, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_session_remove(room.store, session.digest, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_session_touch(room.store, session.digest, 60, 200, room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	room_done(&room);
}

static void a_token_is_found_by_its_digest_until_it_runs_out(void **state)
{
	(void)state;
	struct room room;
	struct token_row token = {
		.digest = { 4 }, .name = STR("ci"), .role = ROLE_DEVELOPER, .expires_ms = 100
	};

	setup_room(&room);
	store_token_add(room.store, &token, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	int64_t id = room.id;
	store_token_add(room.store, &token, room_take, &room);
	assert_int_equal(room_wait(&room), -EEXIST);
	store_token_get(room.store, token.digest, 99, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	store_token_get(room.store, token.digest, 101, room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_token_used(room.store, id, 50, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	token.digest[0] = 5;
	store_token_replace(room.store, &token, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_not_equal(room.id, id);
	store_token_remove(room.store, id, room_take, &room);
	assert_int_equal(room_wait(&room), -ENOENT);
	store_tokens_list(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.n, 1);
	room_done(&room);
}

static void requests_left_at_the_end_are_carried_out_first(void **state)
{
	(void)state;
	struct room room;
	struct err err = { 0 };

	setup_room(&room);
	for (int i = 1; i <= 200; i++) {
		const struct event_row row = { .id = i, .kind = STR("k"), .text = STR("t") };
		store_events_add(room.store, &row, 1, NULL, NULL);
	}
	store_close(room.store, 5000);
	assert_int_equal(room_open(&room, &err), 0);
	store_events_last(room.store, room_take, &room);
	assert_int_equal(room_wait(&room), 0);
	assert_int_equal(room.id, 200);
	room_done(&room);
}

RUN_TESTS(cmocka_unit_test(an_empty_database_has_its_tables_and_is_private),
          cmocka_unit_test(a_host_saved_again_keeps_its_number_its_birth_and_what_was_not_said),
          cmocka_unit_test(a_long_host_name_is_cut_at_a_whole_character),
          cmocka_unit_test(only_the_newest_million_of_events_stays),
          cmocka_unit_test(events_are_listed_newest_first_by_page_host_and_kind),
          cmocka_unit_test(runs_grow_only_in_updatetime_and_the_newest_of_each_worker_is_loaded),
          cmocka_unit_test(a_pass_with_an_old_fence_writes_nothing),
          cmocka_unit_test(the_setup_link_makes_one_admin_once),
          cmocka_unit_test(the_last_admin_stays_an_admin),
          cmocka_unit_test(a_session_lives_until_it_runs_out_or_its_user_goes),
          cmocka_unit_test(a_token_is_found_by_its_digest_until_it_runs_out),
          cmocka_unit_test(requests_left_at_the_end_are_carried_out_first))
