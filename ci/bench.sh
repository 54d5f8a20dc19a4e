#!/usr/bin/env bash
# Builds the benchmarks and runs them side by side; tables on stdout, and below build/bench table.txt, results.json,
# chart and efficiency as .svg and .png.
#
#   ci/bench.sh [--short | --full] [--workloads A,B] [--peers A,B] [--workers 1,2] [--repeats N] [--out FOLDER]
. "$(dirname "$0")/common.sh"

ci/install-deps.sh build bench
ci/build-bench.sh
step "benchmarks: a few minutes, in which the machine should do nothing else"
/usr/bin/python3 benches/driver "$@"
