# Libraries from the system; every failure names the Debian package.

function(plaquette_require variable package)
  if(NOT ${variable})
    message(FATAL_ERROR "missing library: install the Debian package ${package}, "
                        "or run scripts/dependencies")
  endif()
endfunction()

find_package(OpenMP COMPONENTS CXX)
plaquette_require(OpenMP_CXX_FOUND g++)
find_package(fmt QUIET)
plaquette_require(fmt_FOUND libfmt-dev)
find_package(nlohmann_json QUIET)
plaquette_require(nlohmann_json_FOUND nlohmann-json3-dev)
find_package(CLI11 QUIET)
plaquette_require(CLI11_FOUND libcli11-dev)
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h)
plaquette_require(TOMLPLUSPLUS_INCLUDE libtomlplusplus-dev)
find_package(Eigen3 QUIET)
plaquette_require(Eigen3_FOUND libeigen3-dev)
find_path(SPECTRA_INCLUDE Spectra/SymEigsSolver.h)
plaquette_require(SPECTRA_INCLUDE libspectra-dev)

# The OpenMP build of OpenBLAS runs each call on the thread that makes it inside our parallel
# regions.
find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-openmp x86_64-linux-gnu/openblas-openmp)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-openmp)
plaquette_require(OPENBLAS_INCLUDE libopenblas-openmp-dev)
plaquette_require(OPENBLAS_LIBRARY libopenblas-openmp-dev)
add_library(plaquette_openblas INTERFACE)
target_include_directories(plaquette_openblas SYSTEM INTERFACE ${OPENBLAS_INCLUDE})
target_link_libraries(plaquette_openblas INTERFACE ${OPENBLAS_LIBRARY})

find_path(HDF5_INCLUDE hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(HDF5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial)
plaquette_require(HDF5_INCLUDE libhdf5-dev)
plaquette_require(HDF5_LIBRARY libhdf5-dev)
add_library(plaquette_hdf5 INTERFACE)
target_include_directories(plaquette_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE})
target_link_libraries(plaquette_hdf5 INTERFACE ${HDF5_LIBRARY})
