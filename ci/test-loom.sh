#!/usr/bin/env bash
# The loom models of src/graph and src/scheduler: every interleaving of a few threads, within a number of preemptions
# that each model sets (LOOM_MAX_PREEMPTIONS overrides it). Only what the models need is built: `cfg(loom)` leaves out
# the runtime and the ABI.
. "$(dirname "$0")/common.sh"

# A target folder of its own: other flags would make cargo build everything again each time.
export CARGO_TARGET_DIR=$target_dir/loom RUSTFLAGS="${RUSTFLAGS:-} --cfg loom"
# Link-time optimization takes longer than it saves here.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0

log=$logs/test-loom.log status=0
step "loom models"
cargo test --locked --quiet --release --lib -- loom_models space::tests::model 2>&1 | tee "$log" || status=$?
passed=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$log")
failed=$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$log")
# A build that fails, or a test program that dies, leaves no counts behind; and models that are not found are not run.
if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$passed" -eq 0 ]; }; then
  failed=1
fi
tally "Loom models"
finish
