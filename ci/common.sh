# shellcheck shell=bash
# Sourced by the scripts of this folder: paths, messages, counting.
#
# A script calls `check NAME COMMAND...` for each check, or adds counts of its own to $passed and $failed, and ends in
# `tally LABEL`, which prints `LABEL: N passed, M failed`, appends `LABEL N M` to the file $PARLA_TALLY if that is set,
# and exits with 1 if anything failed. test.sh counts a script that ends without a tally as a failure.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=$PWD
logs=$root/build/logs
# shellcheck disable=SC2034 # for the scripts that source this
target_dir=${CARGO_TARGET_DIR:-$root/target} jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0
mkdir -p "$logs"

# rustup puts cargo where only login shells look.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
  PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
fi

step() { printf '== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }

# quietly LOG COMMAND...: shows the command's output only if it fails.
quietly() {
  local log=$logs/$1.log
  shift
  if "$@" >"$log" 2>&1; then
    return 0
  fi
  cat "$log"
  printf 'FAILED: %s\n' "$*"
  return 1
}

# check NAME COMMAND...: one counted check. The command may be a function; `set -e` does not hold inside it, so it
# joins its steps with &&.
check() {
  local name=$1 log
  shift
  log=$logs/check.log
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    note "ok      $name"
  else
    failed=$((failed + 1))
    sed 's/^/   | /' "$log"
    note "FAILED  $name"
  fi
}

# tally LABEL: the end of a script, or of one of its parts (then the counts start again at 0).
any_failed=0
tally() {
  printf '%s: %d passed, %d failed\n' "$1" "$passed" "$failed"
  if [ -n "${PARLA_TALLY:-}" ]; then
    printf '%s %d %d\n' "$1" "$passed" "$failed" >>"$PARLA_TALLY"
  fi
  if [ "$failed" -gt 0 ]; then
    any_failed=1
  fi
  passed=0
  failed=0
}

finish() { exit "$any_failed"; }
