# The CUDA kernels on the host: their sources compiled as C++ against the SIMT executor of
# tests/simt, which supplies the CUDA names that they use. Needs no CUDA. Include it from tests/.

find_package(GTest QUIET)
plaquette_require(GTest_FOUND libgtest-dev)
find_package(Boost QUIET COMPONENTS context)
plaquette_require(Boost_CONTEXT_FOUND libboost-context-dev)
include(GoogleTest)

file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*.cu)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/simt/*.cpp)
set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX
                                                  COMPILE_OPTIONS -Wno-unknown-pragmas)
add_executable(test_simt ${sources} ${kernels})
target_include_directories(test_simt PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(test_simt PRIVATE PLAQUETTE_SIMT)
# The oracle and the CPU backend are what the kernels are compared with.
target_link_libraries(test_simt PRIVATE plaquette_test_support plaquette_cpu Boost::context
                                        GTest::gtest_main)
gtest_discover_tests(test_simt DISCOVERY_MODE PRE_TEST
  PROPERTIES LABELS simt ENVIRONMENT "OMP_WAIT_POLICY=passive")
