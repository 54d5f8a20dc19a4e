#!/usr/bin/env bash
# Builds the benchmarks into build/bench/bin: those in C++ with g++, those in OpenMP also with clang++, those in Rust.
. "$(dirname "$0")/common.sh"

out=$root/build/bench
programs=$out/bin
mkdir -p "$programs"

ci/build.sh
quietly bench-install ci/install.sh "$out/parla"

# configure_and_build NAME OPTION...
configure_and_build() {
  local name=$1
  shift
  step "benchmarks: $name"
  quietly "bench-configure-$name" cmake -S benches -B "$out/cmake-$name" "-DCMAKE_PREFIX_PATH=$out/parla" \
    "-DBENCH_PROGRAMS_DIR=$programs" "$@"
  quietly "bench-build-$name" cmake --build "$out/cmake-$name" --parallel "$jobs"
}
configure_and_build gnu -DCMAKE_CXX_COMPILER=g++
configure_and_build llvm -DCMAKE_CXX_COMPILER=clang++ -DBENCH_OPENMP_ONLY=ON

step "benchmarks: rust"
quietly bench-build-rust cargo build --release --locked --manifest-path benches/peers/rust/Cargo.toml \
  --target-dir "$out/cargo"
for peer in rayon counters deques; do
  cp "$out/cargo/release/peer-$peer" "$programs/"
done
