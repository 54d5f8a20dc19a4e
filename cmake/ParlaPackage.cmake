# `cpack` makes libparla_X.Y.Z_ARCH.deb: the library and what is needed to build against it, in one package.
# `make deb` configures with the prefix /usr, so that the files lie where Debian puts a library for its architecture.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libparla)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR "The libparla developers")
set(CPACK_PACKAGE_CONTACT "The libparla developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "task runtime with one C interface for several languages")
set(CPACK_PACKAGE_DESCRIPTION
"libparla runs tasks of C, C++, Fortran, Julia, Python and Rust code in one set of
worker threads. A task names what it waits for, where it may run and which part
of that place it needs; tasks of one language can wait for those of another.

This package holds the shared and the static library, the C and C++ headers, and
the files for CMake's find_package and for pkg-config.")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

# The run-time dependencies are read from the library itself: libc6, libgcc-s1, libhwloc15, with their least versions.
# CPack does that with dpkg-shlibdeps and file.
find_program(PARLA_DPKG_SHLIBDEPS dpkg-shlibdeps)
find_program(PARLA_FILE file)
mark_as_advanced(PARLA_DPKG_SHLIBDEPS PARLA_FILE)
if(PARLA_DPKG_SHLIBDEPS AND PARLA_FILE)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  # The package provides a shared library: it tells other packages so (shlibs) and has the linker's cache renewed.
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
elseif(PARLA_USES_HWLOC)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6, libgcc-s1, libhwloc15")
else()
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6, libgcc-s1")
endif()
if(PARLA_USES_HWLOC)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libhwloc-dev, pkg-config, cmake")
else()
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pkg-config, cmake")
endif()

include(CPack)
