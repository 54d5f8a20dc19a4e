#!/usr/bin/env bash
# Installs the library as a user would and builds small projects against the result: by find_package, by
# add_subdirectory, by pkg-config, in C and C++, shared and static; and the same from the unpacked Debian package.
. "$(dirname "$0")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=$root/build/package
version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | sed -n 1p)

step "installing below $work"
quietly package-configure cmake -S . -B "$build" -DCMAKE_INSTALL_PREFIX=/usr/local -DPARLA_CARGO_FLAGS=--locked \
  -DPARLA_BUILD_EXAMPLES=OFF -DPARLA_BUILD_TESTS=OFF
quietly package-build cmake --build "$build" --parallel "$jobs"

# The tree is moved after it was installed: nothing in it may say where it was.
installs() {
  DESTDIR=$work/stage cmake --install "$build" && mv "$work/stage/usr/local" "$work/moved"
}

# has_files PREFIX LIBDIR
has_files() {
  local file
  for file in "include/parla.h" "$2/libparla.so" "$2/libparla.so.${version%%.*}" "$2/libparla.so.$version" "$2/libparla.a" \
    "$2/pkgconfig/parla.pc" "$2/cmake/Parla/ParlaConfig.cmake" "$2/cmake/Parla/ParlaConfigVersion.cmake" \
    "share/man/man7/parla.7" "share/doc/libparla/copyright"; do
    if [ ! -e "$1/$file" ]; then
      echo "$file is missing"
      return 1
    fi
  done
}

# no_build_paths PREFIX: text files only; debugging information may tell where the sources were.
no_build_paths() {
  ! grep -rI -F -e "$root" -e "$work" -e "$target_dir" "$1"
}

# cmake_consumer PROJECT NAME ARGUMENT...
cmake_consumer() {
  local project=$1 name=$2
  shift 2
  cmake -S "tests/cmake/$project" -B "$work/$name" "$@" &&
    cmake --build "$work/$name" --parallel "$jobs" &&
    ctest --test-dir "$work/$name" --output-on-failure --no-tests=error
}

# pkg_config_consumer LIBDIR NAME
pkg_config_consumer() {
  PKG_CONFIG_PATH=$1/pkgconfig make -C tests/cmake/pkg-config BUILD="$work/$2" check
}

check "cmake --install" installs
check "every file is there" has_files "$work/moved" lib
check "no path of the build in the installed text" no_build_paths "$work/moved"
check "consumer by find_package, moved tree" cmake_consumer find-package find-package "-DCMAKE_PREFIX_PATH=$work/moved"
check "consumer by pkg-config, moved tree" pkg_config_consumer "$work/moved/lib" pkg-config
check "consumer by add_subdirectory" cmake_consumer add-subdirectory add-subdirectory "-DPARLA_CARGO_FLAGS=--locked"

step "Debian package"
check "make deb" ci/build-deb.sh
deb=$(find build/deb/packages -maxdepth 1 -name "libparla_${version}*.deb")
note "${deb:-no package}"
if [ -n "$deb" ]; then
  dpkg-deb --field "$deb" Package Version Architecture Depends | sed 's/^/   /'
  dpkg-deb --contents "$deb" | awk '{ print "   " $1, $2, $3, $6, $7, $8 }'
fi
unpacks() { dpkg-deb --extract "$deb" "$work/deb"; }
depends_on_hwloc() { dpkg-deb --field "$deb" Depends | grep -w libhwloc15; }
multiarch=$(gcc -print-multiarch)
check "unpacks" unpacks
check "every file is there" has_files "$work/deb/usr" "lib/$multiarch"
check "depends on libhwloc15" depends_on_hwloc
check "consumer by find_package" cmake_consumer find-package deb-find-package "-DCMAKE_PREFIX_PATH=$work/deb/usr"
check "consumer by pkg-config" pkg_config_consumer "$work/deb/usr/lib/$multiarch" deb-pkg-config

tally "Packaging"
finish
