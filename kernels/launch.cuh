#pragma once

#include <cstddef>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/cuda_error.hpp"
#include "kernels/stream.h"
#include "kernels/view_shapes.h"
#include "plaquette/base/errors.hpp"

#if defined(PLAQUETTE_SIMT)
#include "simt/cuda_names.hpp"
#else
#include <cuda_runtime.h>
#endif

namespace plaquette::cuda {

/// How many threads a kernel runs on, on which stream, and who launches it.
struct LaunchShape {
  LaunchShape(dim3 grid_, dim3 block_, std::size_t shared_bytes_, cudaStream_t stream_,
              std::source_location where_ = std::source_location::current())
      : grid(grid_), block(block_), shared_bytes(shared_bytes_), stream(stream_), where(where_) {}

  dim3 grid;                 ///< blocks; none of them: nothing is launched
  dim3 block;                ///< threads
  std::size_t shared_bytes;  ///< dynamic shared memory of a block
  cudaStream_t stream;
  std::source_location where;
};

/// Blocks that a grid may have along x, and along y or z.
inline constexpr unsigned kMostBlocks = 0x7fffffff;
inline constexpr unsigned kMostBlocksAcross = 65535;

/// ⌈count / per_block⌉, for LaunchShape::grid. Throws std::logic_error beyond `most`.
inline unsigned blocks_for(std::size_t count, std::size_t per_block, unsigned most = kMostBlocks) {
  const std::size_t blocks = count / per_block + (count % per_block != 0 ? 1 : 0);
  PLAQUETTE_REQUIRE(blocks <= most, count, " elements, ", per_block, " a block, at most ", most,
                    " blocks");
  return static_cast<unsigned>(blocks);
}

/// `argument` as a kernel takes it. Throws std::logic_error where an integer does not fit.
template <class Parameter, class Argument>
Parameter kernel_argument(const Argument& argument, const std::source_location& launcher) {
  if constexpr (std::is_integral_v<Parameter> && std::is_integral_v<Argument> &&
                !std::is_same_v<Parameter, Argument>) {
    PLAQUETTE_REQUIRE(std::in_range<Parameter>(argument), argument, " in ",
                      launcher.function_name());
  }
  return static_cast<Parameter>(argument);
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

/// Runs `kernel` on shape.stream. Throws CudaError, which names the launcher, if it cannot start,
/// and std::logic_error where an argument does not fit the kernel's parameter.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape,
            const Arguments&... arguments) {
  const std::tuple<Parameters...> fitted{kernel_argument<Parameters>(arguments, shape.where)...};
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
#if defined(PLAQUETTE_SIMT)
  simt::run_grid({shape.grid, shape.block, shape.shared_bytes},
                 [&] { std::apply(kernel, fitted); });
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
  const auto start = [&](const Parameters&... parameters) {
    return cudaLaunchKernelEx(&config, kernel, parameters...);
  };
  check(std::apply(start, fitted), launcher, shape.where.file_name(), line);
#endif
}

}  // namespace plaquette::cuda
