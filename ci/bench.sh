#!/usr/bin/env bash
# Builds the benchmarks and runs them side by side; tables on stdout, and below build/bench table.txt, results.json,
# chart and efficiency as .svg and .png.
#
#   ci/bench.sh [--short | --full] [--workloads A,B] [--peers A,B] [--workers 1,2] [--repeats N] [--out FOLDER]
. "$(dirname "$0")/common.sh"

# Neither help nor a mistake needs a build.
if command -v python3 >/dev/null; then
  case " $* " in
  *" -h "* | *" --help "*) exec python3 benches/driver/options.py --help ;;
  *) python3 benches/driver/options.py "$@" ;;
  esac
fi
ci/install-deps.sh build bench
ci/build-bench.sh
step "benchmarks: a few minutes, in which the machine should do nothing else"
/usr/bin/python3 benches/driver "$@"
