/*
 * test_disk.c - reads and writes of block devices.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/disk.c" /* the unit under test, statics and all */

static void sectors_become_bytes(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_disk, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "disk.read_count", "device=nvme0n1"), 5000);
	assert_true(spy_value(&s, "disk.read_bytes", "device=nvme0n1") == 400000LL * 512);
	assert_true(spy_value(&s, "disk.write_bytes", "device=nvme0n1") == 900000LL * 512);
	assert_int_equal(spy_value(&s, "disk.read_time", "device=nvme0n1"), 2500);
	assert_int_equal(spy_value(&s, "disk.in_flight", "device=nvme0n1"), 1);
	assert_int_equal(spy_value(&s, "disk.flush_time", "device=nvme0n1"), 120);
	assert_true(spy_value(&s, "disk.size", "device=nvme0n1") == 1000215216LL * 512);
	spy_close(&s);
}

static void every_byte_counts_once(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_disk, "linux-5.10");
	assert_int_equal(spy_run(&s), 0);
	/* The RAID, the partitions, zram and the loop device are somebody else's bytes. */
	assert_int_equal(spy_value(&s, "disk.all_read_count", ""), 5000 + 300 + 310);
	assert_true(spy_value(&s, "disk.all_write_bytes", "") == (900000LL + 32000 + 32000) * 512);
	assert_true(spy_has(&s, "disk.read_count", "device=md127"));
	assert_true(spy_has(&s, "disk.read_count", "device=zram0"));
	assert_false(spy_has(&s, "disk.read_count", "device=loop0"));
	assert_int_equal(spy_value(&s, "disk.part_read_count", "device=nvme0n1p2"), 4800);
	assert_false(spy_has(&s, "disk.read_count", "device=nvme0n1p2"));
	spy_close(&s);
}

static void an_old_kernel_has_fewer_columns(void **state)
{
	struct spy s;

	(void)state;
	spy_open(&s, &collector_disk, "linux-3.10");
	assert_int_equal(spy_run(&s), 0);
	assert_int_equal(spy_value(&s, "disk.io_time", "device=sda"), 512345);
	assert_false(spy_has(&s, "disk.discard_count", "device=sda"));
	assert_int_equal(spy_value(&s, "disk.all_read_count", ""), 184321 + 1000);
	assert_true(spy_has(&s, "disk.read_count", "device=dm-0"));
	assert_false(spy_has(&s, "disk.read_count", "device=sr0"));
	spy_close(&s);
}

static void without_sysfs_the_name_tells_a_partition(void **state)
{
	static const char *const partitions[] = { "sda1", "xvdb12", "nvme0n1p2", "mmcblk0p1",
		                                  "cciss/c0d0p1" };
	static const char *const whole[] = { "sda",   "nvme0n1", "mmcblk0", "dm-0",
		                             "md127", "zram0",   "1",       "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(partitions); i++)
		assert_true(looks_like_partition(str_of(partitions[i])));
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		assert_false(looks_like_partition(str_of(whole[i])));
}

static void sums_do_not_jump_when_disks_come_and_go(void **state)
{
	static const char *const texts[] = {
		"8 0 sda 100 0 0 0 0 0 0 0 0 0 0\n",
		"8 0 sda 101 0 0 0 0 0 0 0 0 0 0\n8 16 sdb 5000 0 0 0 0 0 0 0 0 0 0\n",
		"8 0 sda 102 0 0 0 0 0 0 0 0 0 0\n8 16 sdb 5001 0 0 0 0 0 0 0 0 0 0\n",
		"8 16 sdb 5002 0 0 0 0 0 0 0 0 0 0\n",
		"8 16 sdb 3 0 0 0 0 0 0 0 0 0 0\n",
	};
	static const uint64_t want[] = { 100, 101, 103, 104, 107 };
	struct disk d = { 0 };
	struct sink out = { 0 };
	struct sample sample = { 0 };
	struct err err = { 0 };
	AUTO_CLOSE int root = open(FIXTURES "/empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct collect_cx cx = { .root = root };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cx.cycle++;
		sink_begin(&out, &sample, 0, 0);
		assert_int_equal(sample_rows(&cx, &d, str_of(texts[i]), &out, &err), 0);
		(void)sink_finish(&out);
		assert_int_equal(d.sums[0], want[i]);
	}
	disk_close(&d);
	sample_done(&sample);
	sink_done(&out);
}

static void a_slash_in_a_name_stays_inside_sysfs(void **state)
{
	char path[64], name[] = "cciss/c0d0", dots[] = "../..";
	struct device dev = { .name = name, .len = strlen(name) };

	(void)state;
	assert_true(block_path(&dev, "/size", path, sizeof(path)));
	assert_string_equal(path, "sys/block/cciss!c0d0/size");
	dev.name = dots;
	assert_false(block_path(&dev, "/size", path, sizeof(path)));
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_disk, "read /proc/diskstats: No such file or directory");
}

static void nonsense_is_refused_with_a_reason(void **state)
{
	(void)state;
	spy_hostile(&collector_disk, "parse /proc/diskstats: want 11 numbers for 'sda'");
}

RUN_TESTS(cmocka_unit_test(sectors_become_bytes), cmocka_unit_test(every_byte_counts_once),
          cmocka_unit_test(an_old_kernel_has_fewer_columns),
          cmocka_unit_test(without_sysfs_the_name_tells_a_partition),
          cmocka_unit_test(sums_do_not_jump_when_disks_come_and_go),
          cmocka_unit_test(a_slash_in_a_name_stays_inside_sysfs),
          cmocka_unit_test(an_empty_tree_is_named),
          cmocka_unit_test(nonsense_is_refused_with_a_reason))
