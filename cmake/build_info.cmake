# What was built, for `plaquette info` and the run's records.
execute_process(
  COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE PLAQUETTE_GIT_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT PLAQUETTE_GIT_COMMIT)
  set(PLAQUETTE_GIT_COMMIT unknown)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.hpp.in
               ${PROJECT_BINARY_DIR}/generated/plaquette/build_info.hpp)
add_library(plaquette_build_info INTERFACE)
target_include_directories(plaquette_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
