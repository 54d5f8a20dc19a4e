#!/usr/bin/env bash
# Builds the reference: build/doc/c (the C interface), build/doc/man (the same as man pages), build/doc/rust.
. "$(dirname "$0")/common.sh"

version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | sed -n 1p)

mkdir -p build/doc
step "C reference"
{
  cat docs/Doxyfile
  printf 'PROJECT_NUMBER = %s\n' "$version"
} | doxygen -
# A page about the folder, named for where it lies, tells nobody anything.
rm -f build/doc/man/man3/_*

step "Rust reference"
cargo doc --locked --quiet --no-deps
rm -rf build/doc/rust
cp -r "$target_dir/doc" build/doc/rust

note "C:    build/doc/c/index.html, and man -l build/doc/man/man3/parla.h.3"
note "Rust: build/doc/rust/parla/index.html"
