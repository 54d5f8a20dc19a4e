#!/usr/bin/env bash
# The Rust tests with the default features and without any, the format, and clippy with warnings as errors.
. "$(dirname "$0")/common.sh"

# cargo_test LABEL ARGUMENT...: counts what cargo's `test result:` lines say.
cargo_test() {
  local label=$1 log=$logs/cargo-test.log status=0 ignored
  shift
  step "cargo test $*"
  cargo test --locked --quiet --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?
  passed=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$log")
  failed=$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$log")
  ignored=$(awk '/^test result:/ { n += $8 } END { print n + 0 }' "$log")
  if [ "$ignored" -gt 0 ]; then
    note "$ignored tests are marked ignored and did not run"
  fi
  # A build that fails, or a test program that dies, leaves no counts behind.
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
  fi
  tally "$label"
}

cargo_test "Rust"
cargo_test "Rust without features" --no-default-features

step "format and lints"
if cargo fmt --version >/dev/null 2>&1; then
  check "cargo fmt --check" cargo fmt --check -- --color never
else
  note "rustfmt is not installed here: the format was NOT checked"
fi
if cargo clippy --version >/dev/null 2>&1; then
  check "cargo clippy" cargo clippy --locked --quiet --all-targets -- -D warnings
  check "cargo clippy --no-default-features" cargo clippy --locked --quiet --all-targets --no-default-features -- -D warnings
else
  note "clippy is not installed here: the lints were NOT checked"
fi
# What only ci/test-tsan.sh builds; linking it needs the sanitizer, checking does not.
check "what is there for ThreadSanitizer" env RUSTFLAGS="--cfg parla_tsan" CARGO_TARGET_DIR="$target_dir/tsan-check" \
  cargo check --locked --quiet --lib
tally "Rust lints"
finish
