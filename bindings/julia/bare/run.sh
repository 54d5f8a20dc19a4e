#!/usr/bin/env bash
# Runs the Julia programs of this folder; see bindings/compare.sh for the variables.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bindings/compare.sh
. "$here/../../compare.sh"

# $JULIA, else the one that ci/install-languages.sh unpacked, else the one in PATH.
interpreter=${JULIA:-$build_dir/julia/bin/julia}
command -v "$interpreter" >/dev/null || interpreter=julia

if runnable "$interpreter"; then
    for name in "${program_names[@]}"; do
        compare "$name" "$interpreter" --startup-file=no "$here/$name.jl"
    done
fi
conclude Julia
