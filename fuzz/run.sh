#!/bin/sh
# run.sh - one libFuzzer target for FUZZ_SECONDS (5) seconds on its corpus.
#
# usage: run.sh TARGET CORPUS FOLDER. New inputs are kept in FOLDER/new and used the next time; the
# input of a crash is left in FOLDER. Prints one TAP line.
#
# SPDX-License-Identifier: Apache-2.0
set -u
target=$1 corpus=$2 folder=$3
mkdir -p "$folder/new"
[ -d "$corpus" ] || {
	echo "not ok 1 - $(basename "$target"): no corpus at $corpus"
	exit 1
}
if "$target" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$folder/" "$folder/new" "$corpus" >"$folder/log" 2>&1; then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")
	if [ "${runs:-0}" -gt 0 ]; then
		echo "ok 1 - $(basename "$target"), $runs runs"
		exit 0
	fi
fi
tail -n 60 "$folder/log"
echo "not ok 1 - $(basename "$target"): see above; the input is in $folder"
exit 1
