# The Rust library as two imported targets, Parla::parla (shared) and Parla::parla_static.
#
# Cargo decides what is out of date, so the build always asks it. Its files are then copied under the names that an
# installation has, which is what programs in the build tree link and load.

find_program(PARLA_CARGO cargo HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin" DOC "The cargo that builds libparla")
if(NOT PARLA_CARGO)
  message(FATAL_ERROR "libparla is built by cargo, which is not on the PATH. On Debian 12: apt-get install cargo-web; "
                      "elsewhere: https://rustup.rs. Set PARLA_CARGO to a cargo that is somewhere else.")
endif()

if(DEFINED ENV{CARGO_TARGET_DIR})
  set(parla_default_target_dir "$ENV{CARGO_TARGET_DIR}")
else()
  set(parla_default_target_dir "${PROJECT_SOURCE_DIR}/target")
endif()
set(PARLA_CARGO_TARGET_DIR "${parla_default_target_dir}" CACHE PATH "Where cargo builds; the default is shared with a plain cargo build")

set(parla_cargo_command "${PARLA_CARGO}" build --lib
  --manifest-path "${PROJECT_SOURCE_DIR}/Cargo.toml" --target-dir "${PARLA_CARGO_TARGET_DIR}")
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(parla_cargo_profile debug)
else()
  set(parla_cargo_profile release)
  list(APPEND parla_cargo_command --release)
endif()
separate_arguments(parla_cargo_flags NATIVE_COMMAND "${PARLA_CARGO_FLAGS}")
list(APPEND parla_cargo_command ${parla_cargo_flags})

# A static libparla leaves finding hwloc to whoever links it.
if("--no-default-features" IN_LIST parla_cargo_flags AND NOT PARLA_CARGO_FLAGS MATCHES "--features[ =][^-]*hwloc|--all-features")
  set(PARLA_USES_HWLOC OFF)
else()
  set(PARLA_USES_HWLOC ON)
endif()

set(parla_output_dir "${PARLA_CARGO_TARGET_DIR}/${parla_cargo_profile}")
set(PARLA_LIB_DIR "${PROJECT_BINARY_DIR}/lib")
set(PARLA_SONAME "libparla.so.${PROJECT_VERSION_MAJOR}")
set(PARLA_SHARED_FILE "libparla.so.${PROJECT_VERSION}")
file(MAKE_DIRECTORY "${PARLA_LIB_DIR}")

add_custom_target(parla_cargo ALL
  COMMAND ${parla_cargo_command}
  COMMAND ${CMAKE_COMMAND} -E copy_if_different "${parla_output_dir}/libparla.so" "${PARLA_LIB_DIR}/${PARLA_SHARED_FILE}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different "${parla_output_dir}/libparla.a" "${PARLA_LIB_DIR}/libparla.a"
  COMMAND ${CMAKE_COMMAND} -E create_symlink "${PARLA_SHARED_FILE}" "${PARLA_LIB_DIR}/${PARLA_SONAME}"
  COMMAND ${CMAKE_COMMAND} -E create_symlink "${PARLA_SONAME}" "${PARLA_LIB_DIR}/libparla.so"
  BYPRODUCTS "${PARLA_LIB_DIR}/${PARLA_SHARED_FILE}" "${PARLA_LIB_DIR}/libparla.a"
             "${PARLA_LIB_DIR}/${PARLA_SONAME}" "${PARLA_LIB_DIR}/libparla.so"
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  USES_TERMINAL
  COMMENT "cargo build (${parla_cargo_profile})"
  VERBATIM)

add_library(Parla::parla SHARED IMPORTED GLOBAL)
add_dependencies(Parla::parla parla_cargo)
set_target_properties(Parla::parla PROPERTIES
  IMPORTED_LOCATION "${PARLA_LIB_DIR}/${PARLA_SHARED_FILE}"
  IMPORTED_SONAME "${PARLA_SONAME}"
  INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}/include")

set(parla_static_libraries pthread ${CMAKE_DL_LIBS} m)
if(PARLA_USES_HWLOC)
  find_library(PARLA_HWLOC_LIBRARY NAMES hwloc DOC "hwloc, for programs that link libparla statically")
  if(NOT PARLA_HWLOC_LIBRARY)
    message(FATAL_ERROR "libparla reads the machine's topology through hwloc, which is not installed (Debian: libhwloc-dev). "
                        "To do without it, configure with -DPARLA_CARGO_FLAGS=--no-default-features.")
  endif()
  list(APPEND parla_static_libraries "${PARLA_HWLOC_LIBRARY}")
endif()

add_library(Parla::parla_static STATIC IMPORTED GLOBAL)
add_dependencies(Parla::parla_static parla_cargo)
set_target_properties(Parla::parla_static PROPERTIES
  IMPORTED_LOCATION "${PARLA_LIB_DIR}/libparla.a"
  INTERFACE_INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}/include"
  INTERFACE_LINK_LIBRARIES "${parla_static_libraries}")
