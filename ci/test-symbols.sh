#!/usr/bin/env bash
# The shared library exports exactly the functions that parla.h declares, under its soname, and is never unmapped.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
library=$target_dir/release/libparla.so
version=$(sed -n 's/^version *= *"\([0-9]*\)\..*/\1/p' Cargo.toml | sed -n 1p)

# The compiler lists the prototypes it has seen, with the file of each.
declared() {
  gcc -aux-info "$work/prototypes" -x c -fsyntax-only include/parla.h &&
    sed -nE 's,^/\* include/parla\.h:.*\*/ *extern .*[ *](parla_[a-z0-9_]+) \(.*,\1,p' "$work/prototypes" | sort -u >"$work/declared" &&
    [ -s "$work/declared" ]
}
exported() { nm -D --defined-only "$library" | awk '{ print $NF }' | sort -u >"$work/exported"; }
same_symbols() {
  declared && exported && diff -U0 --label "declared in include/parla.h" --label "exported by libparla.so" \
    "$work/declared" "$work/exported"
}
has_soname() { readelf -d "$library" | grep -F "[libparla.so.$version]"; }
is_nodelete() { readelf -d "$library" | grep -E 'FLAGS_1.*NODELETE'; }

step "symbols of $library"
if [ ! -f "$library" ]; then
  ci/build.sh
fi
check "exports are what the header declares" same_symbols
check "soname is libparla.so.$version" has_soname
check "marked nodelete" is_nodelete
tally "Symbols"
finish
