#!/usr/bin/env bash
# Builds what an installation needs, and installs it below DESTDIR/PREFIX:  ci/install.sh PREFIX [DESTDIR]
# Without arguments it only builds.
#
# With sudo, the cargo of the user who built is out of reach, and a build by root would leave root's files in ./target. So
# without cargo this installs what `make build` has staged.
. "$(dirname "$0")/common.sh"

prefix=${1:-}
destdir=${2:-}
stage=$root/build/install

configure() {
  quietly install-configure cmake -S . -B "$stage" "-DCMAKE_INSTALL_PREFIX=${prefix:-/usr/local}" \
    -DPARLA_BUILD_EXAMPLES=OFF -DPARLA_BUILD_TESTS=OFF
}

if cargo --version >/dev/null 2>&1; then
  configure
  quietly install-build cmake --build "$stage" --parallel "$jobs"
elif [ -f "$stage/lib/libparla.a" ]; then
  note "no cargo here: installing what was built before"
  configure
else
  echo "install.sh: there is no cargo here, and nothing has been built: run 'make build' first" >&2
  exit 1
fi

if [ -n "$prefix" ]; then
  DESTDIR=$destdir cmake --install "$stage"
fi
