#!/usr/bin/env bash
# Runs the plain programs of each language binding, bindings/LANGUAGE/bare/run.sh: the C interface used from that language
# without any help of ours.
#
# Such a script finds in its environment
#   PARLA_LIB_DIR     the folder of libparla.so and of its soname
#   PARLA_BUILD_DIR   where it may build
#   PARLA_TALLY       a file to which it appends `LANGUAGE PASSED FAILED`
# One that exits with another status than 0, or leaves no counts, has failed.
. "$(dirname "$0")/common.sh"

ci/install-deps.sh languages
# Julia, which Debian 12 does not have. Programs whose tool is still missing then fail below, and the others run.
if [ -x ci/install-languages.sh ] && ! quietly install-languages ci/install-languages.sh; then
  note "not every language could be installed"
fi
if [ ! -f "$target_dir/release/libparla.so" ]; then
  ci/build.sh
fi

# run_bare SCRIPT
run_bare() {
  local script=$1 language status=0 counts
  step "$script"
  counts=$logs/bare.tally
  : >"$counts"
  PARLA_LIB_DIR=$target_dir/release PARLA_BUILD_DIR=$root/build PARLA_TALLY=$counts bash "$script" || status=$?
  if ! read -r language passed failed <"$counts"; then
    note "it left no counts"
    language=$script passed=0 failed=1
  elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    note "exit status $status"
    failed=1
  fi
  tally "$language"
}

found=0
for script in bindings/*/bare/run.sh; do
  if [ -f "$script" ]; then
    found=1
    run_bare "$script"
  fi
done
if [ "$found" -eq 0 ]; then
  note "there are no bindings yet"
  tally "Bindings"
fi
finish
