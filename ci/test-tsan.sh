#!/usr/bin/env bash
# The tests in C under ThreadSanitizer: no two threads touch the same data without an order between them.
#
# What it cannot see. It does not model fences, neither those of the language nor the system's `membarrier` behind
# src/sync/fence.rs: orders that rest on them (falling asleep, the end of a call) are checked by loom instead. Data that
# is only handed on that way is atomic, so it gives no false alarms. The standard library is not instrumented:
# `--cfg parla_tsan` tells the sanitizer of its locks (src/sync/tsan.rs), and of stack switches (src/runtime/fiber.rs).
# tsan.supp lists what is left, with the reasons.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sanitize.sh"

step "ThreadSanitizer: build"
# The standard library's objects say that they are not made for the sanitizer, and the compiler would refuse to mix.
sanitizer_build tsan "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg parla_tsan"
step "ThreadSanitizer: tests in C"
# A child of a threaded process may start threads, which the sanitizer forbids by default.
export TSAN_OPTIONS=suppressions=$root/ci/tsan.supp:die_after_fork=0:atexit_sleep_ms=0
# stack_overflow looks at a fault that the sanitizer takes for itself. stalls needs waits that give STALLED, which they do
# only if every thread of the process sleeps in the library; the sanitizer has a thread of its own, which never does.
sanitizer_tests thread stack_overflow stalls
tally "ThreadSanitizer"
finish
