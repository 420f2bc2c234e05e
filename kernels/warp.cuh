#pragma once

#include "kernels/launch.cuh"

namespace plaquette::cuda {

/// Threads that run in step and exchange registers.
inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

/// Σ over the lanes of a warp, the same bits in every lane. All 32 lanes must call.
template <class Real>
__device__ Real warp_sum(Real value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, distance);
  }
  return value;
}

/// The largest value of a warp, in every lane. All 32 lanes must call.
template <class Real>
__device__ Real warp_max(Real value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    const Real other = __shfl_xor_sync(kAllLanes, value, distance);
    value = other > value ? other : value;
  }
  return value;
}

/// A warp's row and this thread's lane, for kernels that give every row of a batch to one warp:
/// blocks are (kWarp, rows per block).
struct WarpRow {
  std::size_t row;
  int lane;
  __device__ static WarpRow mine() {
    return {static_cast<std::size_t>(blockIdx.x) * blockDim.y + threadIdx.y,
            static_cast<int>(threadIdx.x)};
  }
};

}  // namespace plaquette::cuda
