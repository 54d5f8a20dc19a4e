# Sourced by the run.sh of each language: runs its programs and compares what they print with
# bindings/expected/NAME.txt, which is the same for every language.
#
#   PARLA_LIB_DIR    where libparla.so is                (default: target/release)
#   PARLA_BUILD_DIR  where programs are built            (default: build)
#   PARLA_TALLY      a file that receives the line "LANGUAGE PASSED FAILED" (default: none)
# shellcheck shell=bash

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # build_dir is used by those who source this
build_dir=$(realpath -m -- "${PARLA_BUILD_DIR:-$repository/build}")
library_dir=$(realpath -m -- "${PARLA_LIB_DIR:-$repository/target/release}")
program_names=(hello chain error)
seconds_per_program=120
passed=0
failed=0

export LD_LIBRARY_PATH="$library_dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# compare NAME COMMAND...: runs the command; ok if it exits with 0 and prints what is expected.
compare() {
    local name=$1 printed status=0
    shift
    printed=$(mktemp)
    timeout "$seconds_per_program" "$@" >"$printed" || status=$?
    if [ "$status" -eq 0 ] && diff -u "$repository/bindings/expected/$name.txt" "$printed" >&2; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        [ "$status" -eq 0 ] || echo "$name: exit status $status" >&2
        echo "FAILED $name"
        failed=$((failed + 1))
    fi
    rm -f -- "$printed"
}

# cannot_run REASON: every program counts as failed.
cannot_run() {
    local name
    echo "$1" >&2
    for name in "${program_names[@]}"; do
        echo "FAILED $name"
        failed=$((failed + 1))
    done
}

# runnable COMMAND: whether that command and the library are there; says what is missing.
runnable() {
    if ! command -v "$1" >/dev/null; then
        cannot_run "$1 is not installed: run ci/install-languages.sh"
        return 1
    fi
    if [ ! -e "$library_dir/libparla.so" ]; then
        cannot_run "no libparla.so in $library_dir: run cargo build --release, or set PARLA_LIB_DIR"
        return 1
    fi
}

# conclude LANGUAGE: writes the tally; its status is that of the whole run.
conclude() {
    if [ -n "${PARLA_TALLY:-}" ]; then
        echo "$1 $passed $failed" >>"$PARLA_TALLY"
    fi
    [ "$failed" -eq 0 ]
}
