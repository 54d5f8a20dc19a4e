#!/usr/bin/env bash
# The shell scripts parse, and shellcheck finds nothing in them.
. "$(dirname "$0")/common.sh"

parses() { bash -n "$1"; }

step "scripts"
for script in .ci/run ci/*.sh bindings/*/bare/*.sh; do
  if [ -f "$script" ]; then
    check "bash -n $script" parses "$script"
    check "shellcheck $script" shellcheck "$script"
  fi
done
tally "Scripts"
finish
