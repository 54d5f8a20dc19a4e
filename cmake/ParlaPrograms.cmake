# The examples and the tests, one executable for each source file; nothing lists them but the folders they are in. A
# program of several files is a folder of them.
#
#   examples-c/NAME.c     c.example.NAME        tests/c/NAME.c       c.test.NAME
#   examples-c/NAME/*.c   c.example.NAME        tests/c/NAME/*.c     c.test.NAME
#   examples-cpp/...      cpp.example.NAME      tests/cpp/...        cpp.test.NAME
#   bindings/fortran      its own CMakeLists.txt, tests named fortran.*
#
# A program fails by its exit status. FOLDER/expected/NAME.txt, where there is one, says what else it must print, with
# which arguments and environment: cmake/CheckOutput.cmake describes the form.

set(PARLA_TEST_TIMEOUT 120 CACHE STRING "Seconds that one example or test may take")

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# parla_link_math(<target> <source>...): what the sources' includes ask for beyond libparla.
function(parla_link_math target)
  set(includes "")
  foreach(source IN LISTS ARGN)
    file(STRINGS "${source}" found REGEX "^ *# *include *[<\"](cblas|lapacke|openblas_config)\\.h")
    list(APPEND includes ${found})
  endforeach()
  if(NOT includes)
    return()
  endif()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET GLOBAL openblas)
  target_link_libraries(${target} PRIVATE PkgConfig::OPENBLAS)
  if(includes MATCHES "lapacke")
    pkg_check_modules(LAPACKE REQUIRED IMPORTED_TARGET GLOBAL lapacke)
    target_link_libraries(${target} PRIVATE PkgConfig::LAPACKE)
  endif()
endfunction()

# parla_add_program(<language> <kind> <folder> <name> <source>...)
function(parla_add_program language kind folder name)
  set(sources ${ARGN})
  set(target "parla-${language}-${kind}-${name}")
  add_executable(${target} ${sources})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME "${name}"
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${folder}"
    C_STANDARD 11 C_STANDARD_REQUIRED ON
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" coroutines REGEX "co_await|co_return|# *include *<coroutine>")
    if(coroutines)
      set_target_properties(${target} PROPERTIES CXX_STANDARD 20)
    endif()
  endforeach()
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/${folder}")
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  target_link_libraries(${target} PRIVATE Parla::parla Threads::Threads m)
  parla_link_math(${target} ${sources})

  if(NOT PARLA_BUILD_TESTS)
    return()
  endif()
  set(test "${language}.${kind}.${name}")
  set(expected "${PROJECT_SOURCE_DIR}/${folder}/expected/${name}.txt")
  if(EXISTS "${expected}")
    add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} "-DPROGRAM=$<TARGET_FILE:${target}>" "-DEXPECTED=${expected}"
      -P "${PROJECT_SOURCE_DIR}/cmake/CheckOutput.cmake")
  else()
    add_test(NAME ${test} COMMAND ${target})
  endif()
  set_tests_properties(${test} PROPERTIES
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" TIMEOUT ${PARLA_TEST_TIMEOUT} LABELS "${language};${kind}")
endfunction()

# parla_add_folder(<language> <kind> <folder> <extension>)
function(parla_add_folder language kind folder extension)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.${extension}")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    parla_add_program(${language} ${kind} ${folder} ${name} "${source}")
  endforeach()

  file(GLOB subfolders CONFIGURE_DEPENDS LIST_DIRECTORIES true "${PROJECT_SOURCE_DIR}/${folder}/*")
  foreach(subfolder IN LISTS subfolders)
    file(GLOB sources CONFIGURE_DEPENDS "${subfolder}/*.${extension}")
    if(IS_DIRECTORY "${subfolder}" AND sources)
      get_filename_component(name "${subfolder}" NAME)
      parla_add_program(${language} ${kind} ${folder} ${name} ${sources})
    endif()
  endforeach()
endfunction()

if(PARLA_BUILD_EXAMPLES)
  parla_add_folder(c example examples-c c)
  parla_add_folder(cpp example examples-cpp cpp)
endif()
if(PARLA_BUILD_TESTS)
  parla_add_folder(c test tests/c c)
  parla_add_folder(cpp test tests/cpp cpp)
endif()

if(EXISTS "${PROJECT_SOURCE_DIR}/bindings/fortran/CMakeLists.txt")
  include(CheckLanguage)
  check_language(Fortran)
  if(CMAKE_Fortran_COMPILER)
    enable_language(Fortran)
    add_subdirectory("${PROJECT_SOURCE_DIR}/bindings/fortran" "${PROJECT_BINARY_DIR}/bindings/fortran")
  else()
    message(STATUS "No Fortran compiler: the Fortran binding, its examples and tests are left out")
  endif()
endif()
