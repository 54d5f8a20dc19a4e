#!/usr/bin/env bash
# Installs the Debian packages that some groups of jobs need, and only those that are missing.
#
#   ci/install-deps.sh [build] [test] [languages] [doc] [bench]       (none named: build)
#
# It never asks. Where it may not install, it prints the one command that does and exits with 3. On a system other than
# Debian it prints what to install by that system's names; PARLA_DEPS=present then says that this has been done.
. "$(dirname "$0")/common.sh"

least_rust=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)

if [ "${PARLA_DEPS:-}" = present ]; then
  exit 0
fi

wanted=()
with_lints=0
for group in "${@:-build}"; do
  case $group in
    # A compiler and linker, the Rust compiler, what the library links, and what the C examples compute with.
    build) wanted+=(gcc g++ libc6-dev make cmake pkg-config libhwloc-dev libopenblas-dev) ;;
    # nm, objdump and readelf; what CPack reads a package's dependencies with; the check of these scripts; what counts
    # instructions.
    test)
      wanted+=(binutils dpkg-dev file shellcheck valgrind python3 python3-tabulate)
      with_lints=1
      ;;
    languages) wanted+=(gfortran python3) ;;
    doc) wanted+=(doxygen) ;;
    # The other runtimes and the kernels; what the programs parse and print with; what the driver draws with.
    bench)
      wanted+=(clang libomp-dev libtbb-dev libstarpu-dev libopenblas-dev libcli11-dev nlohmann-json3-dev
        python3 python3-matplotlib python3-tabulate)
      ;;
    *)
      echo "install-deps.sh: no group '$group' (build, test, languages, doc, bench)" >&2
      exit 2
      ;;
  esac
done

if grep -qsr --include='*.c' --include='*.cpp' 'include <lapacke.h>' examples-c examples-cpp tests/c tests/cpp; then
  wanted+=(liblapacke-dev)
fi

# at_least VERSION LEAST
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | sed -n 1p)" = "$2" ]; }

# Debian 12's own rustc is too old; its packages called -web follow newer releases. A compiler from elsewhere is used as
# it is, and its lints with it. Systems without that file are not Debian, so then it is empty.
debian_release=$(sed -n 's/^VERSION_ID="\?\([0-9]*\).*/\1/p' /etc/os-release 2>/dev/null || true)
if [ "$debian_release" = 12 ]; then
  rust_packages=(cargo-web rustc-web)
  lint_packages=(rustfmt-web rust-web-clippy)
else
  rust_packages=(cargo rustc)
  lint_packages=(rustfmt rust-clippy)
fi
rust=$(rustc --version 2>/dev/null | cut -d ' ' -f 2) || rust=none
from_debian=0
# Empty if there is none.
case $(command -v cargo || true) in
  '' | /usr/bin/cargo) from_debian=1 ;;
esac
if [ "$rust" = none ] || ! command -v cargo >/dev/null || ! at_least "$rust" "$least_rust"; then
  if [ "$from_debian" -eq 0 ]; then
    echo "install-deps.sh: rustc is $rust, and $least_rust or newer is needed: see https://rustup.rs" >&2
    exit 3
  fi
  wanted+=("${rust_packages[@]}")
fi
if [ "$from_debian" -eq 1 ] && [ "$with_lints" -eq 1 ]; then
  wanted+=("${lint_packages[@]}")
fi

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps.sh: this is not Debian. Install what these packages of Debian hold, then set PARLA_DEPS=present:" >&2
  echo "  ${wanted[*]}" >&2
  exit 3
fi

missing=()
for package in "${wanted[@]}"; do
  # An unknown package makes dpkg-query fail, which means the same as not installed.
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=unknown
  if [ "$state" != installed ]; then
    missing+=("$package")
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    echo "install-deps.sh: packages are missing, and only root can install them. Run:" >&2
    echo "  sudo sh -c 'apt-get update && apt-get install --no-install-recommends ${missing[*]}'" >&2
    exit 3
  fi
fi

step "installing ${missing[*]}"
options=(-o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false -q -y)
quietly apt-update "${as_root[@]}" apt-get "${options[@]}" update
quietly apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "${missing[@]}"
