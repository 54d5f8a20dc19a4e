#!/usr/bin/env bash
# Runs the Python programs of this folder; see bindings/compare.sh for the variables.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bindings/compare.sh
. "$here/../../compare.sh"

interpreter=${PYTHON:-python3}
export PYTHONDONTWRITEBYTECODE=1

if runnable "$interpreter"; then
    for name in "${program_names[@]}"; do
        compare "$name" "$interpreter" -W error "$here/$name.py"
    done
fi
conclude Python
