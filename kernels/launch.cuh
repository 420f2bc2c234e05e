#pragma once

#include <cstddef>
#include <source_location>
#include <string>

#include "kernels/cuda_error.hpp"
#include "kernels/stream.h"
#include "plaquette/base/errors.hpp"

#if defined(PLAQUETTE_SIMT)
#include "simt/cuda_names.hpp"
#else
#include <cuda_runtime.h>
#endif

namespace plaquette::cuda {

/// How many threads a kernel runs on, and who launches it.
struct LaunchShape {
  dim3 grid;                     ///< blocks; none of them: nothing is launched
  dim3 block;                    ///< threads
  std::size_t shared_bytes = 0;  ///< dynamic shared memory of a block
  cudaStream_t stream = nullptr;
  std::source_location where = std::source_location::current();
};

/// ⌈count / per_block⌉, for LaunchShape::grid.
inline unsigned blocks_for(std::size_t count, std::size_t per_block) {
  const std::size_t blocks = (count + per_block - 1) / per_block;
  PLAQUETTE_REQUIRE(blocks <= 0x7fffffffu, count, " elements, ", per_block, " a block");
  return static_cast<unsigned>(blocks);
}

/// The block's dynamic shared memory.
template <class T>
__device__ T* dynamic_shared() {
#if defined(PLAQUETTE_SIMT)
  return reinterpret_cast<T*>(simt::dynamic_shared_memory());
#else
  extern __shared__ __align__(16) unsigned char plaquette_dynamic_shared[];
  return reinterpret_cast<T*>(plaquette_dynamic_shared);
#endif
}

/// Bytes of shared memory that a block may ask for on the current device.
inline std::size_t shared_memory_limit() {
#if defined(PLAQUETTE_SIMT)
  return simt::kSharedMemoryLimit;
#else
  int device = 0;
  int bytes = 0;
  PLAQUETTE_CUDA(cudaGetDevice(&device));
  PLAQUETTE_CUDA(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  return static_cast<std::size_t>(bytes);
#endif
}

/// `bytes` of a block's shared memory, if the device offers as many. Throws CapacityError that says
/// what needs them and what to change.
inline std::size_t affordable_shared_bytes(std::size_t bytes, const std::string& what,
                                           const char* advice) {
  const std::size_t limit = shared_memory_limit();
  if (bytes > limit) {
    throw CapacityError(concat(what, " needs ", (bytes + 1023) / 1024,
                               " KiB of shared memory, the device offers ", limit / 1024, " KiB; ",
                               advice));
  }
  return bytes;
}

/// Runs `kernel` on shape.stream. Throws CudaError, which names the launcher, if it cannot start.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, Arguments&&... arguments) {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
#if defined(PLAQUETTE_SIMT)
  simt::run_grid({shape.grid, shape.block, shape.shared_bytes},
                 [&] { kernel(static_cast<Parameters>(arguments)...); });
#else
  const char* launcher = shape.where.function_name();
  const int line = static_cast<int>(shape.where.line());
  // What a kernel gets without asking.
  constexpr std::size_t kDefaultSharedBytes = 48 * 1024;
  if (shape.shared_bytes > kDefaultSharedBytes) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shape.shared_bytes)),
          launcher, shape.where.file_name(), line);
  }
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = shape.stream;
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), launcher,
        shape.where.file_name(), line);
#endif
}

}  // namespace plaquette::cuda
