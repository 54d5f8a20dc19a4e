#!/usr/bin/env bash
# Instructions, atomics, allocations and system calls per task stay within 10 % of the committed table,
# benches/counts/counts.json.
#
#   ci/test-counts.sh                                       compare
#   ci/test-counts.sh --update                              write the table anew
#   ci/test-counts.sh --functions [--phase run] WORKLOAD    where the instructions go (--help: the rest)
. "$(dirname "$0")/common.sh"

program=$root/build/counts/counts
# Debian's Python is the one that Debian's packages are for.
python=/usr/bin/python3

build_program() {
  mkdir -p "$(dirname "$program")"
  g++ -std=c++17 -O2 -g1 -Wall -Wextra -Iinclude benches/counts/counts.cpp -o "$program" \
    -L"$target_dir/release" "-Wl,-rpath,$target_dir/release" -lparla
}

step "counts per task"
if [ "$(uname -m)" != x86_64 ]; then
  note "skipped: the table is of x86-64"
  tally "Counts"
  finish
fi
quietly counts-library ci/build.sh
quietly counts-program build_program

if [ $# -gt 0 ]; then
  exec "$python" benches/counts/counts.py --program "$program" "$@"
fi

if "$python" benches/counts/counts.py --program "$program"; then
  passed=1
else
  failed=1
fi
tally "Counts"
finish
