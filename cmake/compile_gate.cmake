# What ptxas gives every kernel, written down by the build itself beside its objects and compared
# with the committed table: spilled registers, more registers or less occupancy fail. Needs nvcc, no
# GPU; without a CUDA backend there is no such test. Include it from tests/.
if(PLAQUETTE_HAVE_CUDA)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  # -v makes ptxas talk; the launcher keeps what it says from the terminal.
  target_compile_options(plaquette_kernels PRIVATE -Xptxas=-v)
  set_property(TARGET plaquette_kernels PROPERTY RULE_LAUNCH_COMPILE
               "\"${PROJECT_SOURCE_DIR}/cmake/record_ptxas\" <OBJECT>")
  file(GLOB kernels ${PROJECT_SOURCE_DIR}/kernels/*.cu)
  set_source_files_properties(${kernels} TARGET_DIRECTORY plaquette_kernels PROPERTIES
    COMPILE_OPTIONS "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra;-Werror=all-warnings>")
  add_test(NAME compile_gate COMMAND Python3::Interpreter
           ${PROJECT_SOURCE_DIR}/tools/check_spills.py
           ${PROJECT_BINARY_DIR}/CMakeFiles/plaquette_kernels.dir/kernels
           --table ${CMAKE_CURRENT_SOURCE_DIR}/data/kernel_resources.txt)
  set_tests_properties(compile_gate PROPERTIES LABELS compile_gate)
endif()
