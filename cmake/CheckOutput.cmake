# Runs a program and compares what it prints on stdout with a file.
#
#   cmake -DPROGRAM=path -DEXPECTED=file -P CheckOutput.cmake        (from the folder the program shall run in)
#
# The file may begin with these lines, in any order; the first other line begins the expected output:
#
#   # exact            the lines are equal, in order (the default)
#   # sorted           the lines are equal once both sides are sorted: for tasks that may run in any order
#   # regex            each line is a CMake regular expression for one whole line of output, in order;
#                      a line of just ... stands for any number of lines, none included
#   # args A B         arguments of the program
#   # env NAME=VALUE   a variable in its environment (once for each)
#   # exit N           its exit status, if not 0
#
# Spaces at the ends of lines and empty lines at the end of the output do not count.

cmake_minimum_required(VERSION 3.20)

foreach(required PROGRAM EXPECTED)
  if(NOT DEFINED ${required})
    message(FATAL_ERROR "CheckOutput.cmake needs -D${required}=")
  endif()
endforeach()

# to_lines(<text> <variable>): a list of lines. CMake's lists give ; [ ] and \ a meaning, so these become
# control characters meanwhile; from_line() brings them back.
function(to_lines text variable)
  string(ASCII 1 semicolon)
  string(ASCII 2 open)
  string(ASCII 3 close)
  string(ASCII 4 backslash)
  string(REPLACE ";" "${semicolon}" text "${text}")
  string(REPLACE "[" "${open}" text "${text}")
  string(REPLACE "]" "${close}" text "${text}")
  string(REPLACE "\\" "${backslash}" text "${text}")
  string(REGEX REPLACE "[ \t\r]+\n" "\n" text "${text}\n")
  string(REGEX REPLACE "\n+$" "" text "${text}")
  string(REPLACE "\n" ";" text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

function(from_line line variable)
  string(ASCII 1 semicolon)
  string(ASCII 2 open)
  string(ASCII 3 close)
  string(ASCII 4 backslash)
  string(REPLACE "${semicolon}" ";" line "${line}")
  string(REPLACE "${open}" "[" line "${line}")
  string(REPLACE "${close}" "]" line "${line}")
  string(REPLACE "${backslash}" "\\" line "${line}")
  set(${variable} "${line}" PARENT_SCOPE)
endfunction()

function(fail reason)
  message("--- stdout:\n${output}--- stderr:\n${errors}--- ${EXPECTED}:\n${reason}")
  message(FATAL_ERROR "not what is expected of ${PROGRAM}")
endfunction()

# The head of the file: how to run and how to compare.
file(READ "${EXPECTED}" expected)
set(mode exact)
set(arguments "")
set(environment "")
set(exit_status 0)
while(expected MATCHES "^# (exact|sorted|regex|args [^\n]*|env [^\n]*|exit [0-9]+) *(\n|$)")
  set(directive "${CMAKE_MATCH_1}")
  string(LENGTH "${CMAKE_MATCH_0}" consumed)
  string(SUBSTRING "${expected}" ${consumed} -1 expected)
  if(directive MATCHES "^args (.*)$")
    separate_arguments(arguments UNIX_COMMAND "${CMAKE_MATCH_1}")
  elseif(directive MATCHES "^env (.*)$")
    list(APPEND environment "${CMAKE_MATCH_1}")
  elseif(directive MATCHES "^exit (.*)$")
    set(exit_status "${CMAKE_MATCH_1}")
  else()
    set(mode "${directive}")
  endif()
endwhile()

execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env ${environment} "${PROGRAM}" ${arguments}
  OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
if(NOT status STREQUAL exit_status)
  fail("exit status ${status}, not ${exit_status}")
endif()

to_lines("${output}" actual_lines)
to_lines("${expected}" expected_lines)

if(NOT mode STREQUAL "regex")
  if(mode STREQUAL "sorted")
    list(SORT actual_lines)
    list(SORT expected_lines)
  endif()
  list(LENGTH actual_lines n_actual)
  list(LENGTH expected_lines n_expected)
  set(line_number 0)
  foreach(actual wanted IN ZIP_LISTS actual_lines expected_lines)
    math(EXPR line_number "${line_number} + 1")
    if(NOT "${actual}" STREQUAL "${wanted}")
      from_line("${actual}" actual)
      from_line("${wanted}" wanted)
      fail("${mode} line ${line_number} is\n  ${actual}\nand not\n  ${wanted}")
    endif()
  endforeach()
  if(NOT n_actual EQUAL n_expected)
    fail("${n_actual} lines and not ${n_expected}")
  endif()
  return()
endif()

set(gap OFF)
foreach(pattern IN LISTS expected_lines)
  from_line("${pattern}" pattern)
  if(pattern STREQUAL "...")
    set(gap ON)
    continue()
  endif()
  set(matched OFF)
  while(actual_lines AND NOT matched)
    list(POP_FRONT actual_lines line)
    from_line("${line}" line)
    if(line MATCHES "^(${pattern})$")
      set(matched ON)
    elseif(NOT gap)
      fail("the line\n  ${line}\ndoes not match\n  ${pattern}")
    endif()
  endwhile()
  if(NOT matched)
    fail("no line is left for\n  ${pattern}")
  endif()
  set(gap OFF)
endforeach()
if(actual_lines AND NOT gap)
  list(LENGTH actual_lines n_left)
  fail("${n_left} lines more than the patterns")
endif()
