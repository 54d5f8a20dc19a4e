# shellcheck shell=bash
# Sourced by test-asan.sh and test-tsan.sh: builds the library and the tests in C for a sanitizer, and runs them.
#
# rustc instruments on request of a nightly compiler; RUSTC_BOOTSTRAP=1 makes a stable one listen. Its runtime comes with
# the toolchain and serves the programs in C too: gcc only compiles for the sanitizer and does not link its own, so that a
# process has one runtime. The standard library is not instrumented, which needs its source and a nightly.

# sanitizer_build NAME RUSTFLAGS: builds the library; sets $san_lib to its folder.
sanitizer_build() {
  local name=$1 flags=$2 host
  host=$(rustc -vV | sed -n 's/^host: //p')
  # shellcheck disable=SC2154 # common.sh sets root
  san_work=$root/build/$name
  san_lib=$san_work/target/$host/debug
  san_runtime=$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-stable_rt.$name.a
  mkdir -p "$san_work/bin"
  if [ ! -f "$san_runtime" ]; then
    san_runtime=$(find "$(rustc --print sysroot)/lib/rustlib/$host/lib" -name "librustc-*_rt.$name.a" | sed -n 1p)
  fi
  if [ -z "$san_runtime" ]; then
    note "this Rust toolchain has no runtime of $name: nothing was tested"
    exit 0
  fi
  # With --target, build scripts and macros, which run in the compiler, are left alone.
  quietly "$name-build" env RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$san_work/target" \
    cargo build --locked --lib --target "$host"
  ln -sf libparla.so "$san_lib/libparla.so.0"
}

# sanitizer_program FLAG NAME: builds tests/c/NAME.c or tests/c/NAME/*.c.
sanitizer_program() {
  local flag=$1 name=$2 source objects=()
  local sources=("tests/c/$name.c")
  if [ -d "tests/c/$name" ]; then
    sources=("tests/c/$name"/*.c)
  fi
  for source in "${sources[@]}"; do
    local object
    object=$san_work/bin/$(tr / - <<<"${source%.c}").o
    gcc -std=gnu11 -g -O1 "-fsanitize=$flag" -fno-omit-frame-pointer -Wall -Wextra -Werror \
      -Iinclude -Itests/c -c "$source" -o "$object" || return 1
    objects+=("$object")
  done
  gcc -rdynamic "${objects[@]}" -o "$san_work/bin/$name" -Wl,--whole-archive "$san_runtime" -Wl,--no-whole-archive \
    -L"$san_lib" -lparla "-Wl,-rpath,$san_lib" -lpthread -lm -ldl -lrt
}

# sanitizer_tests FLAG SKIPPED...: builds and runs every test in C, with stack switches and with thread waits.
sanitizer_tests() {
  local flag=$1 path name wait_mode
  shift
  for path in tests/c/*.c tests/c/*/; do
    name=$(basename "$path" .c)
    if [[ " $* " == *" $name "* ]]; then
      note "left out  $name"
      continue
    fi
    check "$name builds" sanitizer_program "$flag" "$name"
    for wait_mode in stack thread; do
      check "$name, PARLA_WAIT=$wait_mode" env "PARLA_WAIT=$wait_mode" timeout 400 "$san_work/bin/$name"
    done
  done
}
