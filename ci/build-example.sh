#!/usr/bin/env bash
# Builds one of the C examples, build/cmake/examples-c/NAME:  ci/build-example.sh NAME
. "$(dirname "$0")/common.sh"

build=$root/build/cmake

quietly cmake-configure cmake -S . -B "$build"
quietly cmake-build cmake --build "$build" --parallel "$jobs" --target "parla-c-example-$1"
