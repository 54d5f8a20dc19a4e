#!/usr/bin/env bash
# Every test in every language. The last lines are one `LABEL: N passed, M failed` for each language or kind of test, then
# the sum alone; the exit status is 0 only if something ran and nothing failed.
. "$(dirname "$0")/common.sh"

ci/install-deps.sh build test languages

PARLA_TALLY=$(mktemp)
export PARLA_TALLY
trap 'rm -f "$PARLA_TALLY"' EXIT

# run_part NAME: runs ci/NAME.sh. One that leaves no counts has failed, and so has one that fails and counts no failure.
run_part() {
  local name=$1 seen status=0 counts
  seen=$(wc -l <"$PARLA_TALLY")
  "ci/$name.sh" || status=$?
  counts=$(tail -n "+$((seen + 1))" "$PARLA_TALLY")
  if [ -z "$counts" ] || { [ "$status" -ne 0 ] && ! grep -qv ' 0$' <<<"$counts"; }; then
    printf 'FAILED: ci/%s.sh ended early, with status %d\n' "$name" "$status"
    printf '%s 0 1\n' "ci/$name.sh" >>"$PARLA_TALLY"
  fi
}

if ! ci/build.sh; then
  printf 'ci/build.sh 0 1\n' >>"$PARLA_TALLY"
fi
for part in test-rust test-loom test-symbols test-counts test-header test-checker test-c test-package test-languages test-bench test-scripts; do
  run_part "$part"
done

printf '\n'
awk '
  {
    label = $1
    for (i = 2; i <= NF - 2; i++) label = label " " $i
    if (!(label in passed)) order[++n] = label
    passed[label] += $(NF - 1)
    failed[label] += $NF
    all_passed += $(NF - 1)
    all_failed += $NF
  }
  END {
    for (i = 1; i <= n; i++) printf "%s: %d passed, %d failed\n", order[i], passed[order[i]], failed[order[i]]
    printf "%d passed, %d failed\n", all_passed, all_failed
    exit (all_failed > 0 || all_passed == 0)
  }' "$PARLA_TALLY"
