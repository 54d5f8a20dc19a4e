#!/usr/bin/env bash
# The checker of the examples' output (cmake/CheckOutput.cmake) accepts what it should and refuses what it should.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program under test prints its arguments, one a line, then what $EXTRA says, and exits with $STATUS.
cat >"$work/program" <<'PROGRAM'
#!/bin/sh
for line in "$@"; do printf '%s\n' "$line"; done
if [ -n "${EXTRA:-}" ]; then printf '%s\n' "$EXTRA"; fi
exit "${STATUS:-0}"
PROGRAM
chmod +x "$work/program"

# run_checker LINE...: checks the program against a file of these lines.
run_checker() {
  printf '%s\n' "$@" >"$work/expected.txt"
  cmake "-DPROGRAM=$work/program" "-DEXPECTED=$work/expected.txt" -P cmake/CheckOutput.cmake
}
refuses() { ! run_checker "$@"; }

step "checker of expected output"
check "equal lines" run_checker "# args a b" a b
check "exact, asked for" run_checker "# exact" "# args a b" a b
check "refuses another order" refuses "# args a b" b a
check "refuses a line too many" refuses "# args a b c" a b
check "refuses a line too few" refuses "# args a" a b
check "refuses no output at all" refuses "# args" a
check "refuses a line that is longer" refuses "# args ab" a
check "characters that CMake's lists treat" run_checker "# args 'T[0;1]' '\\\\n;' ']['" 'T[0;1]' '\n;' ']['
check "refuses another semicolon" refuses "# args 'a;b'" a b
check "sorted" run_checker "# sorted" "# args c a b" b c a
check "sorted keeps how often a line comes" refuses "# sorted" "# args a a b" a b b
check "a line named like a variable" refuses "# args mode" exact
check "regex, whole lines" run_checker "# regex" "# args 'n = 12' done" "n = [0-9]+" "done"
check "regex refuses a part of a line" refuses "# regex" "# args 'n = 12 or so'" "n = [0-9]+"
check "regex refuses another order" refuses "# regex" "# args a b" b a
check "regex refuses lines left over" refuses "# regex" "# args a b" a
check "regex refuses lines missing" refuses "# regex" "# args a" a b
check "regex with a gap" run_checker "# regex" "# args a x y b" a ... b
check "regex with a gap at the end" run_checker "# regex" "# args a x y" a ...
check "regex with an escape" run_checker "# regex" "# args 'T[0]'" 'T\[0\]'
check "environment" run_checker "# env EXTRA=more" "# args a" a more
check "exit status" run_checker "# exit 3" "# env STATUS=3" "# args a" a
check "refuses another exit status" refuses "# env STATUS=3" "# args a" a
tally "Output checker"
finish
