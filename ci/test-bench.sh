#!/usr/bin/env bash
# The benchmarks work: the checks of their results, the driver, and each program at each of its workloads, at tiny sizes
# with 1, 2 and 4 workers. The times mean nothing here.
. "$(dirname "$0")/common.sh"

ci/install-deps.sh build bench
ci/build-bench.sh

step "benchmarks: tests"
for part in checks metg cholesky; do
  check "what the programs check: $part" "build/bench/bin/bench-test-$part"
done
check "driver" /usr/bin/python3 benches/tests/test_driver.py
check "lints of the programs in Rust" cargo clippy --quiet --release --locked \
  --manifest-path benches/peers/rust/Cargo.toml --target-dir build/bench/cargo -- -D warnings
check "format of the programs in Rust" cargo fmt --check --manifest-path benches/peers/rust/Cargo.toml

step "benchmarks: every program at every workload"
smoke=$root/build/bench/smoke
rm -rf "$smoke"
driver_status=0
quietly bench-smoke /usr/bin/python3 benches/driver --smoke --workers 1,2,4 --out "$smoke" || driver_status=$?
# One count for each peer, workload and number of workers; the log names those that failed.
read -r passed_runs failed_runs < <(/usr/bin/python3 - "$smoke/results.json" <<'EOF'
import json, sys

results = json.load(open(sys.argv[1]))["results"]
failures = [result for result in results if result["failure"]]
for result in failures:
    what = f"{result['peer']} {result['workload']}, {result['workers']} workers"
    print(f"FAILED  {what}: {result['failure']}", file=sys.stderr)
print(len(results) - len(failures), len(failures))
EOF
)
# A driver that breaks off leaves the results so far, in which nothing need have failed.
if [ "$driver_status" -ne 0 ] && [ "$failed_runs" -eq 0 ]; then
  failed_runs=1
fi
passed=$((passed + passed_runs)) failed=$((failed + failed_runs))
tally "Benchmarks"
finish
