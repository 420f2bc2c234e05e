# What prepares and checks a machine with a GPU, where there is none. Include it from tests/.
find_package(Python3 QUIET COMPONENTS Interpreter)
add_test(NAME cuda_search COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/tools/cuda_search.py
                                  ${CMAKE_COMMAND} ${PROJECT_SOURCE_DIR})
add_test(NAME compile_gate_finds_changes COMMAND Python3::Interpreter
         ${CMAKE_CURRENT_SOURCE_DIR}/tools/check_spills_test.py ${PROJECT_SOURCE_DIR})
set_tests_properties(cuda_search compile_gate_finds_changes PROPERTIES LABELS device_tools)
find_program(PLAQUETTE_NVIDIA_SMI nvidia-smi)
if(NOT PLAQUETTE_NVIDIA_SMI)
  add_test(NAME gpu_check_without_gpu COMMAND ${PROJECT_SOURCE_DIR}/scripts/gpu-check)
  set_tests_properties(gpu_check_without_gpu PROPERTIES LABELS device_tools
    PASS_REGULAR_EXPRESSION "^gpu-check: nvidia-smi finds no GPU here\n$")
  # A bundle of this build, unpacked elsewhere, with a device that refuses.
  if(PLAQUETTE_HAVE_CUDA)
    add_test(NAME gpu_bundle COMMAND Python3::Interpreter
             ${CMAKE_CURRENT_SOURCE_DIR}/tools/gpu_bundle_rehearsal.py
             ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    set_tests_properties(gpu_bundle PROPERTIES LABELS device_tools TIMEOUT 300)
  endif()
endif()
