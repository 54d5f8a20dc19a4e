#!/usr/bin/env bash
# Builds the examples and tests in C, C++ and Fortran with CMake, warnings being errors, and runs them with ctest.
. "$(dirname "$0")/common.sh"

build=$root/build/cmake
log=$logs/ctest.log

step "CMake build"
quietly cmake-configure cmake -S . -B "$build" -DPARLA_CARGO_FLAGS=--locked -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
quietly cmake-build cmake --build "$build" --parallel "$jobs"

step "ctest"
ctest_status=0
ctest --test-dir "$build" --output-on-failure --no-tests=ignore 2>&1 | tee "$log" || ctest_status=$?

# count_tests LABEL PREFIX SOURCE...: a test's name begins with its language. Whatever did not pass has failed, be it
# that it never ran; and each source file must have become a test.
count_tests() {
  local label=$1 prefix=$2 source expected=0 registered
  shift 2
  for source in "$@"; do
    if [ -f "$source" ]; then
      expected=$((expected + 1))
    fi
  done
  registered=$(ctest --test-dir "$build" --show-only --no-tests=ignore | grep -cE "Test +#[0-9]+: $prefix\\." || [ $? -eq 1 ])
  passed=$(grep -cE "Test +#[0-9]+: $prefix\\..* Passed +[0-9.]+ sec" "$log" || [ $? -eq 1 ])
  if [ "$registered" -lt "$expected" ]; then
    note "$label: $expected source files but only $registered tests"
    registered=$expected
  fi
  failed=$((registered - passed))
  if [ "$registered" -eq 0 ]; then
    note "$label: there are no examples or tests yet"
  fi
  tally "$label"
}

count_tests "C" c examples-c/*.c tests/c/*.c
count_tests "C++" cpp examples-cpp/*.cpp tests/cpp/*.cpp
count_tests "Fortran" fortran bindings/fortran/CMakeLists.txt

# ctest's own verdict must agree with what was counted.
if [ "$ctest_status" -ne 0 ] && [ "$any_failed" -eq 0 ]; then
  failed=1
  tally "ctest"
fi
finish
