# Read by ctest, once a test program is built: its tests as entries for ctest. A case is no process
# of its own (there are thousands, and starting one takes longer than most run): an entry is a suite,
# of a suite with parameters one of its tests. Cases named cuda_* are entries of their own, labelled
# gpu_KIND, which count as skipped where every case was; their names end with the number of cases.
# Given: program, kind, filter (GoogleTest's), properties (of every entry).

execute_process(COMMAND ${program} --gtest_list_tests --gtest_filter=${filter}
                OUTPUT_VARIABLE listing RESULT_VARIABLE result TIMEOUT 60)
if(NOT result EQUAL 0)
  # Not built, or broken: an entry that fails says so.
  add_test(${kind} ${program})
  set_tests_properties(${kind} PROPERTIES ${properties} LABELS ${kind})
  return()
endif()

# cpu_NUMBER_OF and cuda_NUMBER_OF an entry, in the order of the program.
set(entries)
set(cuda_cases 0)
string(REGEX REPLACE "[][;]" "_" listing "${listing}")
string(REPLACE "\n" ";" listing "${listing}")
foreach(line IN LISTS listing)
  string(REGEX REPLACE " *#.*$" "" line "${line}")
  if(line MATCHES "^[^ ].*\\.$")
    set(suite "${line}")
  elseif(line MATCHES "^  ([^/]+)(/?)(.*)$")
    set(entry "${suite}*")
    if(CMAKE_MATCH_2)
      set(entry "${suite}${CMAKE_MATCH_1}/*")
    endif()
    set(backend cpu)
    if(line MATCHES "cuda_")
      set(backend cuda)
      math(EXPR cuda_cases "${cuda_cases} + 1")
    endif()
    list(APPEND entries "${entry}")
    math(EXPR ${backend}_${entry} "0${${backend}_${entry}} + 1")
  endif()
endforeach()
list(REMOVE_DUPLICATES entries)

# GoogleTest's filter has one minus, before all that is left out.
set(left_out "")
if(filter MATCHES "-(.*)$")
  set(left_out "${CMAKE_MATCH_1}")
endif()

function(add_entry name label pattern)
  add_test(${name} ${program} --gtest_filter=${pattern})
  set_tests_properties(${name} PROPERTIES ${properties} LABELS ${label})
endfunction()

# Where there is no device, one process skips what a process each would.
set(one_by_one ON)
if(NOT simulated AND NOT EXISTS /dev/nvidiactl AND NOT EXISTS /dev/dxg)
  set(one_by_one OFF)
endif()
set(nothing_but_skips SKIP_REGULAR_EXPRESSION
                      "\\[  PASSED  \\] 0 tests\\.[\r\n]+\\[  SKIPPED \\] [0-9]+ test")

foreach(entry IN LISTS entries)
  string(REGEX REPLACE "[./]*\\*$" "" name "${kind}/${entry}")
  if(simulated)
    string(REPLACE "*" "*cuda_*" pattern "${entry}")
    add_entry("${name}" ${kind} "${pattern}-${left_out}")
    continue()
  endif()
  if(cpu_${entry})
    add_entry("${name}" ${kind} "${entry}-*cuda_*")
  endif()
  if(cuda_${entry} AND one_by_one)
    string(REPLACE "*" "cuda_*" pattern "${entry}")
    set(name "gpu_${name} (${cuda_${entry}})")
    add_entry("${name}" gpu_${kind} "${pattern}")
    set_tests_properties("${name}" PROPERTIES ${nothing_but_skips})
  endif()
endforeach()
if(cuda_cases GREATER 0 AND NOT simulated AND NOT one_by_one)
  set(name "gpu_${kind} (${cuda_cases})")
  add_entry("${name}" gpu_${kind} "*cuda_*")
  set_tests_properties("${name}" PROPERTIES ${nothing_but_skips})
endif()
