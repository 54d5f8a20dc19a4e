#!/usr/bin/env bash
# Builds and runs the Fortran programs of this folder; see bindings/compare.sh for the variables.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bindings/compare.sh
. "$here/../../compare.sh"

compiler=${FC:-gfortran}
out=$build_dir/bare/fortran
mkdir -p "$out"

# Bodies run at the same time on several threads: -frecursive keeps their local variables off static
# memory.
build() {
    "$compiler" -std=f2018 -frecursive -O2 -Wall -Wextra -Wpedantic -Werror -J"$out" \
        "$here/parla_bare.f90" "$here/$1.f90" -o "$out/$1" -L"$library_dir" -lparla
}

if runnable "$compiler"; then
    for name in "${program_names[@]}"; do
        rm -f -- "${out:?}/$name"
        build "$name" || true # A program that is not there fails the comparison.
        compare "$name" "$out/$name"
    done
fi
conclude Fortran
