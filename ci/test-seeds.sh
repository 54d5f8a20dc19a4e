#!/usr/bin/env bash
# A thousand random programs against the oracle (tests/random_graphs.rs), optimised and with assertions; most have fewer
# than 10,000 tasks, one in twenty has them all. PARLA_SEEDS, PARLA_FIRST_SEED, PARLA_TASKS=10000 and the others change it.
. "$(dirname "$0")/common.sh"

step "cargo test --profile test-fast --test random_graphs"
log=$logs/seeds.log
if PARLA_SEEDS=${PARLA_SEEDS:-1000} cargo test --locked --quiet --profile test-fast --test random_graphs -- --nocapture \
  >"$log" 2>&1; then
  passed=1
  note "$(grep -o '[0-9]* programs, .*' "$log")"
else
  failed=1
  cat "$log"
fi
tally "Random programs"
finish
