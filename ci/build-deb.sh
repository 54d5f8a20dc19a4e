#!/usr/bin/env bash
# Makes the Debian package, build/deb/packages/libparla_*.deb, and prints its path as the last line.
. "$(dirname "$0")/common.sh"

build=$root/build/deb

quietly deb-configure cmake -S . -B "$build" -DCMAKE_INSTALL_PREFIX=/usr -DPARLA_CARGO_FLAGS=--locked \
  -DPARLA_BUILD_EXAMPLES=OFF -DPARLA_BUILD_TESTS=OFF
quietly deb-build cmake --build "$build" --parallel "$jobs"
rm -rf "$build/packages"
(cd "$build" && quietly deb-cpack cpack)
ls "$build"/packages/*.deb
