/*
 * test_message.c - the `info` message, key by key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "base/json.h"
#include "wire/message.c" /* the unit under test, statics and all */

#define G(name, decimals)                                                                          \
	{                                                                                          \
		name, METRIC_GAUGE, decimals, "1", NULL, "", ""                                    \
	}
#define C(name, decimals)                                                                          \
	{                                                                                          \
		name, METRIC_COUNTER, decimals, "1", NULL, "", ""                                  \
	}

/* The modes of one core stand together: from ROW_MODES on. */
static const struct metric metrics[] = {
	G("load.1", 2),
	G("mem.total", 0),
	G("mem.free", 0),
	G("mem.buffers", 0),
	G("mem.cached", 0),
	G("mem.swap_total", 0),
	G("mem.swap_free", 0),
	C("cpu.user", 2),
	C("cpu.nice", 2),
	C("cpu.system", 2),
	C("cpu.idle", 2),
	C("cpu.iowait", 2),
	C("cpu.irq", 2),
	C("cpu.softirq", 2),
	C("cpu.steal", 2),
	C("cpu.guest", 2),
	C("cpu.guest_nice", 2),
	C("net.bytes_recv", 0),
	C("net.bytes_sent", 0),
	C("disk.read_count", 0),
	C("disk.read_bytes", 0),
	G("disk.size", 0),
	G("fs.total", 0),
	G("fs.used", 0),
	G("fs.free", 0),
	G("fs.avail", 0),
	G("fs.state", 0),
	G("fs.read_only", 0),
	C("disk.all_read_bytes", 0),
	C("disk.all_read_time", 3),
	C("sock.tcp_retrans", 0),
	G("sock.used", 0),
	C("self.cpu", 6),
	C("cpu.ctxt", 0),
	C("cpu.core_user", 2),
};

/* A sample under construction, one per point in time. */
struct world {
	struct sink sink;
	struct sample now, before;
	struct message_writer *writer;
	struct tags *eth, *evil, *disk, *root, *nfs, *image;
	json_t *json; /* the last message */
	struct buf text;
};

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->writer = message_writer_new();
	w->eth = tags_new(STR("iface=eth0"));
	w->evil = tags_new(STR("iface=a%2C%22\xe4\xb8\xbb%FF"));
	w->disk = tags_new(STR("device=sda"));
	w->root = tags_new(STR("device=/dev/sda1,mount=/,type=ext4"));
	w->image = tags_new(STR("device=/dev/loop0,mount=/snap,type=cdfs"));
	w->nfs = tags_new(STR("device=f:/v,mount=/mnt,remote=1,type=nfs4"));
	w->text = BUF(1 << 20);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	message_writer_free(w->writer);
	tags_unref(w->eth);
	tags_unref(w->evil);
	tags_unref(w->disk);
	tags_unref(w->root);
	tags_unref(w->nfs);
	tags_unref(w->image);
	sample_done(&w->now);
	sample_done(&w->before);
	sink_done(&w->sink);
	json_decref(w->json);
	buf_done(&w->text);
	free(w);
	return 0;
}

static void begin(struct world *w, int64_t seconds)
{
	struct sample spare = w->before;

	w->before = w->now;
	w->now = spare;
	sink_begin(&w->sink, &w->now, 1732140000123 + seconds * 1000, seconds * 1000000000);
}

static void put(struct world *w, const char *name, struct tags *tags, int64_t v)
{
	for (size_t i = 0; i < COUNT_OF(metrics); i++) {
		if (strcmp(metrics[i].name, name) == 0) {
			sink_emit(&w->sink, &metrics[i], tags, v);
			return;
		}
	}
	fail_msg("no metric %s", name);
}

static void put_modes(struct world *w, const int64_t v[MESSAGE_MODES])
{
	for (size_t i = 0; i < MESSAGE_MODES; i++)
		sink_emit(&w->sink, &metrics[7 + i], NULL, v[i]);
}

static void finish(struct world *w)
{
	struct message_head head = {
		.ip = STR("10.0.0.7"),
		.mac = STR("aa:bb:cc:dd:ee:ff"),
		.hostname = STR("h\"ost"),
		.version = STR("1.0"),
		.seq = 17,
		.interval_ms = 10000,
	};
	struct err err = { 0 };

	(void)sink_finish(&w->sink);
	buf_reset(&w->text);
	assert_true(message_write(w->writer, &w->text, &head, &w->now, &w->before));
	json_decref(w->json);
	w->json = json_parse(buf_as_str(&w->text), &err);
	if (w->json == NULL)
		fail_msg("%s in %s", err.msg, buf_cstr(&w->text));
}

/* The value at "a.b.c"; a number is an index of an array. Fails when there is none. */
static json_t *at(const struct world *w, const char *path)
{
	struct str rest = str_of(path), key;
	json_t *j = w->json;

	while (rest.len != 0) {
		uint64_t i;
		char name[64];

		if (!str_cut(&rest, '.', &key)) {
			key = rest;
			rest.len = 0;
		}
		assert_true(str_copy(key, name, sizeof(name)));
		j = json_is_array(j) && str_u64(key, &i) ? json_array_get(j, i)
		                                         : json_object_get(j, name);
		if (j == NULL)
			fail_msg("no %s in %.*s", path, (int)w->text.len, w->text.p);
	}
	return j;
}

static void assert_number(const struct world *w, const char *path, double want)
{
	double got = json_number_value(at(w, path));

	if (!json_is_number(at(w, path)) || got != want)
		fail_msg("%s is %g, not %g", path, got, want);
}

static void assert_null_at(const struct world *w, const char *path)
{
	if (!json_is_null(at(w, path)))
		fail_msg("%s is not null", path);
}

static void without_any_value_every_key_is_there(void **state)
{
	static const char *const keys[] = {
		"load.w1_avg",      "load.w5_avg",     "load.w15_avg",      "cpu.user",
		"cpu.nice",         "cpu.system",      "cpu.idle",          "cpu.iowait",
		"cpu.irq",          "cpu.softirq",     "cpu.steal",         "cpu.guest",
		"cpu.guest_nice",   "cpu.count",       "mem.total",         "mem.used",
		"mem.abs_used",     "mem.free",        "mem.buffers",       "mem.cached",
		"mem.active",       "mem.inactive",    "mem.swap_used",     "mem.available",
		"mem.swap_total",   "disk.total",      "disk.free",         "disk.used",
		"disk.tfree",       "disk.tread",      "disk.twrite",       "disk.read_count",
		"disk.write_count", "disk.read_bytes", "disk.write_bytes",  "disk.read_time",
		"disk.write_time",  "uptime",          "agent.cpu_percent", "agent.rss_kb",
		"agent.missed",     "agent.offset_ms",
	};
	struct world *w = *state;

	begin(w, 0);
	finish(w);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		assert_null_at(w, keys[i]);
	assert_int_equal(json_array_size(at(w, "cpu.cores")), 0);
	assert_int_equal(json_array_size(at(w, "disk.disks")), 0);
	assert_int_equal(json_object_size(at(w, "net")), 0);
	assert_string_equal(json_string_value(at(w, "ip")), "10.0.0.7");
	assert_string_equal(json_string_value(at(w, "hostname")), "h\"ost");
	assert_number(w, "ts", 1732140000.123);
	assert_number(w, "seq", 17);
	assert_number(w, "interval", 10);
	assert_null(json_object_get(w->json, "cluster"));
}

static void a_cluster_is_named_first(void **state)
{
	struct world *w = *state;
	struct message_head head = { .cluster = STR("west") };

	begin(w, 0);
	(void)sink_finish(&w->sink);
	assert_true(message_write(w->writer, &w->text, &head, &w->now, NULL));
	assert_true(str_starts(buf_as_str(&w->text), STR("{\"cluster\":\"west\",\"ip\":null,")));
}

static void memory_is_in_megabytes(void **state)
{
	struct world *w = *state;

	begin(w, 0);
	put(w, "load.1", NULL, 12);
	put(w, "mem.total", NULL, 1000LL << 20);
	put(w, "mem.free", NULL, 300LL << 20);
	put(w, "mem.buffers", NULL, 50LL << 20);
	put(w, "mem.cached", NULL, (100LL << 20) + (1 << 19));
	put(w, "mem.swap_total", NULL, 20LL << 20);
	put(w, "mem.swap_free", NULL, 15LL << 20);
	finish(w);
	assert_number(w, "load.w1_avg", 0.12);
	assert_number(w, "mem.total", 1000);
	assert_number(w, "mem.used", 700);
	assert_number(w, "mem.abs_used", 549.5);
	assert_number(w, "mem.swap_used", 5);
	struct message_levels levels = message_levels(w->writer, &w->now);
	assert_int_equal(levels.mem,
	                 55); /* no estimate of the kernel: all that is not free or cached */
	assert_int_equal(levels.disk, -1);
}

static double sum_of_modes(const struct world *w, int64_t ret[MESSAGE_MODES])
{
	static const char *const names[MESSAGE_MODES] = {
		"cpu.user", "cpu.nice",    "cpu.system", "cpu.idle",  "cpu.iowait",
		"cpu.irq",  "cpu.softirq", "cpu.steal",  "cpu.guest", "cpu.guest_nice"
	};
	int64_t sum = 0;

	for (size_t i = 0; i < MESSAGE_MODES; i++) {
		double v = json_number_value(at(w, names[i]));

		ret[i] = (int64_t)(v * 100 + 0.5);
		assert_true(v >= 0 && v <= 100);
		sum += ret[i];
	}
	return (double)sum / 100;
}

static void ten_modes_add_up_to_a_hundred(void **state)
{
	struct world *w = *state;
	int64_t a[MESSAGE_MODES] = { 0 }, percent[MESSAGE_MODES];
	uint64_t seed = 1;

	begin(w, 0);
	put_modes(w, a);
	finish(w);
	assert_null_at(w, "cpu.user");
	for (int64_t round = 1; round < 500; round++) {
		for (size_t i = 0; i < MESSAGE_MODES; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			a[i] += (int64_t)(seed >> 33) % (round % 7 + 2);
		}
		a[3] += 1;
		begin(w, round);
		put_modes(w, a);
		finish(w);
		assert_true(sum_of_modes(w, percent) == 100);
	}
}

static void thirds_are_shared_fairly(void **state)
{
	struct world *w = *state;
	int64_t percent[MESSAGE_MODES];

	begin(w, 0);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 0 });
	finish(w);
	begin(w, 1);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 1, 0, 1, 1 });
	finish(w);
	assert_true(sum_of_modes(w, percent) == 100);
	assert_int_equal(percent[0], 3334);
	assert_int_equal(percent[2], 3333);
	assert_int_equal(percent[3], 3333);
	assert_int_equal(percent[1], 0);
}

static void one_mode_may_go_back_but_not_all(void **state)
{
	struct world *w = *state;
	int64_t percent[MESSAGE_MODES];

	begin(w, 0);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 100, 0, 0, 1000, 50 });
	finish(w);
	begin(w, 1);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 150, 0, 0, 1050, 49 });
	finish(w);
	assert_true(sum_of_modes(w, percent) == 100);
	assert_int_equal(percent[4], 0);
	begin(w, 2);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 5, 0, 0, 10, 1 });
	finish(w);
	assert_null_at(w, "cpu.user");
	begin(w, 3);
	put_modes(w, (int64_t[MESSAGE_MODES]){ 5, 0, 0, 10, 1 });
	finish(w);
	assert_null_at(w, "cpu.idle");
}

static void rates_are_per_second_of_the_real_interval(void **state)
{
	struct world *w = *state;

	begin(w, 0);
	put(w, "net.bytes_recv", w->eth, 1000);
	put(w, "net.bytes_sent", w->eth, 0);
	put(w, "sock.tcp_retrans", NULL, 5);
	put(w, "self.cpu", NULL, 1000000);
	finish(w);
	assert_null_at(w, "net.eth0.read");
	assert_number(w, "net.eth0.bytes_recv", 1000);
	begin(w, 4);
	put(w, "net.bytes_recv", w->eth, 1000 + 4 * 1024 * 3);
	put(w, "net.bytes_sent", w->eth, 2048);
	put(w, "sock.tcp_retrans", NULL, 7);
	put(w, "self.cpu", NULL, 1000400);
	finish(w);
	assert_number(w, "net.eth0.read", 3);
	assert_number(w, "net.eth0.write", 0.5);
	assert_number(w, "sock.tcp_retrans", 0.5);
	assert_number(w, "agent.cpu_percent", 0.01);
	/* A reset is no spike. */
	begin(w, 5);
	put(w, "net.bytes_recv", w->eth, 10);
	put(w, "net.bytes_sent", w->eth, 4096);
	put(w, "sock.tcp_retrans", NULL, 7);
	put(w, "self.cpu", NULL, 1000400);
	finish(w);
	assert_null_at(w, "net.eth0.read");
	assert_number(w, "net.eth0.write", 2);
}

static void devices_that_come_have_no_rate_yet_the_others_do(void **state)
{
	struct world *w = *state;

	begin(w, 0);
	put(w, "net.bytes_recv", w->eth, 1024);
	put(w, "disk.read_count", w->disk, 1);
	put(w, "disk.read_bytes", w->disk, 0);
	finish(w);
	begin(w, 1);
	put(w, "net.bytes_recv", w->evil, 1 << 30);
	put(w, "net.bytes_recv", w->eth, 2048);
	put(w, "disk.read_count", w->disk, 1);
	put(w, "disk.read_bytes", w->disk, 1024);
	finish(w);
	assert_number(w, "net.eth0.read", 1);
	assert_null_at(w, "net.a,\"\xe4\xb8\xbb\xef\xbf\xbd.read");
	assert_number(w, "disk.disks.0.read", 1);
	begin(w, 2);
	put(w, "net.bytes_recv", w->eth, 4096);
	put(w, "disk.read_count", w->disk, 1);
	put(w, "disk.read_bytes", w->disk, 1024);
	finish(w);
	assert_number(w, "net.eth0.read", 2);
	assert_number(w, "disk.disks.0.read", 0);
}

static void put_fs(struct world *w, struct tags *tags, int64_t used, int64_t avail, int64_t stuck)
{
	put(w, "fs.total", tags, used + avail + 1024);
	put(w, "fs.used", tags, used);
	put(w, "fs.free", tags, avail + 1024);
	put(w, "fs.avail", tags, avail);
	put(w, "fs.state", tags, stuck);
}

static void only_local_file_systems_make_the_disk(void **state)
{
	struct world *w = *state;

	begin(w, 0);
	put(w, "disk.read_count", w->disk, 1);
	put(w, "disk.size", w->disk, 10LL << 20);
	put_fs(w, w->root, 300 << 10, 100 << 10, 0);
	put_fs(w, w->nfs, 900 << 10, 100 << 10, 1);
	put_fs(w, w->image, 50 << 10, 0, 0);
	put(w, "fs.read_only", w->image, 1);
	put(w, "disk.all_read_bytes", NULL, 0);
	put(w, "disk.all_read_time", NULL, 1234);
	finish(w);
	assert_number(w, "disk.total", 452);
	assert_number(w, "disk.used", 350);
	assert_number(w, "disk.free", 100);
	assert_number(w, "disk.tfree", 102);
	assert_number(w, "disk.read_time", 1234);
	assert_number(w, "disk.disks.0.cap", 10240);
	assert_number(w, "disk.disks.0.free", 100);
	assert_number(w, "disk.filesystems.0.percent", 75);
	assert_string_equal(json_string_value(at(w, "disk.filesystems.0.state")), "ok");
	assert_string_equal(json_string_value(at(w, "disk.filesystems.1.state")), "stuck");
	assert_true(json_is_true(at(w, "disk.filesystems.1.remote")));
	/* What cannot be written does not fill up. */
	assert_number(w, "disk.filesystems.2.percent", 100);
	assert_number(w, "disk.filesystems.2.read_only", 1);
	assert_int_equal(message_levels(w->writer, &w->now).disk, 75);
}

static void a_buffer_that_is_full_is_told(void **state)
{
	struct world *w = *state;
	struct message_head head = { 0 };
	AUTO_BUF struct buf small = BUF(100);

	begin(w, 0);
	(void)sink_finish(&w->sink);
	assert_false(message_write(w->writer, &small, &head, &w->now, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

RUN_TESTS(TEST(without_any_value_every_key_is_there), TEST(a_cluster_is_named_first),
          TEST(memory_is_in_megabytes), TEST(ten_modes_add_up_to_a_hundred),
          TEST(thirds_are_shared_fairly), TEST(one_mode_may_go_back_but_not_all),
          TEST(rates_are_per_second_of_the_real_interval),
          TEST(devices_that_come_have_no_rate_yet_the_others_do),
          TEST(only_local_file_systems_make_the_disk), TEST(a_buffer_that_is_full_is_told))
