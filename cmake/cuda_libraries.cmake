# Where the CUDA toolkit's nvcc and libraries are. FindCUDAToolkit looks for development links
# (libcublas.so) in one folder; a toolkit may come without them, with libcublas.so.13 alone, and the
# nvidia-* Python packages keep each library in a folder of its own. What is found here goes into
# the cache variables that FindCUDAToolkit then takes; never from another toolkit on the PATH.
# plaquette_cuda_missing says what stands in the way of a CUDA backend; it is empty where nothing
# does.

set(plaquette_cuda_missing)

# Sets `out` to the folders of an installation that may hold `kind` (lib or include): the toolkit's
# own, and those of Python packages, beside nvcc's or known to the Python interpreter.
function(plaquette_cuda_folders out top kind)
  set(roots ${top} ${top}/targets/x86_64-linux)
  find_program(PLAQUETTE_PYTHON_PACKAGES_OF NAMES python3)
  mark_as_advanced(PLAQUETTE_PYTHON_PACKAGES_OF)
  set(packages)
  if(PLAQUETTE_PYTHON_PACKAGES_OF)
    execute_process(
      COMMAND ${PLAQUETTE_PYTHON_PACKAGES_OF} -c "import nvidia; print(*nvidia.__path__, sep=';')"
      OUTPUT_VARIABLE packages OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  get_filename_component(parent ${top} DIRECTORY)
  if(parent MATCHES "/nvidia$")
    list(PREPEND packages ${parent})
  endif()
  foreach(package ${packages})
    file(GLOB found LIST_DIRECTORIES true ${package}/*)
    list(APPEND roots ${found})
  endforeach()
  set(folders)
  foreach(root ${roots})
    foreach(folder ${root}/${kind} ${root}/${kind}64)
      if(IS_DIRECTORY ${folder})
        list(APPEND folders ${folder})
      endif()
    endforeach()
  endforeach()
  set(${out} ${folders} PARENT_SCOPE)
endfunction()

# Sets `variable` to lib`name`.so, or lib`name`.so.`version` where there is no such link.
macro(plaquette_find_cuda_library variable name version)
  find_library(${variable} NAMES ${name} lib${name}.so.${version} NAMES_PER_DIR NO_SYSTEM_ENVIRONMENT_PATH
               HINTS ${library_folders})
  if(NOT ${variable})
    list(JOIN library_folders ", " searched)
    list(APPEND plaquette_cuda_missing
         "no lib${name}.so and no lib${name}.so.${version} in ${searched} (${PLAQUETTE_NVCC})")
  endif()
endmacro()

# Sets `variable` to the folder of a header.
macro(plaquette_find_cuda_header variable header)
  find_path(${variable} ${header} NO_SYSTEM_ENVIRONMENT_PATH HINTS ${include_folders})
  mark_as_advanced(${variable})
  if(NOT ${variable})
    list(JOIN include_folders ", " searched)
    list(APPEND plaquette_cuda_missing "no ${header} in ${searched} (${PLAQUETTE_NVCC})")
  endif()
endmacro()

get_filename_component(compiler_folder "${CMAKE_CUDA_COMPILER}" DIRECTORY)
get_filename_component(environment_folder "$ENV{CUDACXX}" DIRECTORY)
find_program(PLAQUETTE_NVCC nvcc
             HINTS ${compiler_folder} ${environment_folder} ${CUDAToolkit_ROOT}/bin
                   $ENV{CUDAToolkit_ROOT}/bin $ENV{CUDA_PATH}/bin
             PATHS /usr/local/cuda/bin)
set(version)
if(PLAQUETTE_NVCC AND NOT CMAKE_DISABLE_FIND_PACKAGE_CUDAToolkit)
  execute_process(COMMAND ${PLAQUETTE_NVCC} --version OUTPUT_VARIABLE version ERROR_QUIET)
  string(REGEX MATCH "release ([0-9]+)" version "${version}")
  set(version "${CMAKE_MATCH_1}")
endif()
if(NOT version OR version LESS 12)
  set(plaquette_cuda_missing
      "no nvcc from version 12 on: put it on the PATH, or set CUDACXX to it")
  return()
endif()

# A wrapper script may stand anywhere: nvcc itself says where its toolkit is.
execute_process(COMMAND ${PLAQUETTE_NVCC} -v __where ERROR_VARIABLE top OUTPUT_QUIET)
if(top MATCHES "TOP=([^\r\n]*)")
  get_filename_component(top "${CMAKE_MATCH_1}" ABSOLUTE)
else()
  get_filename_component(top "${PLAQUETTE_NVCC}/../.." ABSOLUTE)
endif()
plaquette_cuda_folders(library_folders ${top} lib)
plaquette_cuda_folders(include_folders ${top} include)
math(EXPR cusolver_version "${version} - 1")
plaquette_find_cuda_library(CUDA_CUDART cudart ${version})
plaquette_find_cuda_library(CUDA_cublas_LIBRARY cublas ${version})
plaquette_find_cuda_library(CUDA_cublasLt_LIBRARY cublasLt ${version})
plaquette_find_cuda_library(CUDA_cusparse_LIBRARY cusparse 12)
plaquette_find_cuda_library(CUDA_cusolver_LIBRARY cusolver ${cusolver_version})
plaquette_find_cuda_header(PLAQUETTE_CUBLAS_INCLUDE cublas_v2.h)
plaquette_find_cuda_header(PLAQUETTE_CUSOLVER_INCLUDE cusolverDn.h)
plaquette_find_cuda_header(CUDAToolkit_nvtx3_INCLUDE_DIR nvtx3/nvToolsExt.h)
if(plaquette_cuda_missing)
  list(JOIN plaquette_cuda_missing "; " plaquette_cuda_missing)
  return()
endif()

if(NOT DEFINED CUDAToolkit_ROOT)
  set(CUDAToolkit_ROOT ${top})
endif()
find_package(CUDAToolkit 12 QUIET)
if(NOT CUDAToolkit_FOUND)
  set(plaquette_cuda_missing
      "CMake finds no whole toolkit of ${PLAQUETTE_NVCC} in ${top}: no cuda_runtime.h")
  return()
endif()
target_include_directories(CUDA::cublas SYSTEM INTERFACE ${PLAQUETTE_CUBLAS_INCLUDE})
target_include_directories(CUDA::cusolver SYSTEM INTERFACE ${PLAQUETTE_CUSOLVER_INCLUDE})
