# One interface target carries the flags that every target of the project compiles with.
add_library(plaquette_options INTERFACE)
target_compile_options(plaquette_options INTERFACE -Wall -Wextra -Wpedantic
                                                   -march=${PLAQUETTE_CPU_ARCH})
# No -ffast-math: results must be reproducible, and a NaN must stay one. These two only drop errno
# and trap semantics that nobody uses and that keep loops from being vectorised.
target_compile_options(plaquette_options INTERFACE -fno-math-errno -fno-trapping-math)
if(PLAQUETTE_CPU_ARCH MATCHES "native|x86-64-v4")
  # GCC's tuning for older cores halves the vector width by default.
  target_compile_options(plaquette_options INTERFACE -mprefer-vector-width=512)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(plaquette_options INTERFACE -Wno-unknown-warning-option)
endif()
# GCC 12 raises false alarms in its own AVX-512 intrinsics, which Eigen uses (GCC bug 105593), and
# in std::string (105651), the more where headers are precompiled. The sanitizers look at bounds.
target_compile_options(plaquette_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(plaquette_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow
                                                     -Wno-stringop-overread)
endif()
if(PLAQUETTE_WARNINGS_AS_ERRORS)
  target_compile_options(plaquette_options INTERFACE -Werror)
endif()
if(PLAQUETTE_SANITIZE)
  target_compile_options(plaquette_options INTERFACE -fsanitize=${PLAQUETTE_SANITIZE} -g1)
  target_link_options(plaquette_options INTERFACE -fsanitize=${PLAQUETTE_SANITIZE})
  if(PLAQUETTE_SANITIZE MATCHES undefined)
    target_compile_options(plaquette_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
