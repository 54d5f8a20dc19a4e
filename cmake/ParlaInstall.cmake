# What an installation holds, all of it free of absolute paths so that the tree can be moved:
#
#   lib/libparla.so.X.Y.Z libparla.so.X libparla.so libparla.a    include/parla.h parla.hpp parla/
#   lib/cmake/Parla/      find_package(Parla CONFIG)              lib/pkgconfig/parla.pc
#   share/man/man7/parla.7                                        share/doc/libparla/

include(CMakePackageConfigHelpers)

install(FILES "${PARLA_LIB_DIR}/${PARLA_SHARED_FILE}" "${PARLA_LIB_DIR}/${PARLA_SONAME}" "${PARLA_LIB_DIR}/libparla.so"
              "${PARLA_LIB_DIR}/libparla.a"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}")

# `cmake --install --strip` and the Debian package drop the debugging information; CMake itself strips only what it built.
find_program(CMAKE_STRIP strip)
install(CODE "
  if(CMAKE_INSTALL_DO_STRIP)
    set(libdir \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
    execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \"\${libdir}/${PARLA_SHARED_FILE}\" COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug \"\${libdir}/libparla.a\" COMMAND_ERROR_IS_FATAL ANY)
  endif()")

install(FILES "${PROJECT_SOURCE_DIR}/include/parla.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/include/parla.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" OPTIONAL)
if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/include/parla")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/parla" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h*")
endif()

# The package for find_package(Parla CONFIG). 0.x releases may break what 0.(x-1) offered.
set(parla_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Parla")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/ParlaConfig.cmake.in" "${PROJECT_BINARY_DIR}/ParlaConfig.cmake"
  INSTALL_DESTINATION "${parla_config_dir}"
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(parla_compatibility SameMinorVersion)
else()
  set(parla_compatibility SameMajorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ParlaConfigVersion.cmake" COMPATIBILITY ${parla_compatibility})
install(FILES "${PROJECT_BINARY_DIR}/ParlaConfig.cmake" "${PROJECT_BINARY_DIR}/ParlaConfigVersion.cmake"
  DESTINATION "${parla_config_dir}")

# The pkg-config file; its prefix is found from where the file lies, lib/ or lib/<triplet>/ below the prefix.
file(RELATIVE_PATH parla_pc_to_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" parla_pc_to_prefix "${parla_pc_to_prefix}")
set(parla_pc_libs_private "-lpthread -ldl -lm")
if(PARLA_USES_HWLOC)
  string(PREPEND parla_pc_libs_private "-lhwloc ")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/parla.pc.in" "${PROJECT_BINARY_DIR}/parla.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/parla.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(FILES "${PROJECT_SOURCE_DIR}/docs/man/parla.7" DESTINATION "${CMAKE_INSTALL_MANDIR}/man7")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE-MIT" "${PROJECT_SOURCE_DIR}/LICENSE-APACHE" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libparla")
install(FILES "${PROJECT_SOURCE_DIR}/cmake/debian-copyright" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libparla" RENAME copyright)
