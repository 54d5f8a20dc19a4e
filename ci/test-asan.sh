#!/usr/bin/env bash
# The tests in C under AddressSanitizer: no access outside of what is allocated, none after it is freed, no leaks.
#
# The sanitizer is not told of stack switches. It needs to know only where a function does not return (`exit` inside a
# task): then it warns that it leaves the stack's marks as they are. Detecting uses after return would move locals to
# stacks of the sanitizer's own, which a task that is switched away from would share with the next; so that stays off.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/sanitize.sh"

step "AddressSanitizer: build"
sanitizer_build asan "-Zsanitizer=address"
step "AddressSanitizer: tests in C"
export ASAN_OPTIONS=detect_stack_use_after_return=0:handle_segv=1:abort_on_error=0
# stack_overflow looks at a fault that the sanitizer takes for itself.
sanitizer_tests address stack_overflow
tally "AddressSanitizer"
finish
