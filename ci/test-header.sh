#!/usr/bin/env bash
# Every public header compiles without warnings, alone, twice in one file, and in two files of one program; parla.h in
# C and C++, the others in C++. gcc and g++ always, clang where it is installed.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Werror)

# compile_header COMPILER STANDARD EXTENSION HEADER
compile_header() {
  local compiler=$1 standard=$2 extension=$3 header=$4
  printf '#include "%s"\n' "$header" >"$work/alone.$extension"
  printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$header" "$header" >"$work/twice.$extension"
  "$compiler" "-std=$standard" "${warnings[@]}" -Iinclude -fsyntax-only "$work/alone.$extension" &&
    "$compiler" "-std=$standard" "${warnings[@]}" -Iinclude -fsyntax-only "$work/twice.$extension" &&
    # Two files in one program: nothing in the header may be defined twice. Nothing is called, so no library is needed.
    "$compiler" "-std=$standard" "${warnings[@]}" -Iinclude -c -O1 "$work/alone.$extension" -o "$work/alone.o" &&
    "$compiler" "-std=$standard" "${warnings[@]}" -Iinclude -c -O1 "$work/twice.$extension" -o "$work/twice.o" &&
    "$compiler" -r "$work/alone.o" "$work/twice.o" -o "$work/both.o"
}

step "headers"
c_compilers=(gcc)
cxx_compilers=(g++)
if command -v clang >/dev/null; then
  c_compilers+=(clang)
  cxx_compilers+=(clang++)
else
  note "clang is not installed here: gcc alone is used"
fi

for standard in c99 c11; do
  for compiler in "${c_compilers[@]}"; do
    check "parla.h $compiler -std=$standard" compile_header "$compiler" "$standard" c parla.h
  done
done
for compiler in "${cxx_compilers[@]}"; do
  check "parla.h $compiler -std=c++17" compile_header "$compiler" c++17 cpp parla.h
done
for file in include/*.hpp include/parla/*.hpp; do
  if [ -f "$file" ]; then
    standard=c++17
    if grep -q '#include <coroutine>' "$file"; then
      standard=c++20
    fi
    for compiler in "${cxx_compilers[@]}"; do
      check "${file#include/} $compiler -std=$standard" compile_header "$compiler" "$standard" cpp "${file#include/}"
    done
  fi
done
tally "Headers"
finish
