#!/usr/bin/env bash
# Builds the library in release form: libparla.so and libparla.a in target/release.
. "$(dirname "$0")/common.sh"

step "cargo build --release"
cargo build --release --locked --lib "$@"

# Programs linked straight against this folder look for the library by its soname.
soname=$(readelf -d "$target_dir/release/libparla.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
if [ -n "$soname" ]; then
  ln -sf libparla.so "$target_dir/release/$soname"
fi
