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

# programs EXTENSION FOLDER...: how many programs there are; a program is a file, or a folder of files.
programs() {
  local extension=$1 folder file
  shift
  for folder in "$@"; do
    for file in "$folder"/*."$extension" "$folder"/*/*."$extension"; do
      if [ -f "$file" ]; then
        file=${file#"$folder"/}
        echo "$folder/${file%%/*}"
      fi
    done
  done | sort -u | wc -l
}

# count_tests LABEL PREFIX EXPECTED: a test's name begins with its language. Whatever did not pass has failed, be it that
# it never ran; and each program must have become a test.
count_tests() {
  local label=$1 prefix=$2 expected=$3 registered
  registered=$(ctest --test-dir "$build" --show-only --no-tests=ignore | grep -cE "Test +#[0-9]+: $prefix\\." || [ $? -eq 1 ])
  passed=$(grep -cE "Test +#[0-9]+: $prefix\\..* Passed +[0-9.]+ sec" "$log" || [ $? -eq 1 ])
  if [ "$registered" -lt "$expected" ]; then
    note "$label: $expected programs but only $registered tests"
    registered=$expected
  fi
  failed=$((registered - passed))
  if [ "$registered" -eq 0 ]; then
    note "$label: there are no examples or tests yet"
  fi
  tally "$label"
}

count_tests "C" c "$(programs c examples-c tests/c)"
count_tests "C++" cpp "$(programs cpp examples-cpp tests/cpp)"
if [ -f bindings/fortran/CMakeLists.txt ]; then
  count_tests "Fortran" fortran 1
fi

# ctest's own verdict must agree with what was counted.
if [ "$ctest_status" -ne 0 ] && [ "$any_failed" -eq 0 ]; then
  failed=1
  tally "ctest"
fi
finish
