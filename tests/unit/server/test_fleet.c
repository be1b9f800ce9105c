/*
 * test_fleet.c - what is kept of a host's messages: the latest one, and a ring while somebody looks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "server/ingest/hub_int.h"

struct room {
	struct hub hub;
	struct fleet_host *host;
};

static void setup(struct room *room)
{
	const struct roll_options options = { .seed = 1 };
	const struct roll_saved saved = {
		.id = { { 1 } },
		.ip = STR("10.0.0.1"),
		.enrolled = true,
	};
	const struct moment now = { 0 };

	*room = (struct room){ 0 };
	room->hub.roll = roll_new(&options);
	roll_ref ref = roll_load(room->hub.roll, &saved, now);
	room->host = fleet_of(&room->hub, roll_get(room->hub.roll, ref));
}

static void done(struct room *room)
{
	fleet_host_free(room->host);
	roll_free(room->hub.roll);
}

static void take(struct room *room, int64_t ts_ms, struct str text)
{
	const struct message_digest m = { .load1 = 1 };

	fleet_take(&room->hub, room->host, &m, text, ts_ms);
}

static int64_t stamp_at(const struct room *room, size_t i)
{
	const struct ring *r = room->host->ring;

	return r->list[(r->at + i) % HUB_RECENT_MAX]->ts_ms;
}

static void a_new_host_has_names_that_are_empty_and_numbers_that_are_not_known(void **state)
{
	(void)state;
	struct room room;
	struct hub_host view;

	setup(&room);
	assert_true(hub_find(&room.hub, STR("10.0.0.1"), &view));
	assert_string_equal(view.hostname, "");
	assert_string_equal(view.region, "unknown");
	assert_true(isnan(view.cpu) && isnan(view.net_in));
	assert_str(view.info, "{}");
	assert_false(hub_find(&room.hub, STR("10.0.0.2"), &view));
	done(&room);
}

static void the_latest_message_is_kept_and_a_huge_one_gives_its_numbers_only(void **state)
{
	(void)state;
	struct room room;
	struct hub_sample sample;
	size_t huge = MESSAGE_KEEP_BYTES + 1;
	char *text = malloc(huge);

	setup(&room);
	memset(text, 'x', huge);
	assert_false(hub_latest(&room.hub, STR("10.0.0.1"), &sample));
	take(&room, 1000, STR("one"));
	take(&room, 2000, STR("two"));
	assert_true(hub_latest(&room.hub, STR("10.0.0.1"), &sample));
	assert_str(sample.info, "two");
	room.host->load1 = NAN;
	take(&room, 3000, (struct str){ text, huge });
	assert_true(hub_latest(&room.hub, STR("10.0.0.1"), &sample));
	assert_int_equal(sample.ts_ms, 2000);
	assert_true(room.host->load1 > 0);
	free(text);
	done(&room);
}

static void the_ring_is_in_order_of_time_without_doubles(void **state)
{
	(void)state;
	struct room room;
	static const int64_t stamps[] = { 5000, 3000, 4000, 3000, 6000, 1000 };

	setup(&room);
	take(&room, 2000, STR("latest"));
	fleet_ring_start(room.host);
	for (size_t i = 0; i < COUNT_OF(stamps); i++)
		fleet_take_old(&room.hub, room.host, STR("x"), stamps[i]);
	assert_int_equal(room.host->ring->n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(stamp_at(&room, i), 1000 * ((int64_t)i + 1));
	done(&room);
}

static void the_ring_keeps_five_minutes_and_lets_the_oldest_go(void **state)
{
	(void)state;
	struct room room;

	setup(&room);
	fleet_ring_start(room.host);
	for (int64_t i = 1; i <= 1000; i++)
		take(&room, i * 1000, STR("x"));
	assert_int_equal(room.host->ring->n, HUB_RECENT_MAX);
	assert_int_equal(stamp_at(&room, 0), 701000);
	assert_int_equal(stamp_at(&room, HUB_RECENT_MAX - 1), 1000000);
	/* Older than all that is kept: there is no room for it. */
	fleet_take_old(&room.hub, room.host, STR("x"), 5);
	assert_int_equal(stamp_at(&room, 0), 701000);
	done(&room);
}

static void the_ring_is_bounded_in_bytes(void **state)
{
	(void)state;
	struct room room;
	size_t len = MESSAGE_KEEP_BYTES;
	char *text = malloc(len);

	setup(&room);
	memset(text, 'x', len);
	fleet_ring_start(room.host);
	for (int64_t i = 1; i <= 100; i++)
		take(&room, i * 1000, (struct str){ text, len });
	assert_true(room.host->ring->bytes <= RING_BYTES);
	assert_int_equal(room.host->ring->n, RING_BYTES / MESSAGE_KEEP_BYTES);
	assert_int_equal(stamp_at(&room, room.host->ring->n - 1), 100000);
	fleet_ring_drop(room.host);
	assert_null(room.host->ring);
	free(text);
	done(&room);
}

static void count(const struct hub_sample *sample, void *arg)
{
	int64_t *last = arg;

	assert_true(sample->ts_ms > *last);
	*last = sample->ts_ms;
}

static void recent_messages_are_told_oldest_first(void **state)
{
	(void)state;
	struct room room;
	int64_t last = 0;

	setup(&room);
	assert_int_equal(hub_recent(&room.hub, STR("10.0.0.1"), count, &last), 0);
	take(&room, 1000, STR("x"));
	assert_int_equal(hub_recent(&room.hub, STR("10.0.0.1"), count, &last), 1);
	fleet_ring_start(room.host);
	take(&room, 2000, STR("x"));
	take(&room, 3000, STR("x"));
	last = 0;
	assert_int_equal(hub_recent(&room.hub, STR("10.0.0.1"), count, &last), 3);
	assert_int_equal(last, 3000);
	done(&room);
}

RUN_TESTS(cmocka_unit_test(a_new_host_has_names_that_are_empty_and_numbers_that_are_not_known),
          cmocka_unit_test(the_latest_message_is_kept_and_a_huge_one_gives_its_numbers_only),
          cmocka_unit_test(the_ring_is_in_order_of_time_without_doubles),
          cmocka_unit_test(the_ring_keeps_five_minutes_and_lets_the_oldest_go),
          cmocka_unit_test(the_ring_is_bounded_in_bytes),
          cmocka_unit_test(recent_messages_are_told_oldest_first))
