#!/usr/bin/env bash
# Builds and runs the C++ programs of this folder; see bindings/compare.sh for the variables.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bindings/compare.sh
. "$here/../../compare.sh"

compiler=${CXX:-g++}
out=$build_dir/bare/cpp
mkdir -p "$out"

build() {
    "$compiler" -std=c++17 -O2 -Wall -Wextra -Wpedantic -Werror -I"$repository/include" \
        "$here/$1.cpp" -o "$out/$1" -L"$library_dir" -lparla
}

if runnable "$compiler"; then
    for name in "${program_names[@]}"; do
        rm -f -- "${out:?}/$name"
        build "$name" || true # A program that is not there fails the comparison.
        compare "$name" "$out/$name"
    done
fi
conclude C++
