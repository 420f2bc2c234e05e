#pragma once

#include <bit>
#include <cmath>
#include <type_traits>

#include "simt/executor.hpp"

/// The names of CUDA C++ that kernels use, for the host compiler.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
/// The executor poisons the program's thread-local storage at the start of each block, so nothing
/// else in a test program may be thread-local.
#define __shared__ static thread_local

#define threadIdx (::plaquette::simt::this_thread().thread)
#define blockIdx (::plaquette::simt::this_thread().block)
#define blockDim (::plaquette::simt::this_thread().block_extent)
#define gridDim (::plaquette::simt::this_thread().grid_extent)

inline void __syncthreads(plaquette::simt::Site site = plaquette::simt::Site::current()) {
  plaquette::simt::block_barrier(site);
}

inline void __syncwarp(unsigned mask = 0xffffffffu,
                       plaquette::simt::Site site = plaquette::simt::Site::current()) {
  plaquette::simt::warp_barrier(mask, site);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source,
              plaquette::simt::Site site = plaquette::simt::Site::current()) {
  return plaquette::simt::shuffle(mask, value, static_cast<unsigned>(source) % 32, site);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes,
                  plaquette::simt::Site site = plaquette::simt::Site::current()) {
  return plaquette::simt::shuffle(mask, value,
                                  plaquette::simt::lane() ^ static_cast<unsigned>(lanes), site);
}

inline unsigned __ballot_sync(unsigned mask, bool predicate,
                              plaquette::simt::Site site = plaquette::simt::Site::current()) {
  return plaquette::simt::ballot(mask, predicate, site);
}

inline int __popc(unsigned bits) { return std::popcount(bits); }

/// Integers only: a sum of floating-point numbers would depend on the order of threads.
template <class T>
T atomicAdd(T* address, T value) {
  static_assert(std::is_integral_v<T>);
  const T old = *address;
  *address = old + value;
  return old;
}
