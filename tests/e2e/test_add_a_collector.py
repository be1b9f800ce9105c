"""What CONTRIBUTING.md promises a newcomer: a collector is three files, and then it is everywhere.

SPDX-License-Identifier: Apache-2.0
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import programs as p

COLLECT = "src/agent/worker/collect"

COLLECTOR = r"""/*
 * pidmax - the largest process id the kernel hands out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "agent/worker/collect/collector.h"

static const struct metric metrics[] = {
	{ "pids.max", METRIC_GAUGE, 0, "1", NULL, "/proc/sys/kernel/pid_max",
	  "One more than the largest process id." },
};

struct pidmax {
	struct source *file;
};

static int pidmax_parse(struct str text, uint64_t *ret, struct err *err)
{
	if (!str_u64(str_trim(text), ret))
		return err_set(err, -EPROTO, "bad number '%.*s'", (int)text.len, text.p);
	return 0;
}

static int pidmax_open(const struct collect_cx *cx, void *state, struct err *err)
{
	struct pidmax *m = state;

	(void)err;
	m->file = source_get(cx->sources, "proc/sys/kernel/pid_max", SOURCE_WHOLE);
	return 0;
}

static int pidmax_sample(const struct collect_cx *cx, void *state, struct sink *out, struct err *err)
{
	struct pidmax *m = state;
	struct str text;
	uint64_t v = 0;

	(void)cx;
	int r = source_text(m->file, &text, err);
	if (r < 0)
		return r;
	if (pidmax_parse(text, &v, err) < 0)
		return err_wrap(err, "parse /proc/sys/kernel/pid_max");
	sink_emit_u64(out, &metrics[0], NULL, v);
	return 0;
}

const struct collector collector_pidmax = {
	.name = "pidmax",
	.summary = "The largest process id",
	.source = "/proc/sys/kernel/pid_max",
	.metrics = metrics,
	.n_metrics = COUNT_OF(metrics),
	.state_size = sizeof(struct pidmax),
	.open = pidmax_open,
	.sample = pidmax_sample,
};
"""

TEST = r"""/*
 * test_pidmax.c - the largest process id.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/agent/worker/collect/spy.h"

#include "agent/worker/collect/pidmax.c" /* the unit under test, statics and all */

static void a_number_and_nothing_else_is_taken(void **state)
{
	struct err err = { 0 };
	uint64_t v = 7;

	(void)state;
	assert_int_equal(pidmax_parse(STR("4194304\n"), &v, &err), 0);
	assert_int_equal(v, 4194304);
	assert_int_equal(pidmax_parse(STR("many\n"), &v, &err), -EPROTO);
	assert_int_equal(v, 4194304);
}

static void an_empty_tree_is_named(void **state)
{
	(void)state;
	spy_empty(&collector_pidmax, "read /proc/sys/kernel/pid_max: No such file or directory");
}

RUN_TESTS(cmocka_unit_test(a_number_and_nothing_else_is_taken), cmocka_unit_test(an_empty_tree_is_named))
"""


def copy_of_the_tree(to):
    """The files of the repository, without what is built."""
    skip = shutil.ignore_patterns(".git", "build*", "node_modules", "data", "__pycache__", "*.log", ".pytest_cache")
    return Path(shutil.copytree(p.ROOT, to, ignore=skip, symlinks=True))


def done(*argv, cwd):
    """Runs a tool to its end and returns what it printed."""
    ended = subprocess.run([str(a) for a in argv], cwd=cwd, capture_output=True, text=True, timeout=150, check=False)
    assert ended.returncode == 0, f"{argv}: {ended.returncode}\n{ended.stdout[-4000:]}{ended.stderr[-4000:]}"
    return ended.stdout


@pytest.mark.deadline(300)
def test_a_collector_is_added_in_three_files(folder):
    tree = copy_of_the_tree(folder / "tree")
    (tree / COLLECT / "pidmax.c").write_text(COLLECTOR, encoding="utf-8")
    names = tree / COLLECT / "meson.build"
    text = names.read_text(encoding="utf-8")
    assert text.count("'uptime',") == 1
    names.write_text(text.replace("'uptime',", "'uptime', 'pidmax',"), encoding="utf-8")
    (tree / "tests/unit/agent/worker/collect/test_pidmax.c").write_text(TEST, encoding="utf-8")

    # Nothing else is touched. Only what a look at it needs is built, and not for speed.
    done("meson", "setup", "out", "-Dweb=false", "-Dbuildtype=plain", cwd=tree)
    wanted = ("src/agent/muster-agent", "src/describe/describe", "tests/unit/agent/worker/collect/test_collect_pidmax")
    done("ninja", "-C", "out", *wanted, cwd=tree)

    pid_max = int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii"))
    shown = done("out/src/agent/muster-agent", "collect", "pidmax", cwd=tree)
    assert re.search(rf"pids\.max\b.*\b{pid_max}\b", shown), shown
    assert "pids.max" in done("out/src/describe/describe", "docs/metrics.md", cwd=tree)
    done("out/tests/unit/agent/worker/collect/test_collect_pidmax", cwd=tree)
