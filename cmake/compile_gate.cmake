# Compiles every kernel for the oldest and the newest device we support and fails where registers
# spill. Needs nvcc, no GPU; without nvcc there is no such test.

find_program(PLAQUETTE_NVCC nvcc HINTS /usr/local/cuda/bin)
find_package(Python3 QUIET COMPONENTS Interpreter)
if(PLAQUETTE_NVCC AND Python3_FOUND)
  add_test(NAME compile_gate
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tools/check_spills.py
            --nvcc ${PLAQUETTE_NVCC} --architectures 80,90a)
  set_tests_properties(compile_gate PROPERTIES LABELS compile_gate TIMEOUT 900)
endif()
