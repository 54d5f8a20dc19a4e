#!/usr/bin/env bash
# Runs the plain tests of each language binding, bindings/LANGUAGE/bare/run.sh: the C interface used from that language
# without any help of ours.
#
# Such a script runs from the repository root with these in its environment:
#   PARLA_LIBRARY_DIR   the folder of libparla.so (and of its soname)
#   PARLA_INCLUDE_DIR   the folder of parla.h
#   LD_LIBRARY_PATH     begins with PARLA_LIBRARY_DIR
# and ends with a line `N passed, M failed`. One that exits with another status than 0, or without that line, has failed.
. "$(dirname "$0")/common.sh"

declare -A titles=([fortran]=Fortran [julia]=Julia [python]=Python [rust]=Rust)

if [ ! -f "$target_dir/release/libparla.so" ]; then
  ci/build.sh
fi
export PARLA_LIBRARY_DIR=$target_dir/release
export PARLA_INCLUDE_DIR=$root/include
export LD_LIBRARY_PATH=$PARLA_LIBRARY_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

found=0
for script in bindings/*/bare/run.sh; do
  if [ ! -f "$script" ]; then
    continue
  fi
  found=1
  language=$(basename "$(dirname "$(dirname "$script")")")
  log=$logs/bare-$language.log
  status=0
  step "$script"
  bash "$script" 2>&1 | tee "$log" || status=$?
  # shellcheck disable=SC2016 # $1 and $2 are sed's
  counts=$(sed -nE 's/^([A-Za-z+]+: )?([0-9]+) passed, ([0-9]+) failed.*$/\2 \3/p' "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    note "no closing line 'N passed, M failed'"
    counts="0 1"
  fi
  read -r passed failed <<<"$counts"
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    note "exit status $status"
    failed=1
  fi
  tally "${titles[$language]:-$language} bare"
done
if [ "$found" -eq 0 ]; then
  note "there are no bindings yet"
  tally "Bindings"
fi
finish
