#!/usr/bin/python3
"""Plants bugs in copies of the core, one at a time, and checks that the simulator finds each of them.

usage: mutants.py [--all] [--only NAME] [--list]

Each row names a file, a piece of it that occurs exactly once, and what stands there instead; so a row whose
piece is gone fails and must be looked at. The production code knows nothing of this. --all gives each bug ten
times as many seeds before it counts as missed.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 400
FLAGS = ["-std=gnu17", "-O1", "-g", "-D_GNU_SOURCE", f"-I{ROOT}/src", f"-I{ROOT}", "-w"]

ROLL, IDENTITY, BEAT, CHECK, LEASE = "roll.c", "roll_identity.c", "beat.c", "checkstate.c", "lease.c"
MUTANTS = [
    (
        "no fresh deadline after an outage",
        ROLL,
        "int64_t from = heard ? h->pub.heard_ms : r->epoch_ms + ROLL_RECONNECT_MS;",
        "int64_t from = h->pub.heard_ms; (void)heard;",
    ),
    (
        "no time to reconnect after an outage",
        ROLL,
        "h->pub.heard_ms : r->epoch_ms + ROLL_RECONNECT_MS;",
        "h->pub.heard_ms : r->epoch_ms;",
    ),
    (
        "the roll's floor is ignored",
        ROLL,
        "return span > ROLL_FLOOR_MS ? span : ROLL_FLOOR_MS;",
        "return span;",
    ),
    (
        "two intervals are enough",
        ROLL,
        "int64_t span = ROLL_INTERVALS * clip(",
        "int64_t span = (ROLL_INTERVALS - 1) * clip(",
    ),
    (
        "four intervals are needed",
        ROLL,
        "int64_t span = ROLL_INTERVALS * clip(",
        "int64_t span = (ROLL_INTERVALS + 1) * clip(",
    ),
    (
        "a deadline a quarter second short",
        ROLL,
        "int64_t at = from + allowance(h);",
        "int64_t at = from + allowance(h) - 250;",
    ),
    (
        "declared dead without a look",
        ROLL,
        "\t\tlook(r, h, now.mono_ms);\n\troll_rearm(r, h);",
        "\t\t{ go_offline(r, h, ROLL_SILENT, now); return; }\n\troll_rearm(r, h);",
    ),
    (
        "what Redis holds is not believed",
        ROLL,
        "bool news = found != NULL && is_news(h, &m);",
        "bool news = false;",
    ),
    (
        "one look's news lasts for ever",
        ROLL,
        (
            "\t\t\tmark(h, &m);\n"
            "\t\t\troll_learn_interval(h, m.interval_ms);\n"
            "\t\t\th->announcing_ms = 0;\n"
            "\t\t\th->granted_ms"
        ),
        "\t\t\th->granted_ms",
    ),
    (
        "stamps are trusted at a look",
        ROLL,
        (
            "\tif (age < -CLOCK_ERROR_MS || (h->mark_ms != 0 && age > oldest + CLOCK_ERROR_MS))\n"
            "\t\treturn allowance(h);\n"
        ),
        "\t(void)oldest;\n",
    ),
    (
        "stamps are trusted when heard",
        ROLL,
        "\th->pub.heard_ms = now.mono_ms;",
        "\th->pub.heard_ms = now.mono_ms - clip(now.wall_ms - h->mark_ts_ms, 0, LATEST_MS);",
    ),
    (
        "our own sleep is not noticed",
        ROLL,
        "\tif (now.mono_ms - r->ticked_ms > ROLL_STALL_MS)\n\t\tbegin_epoch(r, now);",
        "",
    ),
    (
        "the interval is not learned",
        ROLL,
        "\troll_learn_interval(h, m->interval_ms);\n\th->announcing_ms = 0;",
        "\th->announcing_ms = 0;",
    ),
    (
        "a flush flips the fleet",
        ROLL,
        "\tif (!h->pub.enrolled) {\n\t\tif (h->pub.state != ROLL_WAITING)",
        "\tif (true) {\n\t\tif (h->pub.state != ROLL_WAITING)",
    ),
    (
        "a waiting host is not enrolled",
        ROLL,
        "\troll_emit(r, ROLL_ENROL, h);\n",
        "",
    ),
    (
        "an echo is a sign of life",
        ROLL,
        "\tv.is_echo = roll_is_echo(h, &m);",
        "\tv.is_echo = false;",
    ),
    (
        "an old goodbye is believed",
        ROLL,
        "(h->marked && (m.ts_ms < h->mark_ts_ms || roll_is_echo(h, &m)))",
        "false",
    ),
    (
        "what was told is not remembered",
        ROLL,
        "\th->pub.told = to;\n",
        "",
    ),
    (
        "flapping is not damped",
        ROLL,
        "now_ms - h->changes_ms[h->n_changes % ROLL_FLAP_CHANGES] <= ROLL_FLAP_WINDOW_MS;",
        "false;",
    ),
    (
        "no 0 for the dead",
        ROLL,
        (
            "\tif (cause == ROLL_SILENT) /* one that said goodbye wrote the 0 itself */\n"
            "\t\troll_zero(r, h->pub.ip);\n"
        ),
        "",
    ),
    (
        "0 is written over a living rival",
        IDENTITY,
        "\tif (there != NULL && there->n != there->n_offline)\n\t\treturn;\n",
        "",
    ),
    (
        "two on one ip are not found",
        IDENTITY,
        "\th->rivals++;\n",
        "",
    ),
    (
        "a clone overwrites the other",
        IDENTITY,
        "\tif (first->drops >= 2)\n",
        "\tif (false)\n",
    ),
    (
        "missed ticks are piled up",
        "schedule.c",
        "\ts->due_ms += (passed + 1) * s->interval_ms;",
        "\ts->due_ms += s->interval_ms;",
    ),
    (
        "a watch never ends",
        BEAT,
        "\tb->watched = watched;\n",
        "\tb->watched |= watched;\n",
    ),
    (
        "a short interval is not clamped",
        BEAT,
        "\tif (ms < BEAT_INTERVAL_MIN_MS)\n\t\tms = BEAT_INTERVAL_MIN_MS;\n\telse if",
        "\tif",
    ),
    (
        "an interval is clamped in silence",
        BEAT,
        "\t\tnote(ret, odd, ms);\n",
        "\t\t;\n",
    ),
    (
        "rdv_client_run is ignored",
        BEAT,
        "\tb->running = run;\n",
        "",
    ),
    (
        "a changed interval is not told at once",
        BEAT,
        "\treport(b, ret);\n\tstart_reports(b, now_ms);\n",
        "\tstart_reports(b, now_ms);\n",
    ),
    (
        "control keys are not polled",
        BEAT,
        "\t\temit(ret, BEAT_POLL, 0);\n",
        "\t\tb->poll_sent_ms = 0;\n",
    ),
    (
        "a lost connection is not tried again",
        BEAT,
        "\t\treturn b->retry_ms;\n",
        "\t\treturn b->state == BEAT_DOWN ? INT64_MAX : b->retry_ms;\n",
    ),
    (
        "the offset is measured once only",
        BEAT,
        "now_ms >= b->round_ms && b->probe_sent_ms == 0",
        "false",
    ),
    (
        "stamps are made of our wall clock",
        "offset.c",
        "\treturn o->known ? now.mono_ms + o->base_us / 1000 : now.wall_ms;",
        "\t(void)o; return now.wall_ms;",
    ),
    (
        "the longest round trip counts",
        "offset.c",
        "rtt < o->round_rtt_us",
        "rtt > o->round_rtt_us",
    ),
    (
        "half the round trip is forgotten",
        "offset.c",
        "server_us - (sent_us + rtt / 2)",
        "server_us - got_us + rtt",
    ),
    (
        "checkstate's floor is ignored",
        CHECK,
        "\treturn span > CHECK_FLOOR_MS ? span : CHECK_FLOOR_MS;",
        "\treturn span;",
    ),
    (
        "checkstate gives no fresh deadline",
        CHECK,
        "\t\tfrom = c->epoch_ms + CHECK_RECONNECT_MS;\n",
        "\t\t;\n",
    ),
    (
        "checkstate trusts stamps",
        CHECK,
        "\telse if (w->seen && age > since_pass + CLOCK_ERROR_MS)\n\t\tage = 0;",
        "\telse if (false)\n\t\tage = 0;",
    ),
    (
        "a record stays fresh although it stands still",
        CHECK,
        "\tif (w->seen && w->raw_s == at_s)\n\t\treturn true;\n",
        "",
    ),
    (
        "a row for each pass",
        CHECK,
        "\treturn run->mem == rec->mem &&",
        "\treturn false && run->mem == rec->mem &&",
    ),
    (
        "a gap does not begin a row",
        CHECK,
        "\tif (!w->has_run || gap > limit_s || gap < -limit_s) {",
        "\tif (!w->has_run || gap < -limit_s) {",
    ),
    (
        "rows are not extended",
        CHECK,
        "\t\temit(c, CHECK_EXTEND, &w->run);\n",
        "",
    ),
    (
        "a shorter interval judges older records",
        CHECK,
        "\tif (span_ms(interval_ms) < was) {",
        "\tif (false) {",
    ),
    (
        "rows are not loaded anew with the lease",
        CHECK,
        "->has_run = false;",
        "->has_run = ((struct worker *)c->workers.entries[i].value)->has_run;",
    ),
    (
        "the lease is not fenced",
        LEASE,
        "\treturn number >= l->fence ? give_way(l, number, now) : LEASE_NOTHING;",
        "\treturn LEASE_NOTHING;",
    ),
    (
        "used fences are forgotten",
        LEASE,
        "\tif (number > l->floor)\n\t\tl->floor = number;",
        "\t(void)l;",
    ),
    (
        "the lease has no end",
        LEASE,
        "\treturn l->state == LEASE_HELD && now.mono_ms < l->held_until_ms;",
        "\t(void)now; return l->state == LEASE_HELD;",
    ),
    (
        "a lease that stands still is not seized",
        LEASE,
        "now.mono_ms - l->token_ms >= LEASE_SEIZE_MS",
        "false",
    ),
    (
        "the lease is never renewed",
        LEASE,
        "\treturn LEASE_RENEW;\n",
        "\treturn LEASE_NOTHING;\n",
    ),
]

# What needs thousands of seeds: left out of the short run, hunted with --all.
SLOW = {
    "half the round trip is forgotten",
    "checkstate's floor is ignored",
    "rows are not loaded anew with the lease",
    "used fences are forgotten",
    "a lease that stands still is not seized",
}


def sources():
    for folder, names in (("src/core", None), ("tests/sim", None), ("src/base", None)):
        for path in sorted((ROOT / folder).glob("*.c")):
            if names is None and path.name != "json.c":
                yield path


def quietly(command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)


def compile_one(cc, source, target):
    return quietly([*cc, *FLAGS, "-c", str(source), "-o", str(target)])


def plant(folder, number, mutant):
    """Writes the mutated copy beside the others and returns it, or a sentence why not."""
    name, file, old, new = mutant
    original = ROOT / "src" / "core" / file
    text = original.read_text(encoding="utf-8")
    if text.count(old) != 1:
        return None, f"its piece of {file} occurs {text.count(old)} times, not once"
    copy = folder / f"{number}_{file}"
    copy.write_text(f'#line 1 "{original}"\n' + text.replace(old, new), encoding="utf-8")
    return copy, None


def hunt(cc, folder, objects, number, mutant, seeds):
    """(found, sentence)"""
    name, file, _, _ = mutant
    copy, why = plant(folder, number, mutant)
    if copy is None:
        return False, why
    target, program = copy.with_suffix(".o"), folder / f"sim{number}"
    done = compile_one(cc, copy, target)
    if done.returncode != 0:
        return False, "does not compile: " + done.stderr.strip().splitlines()[0]
    others = [path for path in objects if path.name != f"core_{Path(file).stem}.o"]
    done = quietly([*cc, "-o", program, target, *others])
    if done.returncode != 0:
        return False, "does not link: " + done.stderr.strip()[-300:]
    try:
        done = quietly([program, "--seeds", seeds, "--quiet"], timeout=600)
    except subprocess.TimeoutExpired:
        return True, "it hangs"
    finally:
        target.unlink()
        program.unlink()
    if done.returncode == 0:
        return False, f"not found in {seeds} seeds"
    said = re.search(r"seed (\d+), .*", done.stderr)
    if said:
        if quietly([folder / "sane", "--seed", said.group(1), "--quiet"]).returncode != 0:
            return False, f"seed {said.group(1)} fails without it too"
    return True, said.group(0) if said else (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [
        (i, m)
        for i, m in enumerate(MUTANTS)
        if options.only in m[0] and (options.all or options.only or m[0] not in SLOW)
    ]
    if options.list:
        for _, mutant in chosen:
            print(f"{mutant[1]:<18} {mutant[0]}")
        return 0
    cc = os.environ.get("CC", "cc").split()
    seeds = SEEDS * 10 if options.all else SEEDS
    jobs = os.cpu_count() or 1
    started = time.monotonic()
    missed = 0
    with (
        tempfile.TemporaryDirectory(prefix="muster-mutants-") as name,
        concurrent.futures.ThreadPoolExecutor(jobs) as pool,
    ):
        folder = Path(name)
        objects = [(path, folder / f"{path.parent.name}_{path.stem}.o") for path in sources()]
        for (path, _), done in zip(objects, pool.map(lambda pair: compile_one(cc, *pair), objects)):
            if done.returncode != 0:
                print(f"{path}: {done.stderr}")
                return 1
        built = [target for _, target in objects]
        if subprocess.run([*cc, "-o", str(folder / "sane"), *map(str, built)], check=False).returncode != 0:
            return 1
        found = pool.map(lambda item: hunt(cc, folder, built, *item, seeds), chosen)
        for (_, mutant), (good, said) in zip(chosen, found):
            missed += not good
            print(f"{'found ' if good else 'MISSED'} {mutant[0]}: {said}", flush=True)
    print(f"{len(chosen)} planted bugs, {missed} missed; {time.monotonic() - started:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
