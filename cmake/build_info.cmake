# What was built, for `plaquette info` and the run's records.
# PLAQUETTE_REVISION names the commit where the sources came without their history.
set(PLAQUETTE_GIT_COMMIT $ENV{PLAQUETTE_REVISION})
if(NOT PLAQUETTE_GIT_COMMIT)
  execute_process(
    COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE PLAQUETTE_GIT_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT PLAQUETTE_GIT_COMMIT)
  set(PLAQUETTE_GIT_COMMIT unknown)
endif()
# The next commit is another build.
if(EXISTS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                                         ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
endif()
set(PLAQUETTE_BUILT_CUDA_ARCHITECTURES none)
if(PLAQUETTE_HAVE_CUDA)
  list(JOIN CMAKE_CUDA_ARCHITECTURES "," PLAQUETTE_BUILT_CUDA_ARCHITECTURES)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_info.hpp.in
               ${PROJECT_BINARY_DIR}/generated/plaquette/build_info.hpp)
add_library(plaquette_build_info INTERFACE)
target_include_directories(plaquette_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
