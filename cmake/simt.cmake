# The CUDA kernels on the host: their sources compiled as C++ against the SIMT executor of
# tests/simt, which supplies the CUDA names that they use. With its simulated device, which stands
# in for the CUDA runtime and libraries, the whole CUDA backend runs the parity suite. Needs no
# CUDA. Include it from tests/.

find_package(GTest QUIET)
plaquette_require(GTest_FOUND libgtest-dev)
find_package(Boost QUIET COMPONENTS context)
plaquette_require(Boost_CONTEXT_FOUND libboost-context-dev)

file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*.cu)
set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX
                                                  COMPILE_OPTIONS -Wno-unknown-pragmas)
add_library(plaquette_simt STATIC ${kernels} simt/executor.cpp)
target_include_directories(plaquette_simt PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests
                                                 ${PROJECT_SOURCE_DIR}/include
                                                 ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(plaquette_simt PUBLIC PLAQUETTE_SIMT)
target_link_libraries(plaquette_simt PUBLIC plaquette_options Boost::context)

file(GLOB sources CONFIGURE_DEPENDS simt/*_test.cpp)
add_executable(test_simt ${sources})
# The oracle and the CPU backend are what the kernels are compared with.
target_link_libraries(test_simt PRIVATE plaquette_simt plaquette_test_support GTest::gtest_main)
plaquette_test_sources(test_simt)

# The sources that the toolkit's own replace on a device.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cuda/*.cpp)
list(FILTER sources EXCLUDE REGEX "/(blas|cholesky|device|device_memory)\\.cpp$")
file(GLOB suite CONFIGURE_DEPENDS simt/simulated/*.cpp)
add_executable(test_simulated $<TARGET_OBJECTS:parity_suite> ${suite} ${sources}
                              ${PROJECT_SOURCE_DIR}/src/backend/registry.cpp
                              simt/simulated_device.cpp)
target_compile_definitions(test_simulated PRIVATE PLAQUETTE_HAVE_CUDA)
target_link_libraries(test_simulated PRIVATE plaquette_simt plaquette_test_support plaquette_io
                                             GTest::gtest_main)

plaquette_discover_tests(test_simt simt * 1)
# What is slow here is left to a few cases; the CPU's half of the suite runs in test_parity. Its
# threads are no matter of the device.
string(JOIN ":" slow "*ThreadsDoNotMatter*" "*Paper*" "*Larger*" "*Determinism*t5*" "*Determinism*decoupled*"
       "*Determinism*full*" "*LocalEnergies*square2*" "*LocalEnergies*_b1_*" "*SignRule*" "*square10*t5*"
       "*square10*decoupled*" "*square10*full*" "*SymmetryParity*square6*" "*SymmetryParity*full*")
plaquette_discover_tests(test_simulated simulated "*cuda_*-${slow}" 1 COST 10)
