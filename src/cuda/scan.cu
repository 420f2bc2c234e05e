#include "cuda/scan.hpp"

#include <cub/device/device_scan.cuh>

#include "kernels/cuda_error.hpp"

namespace plaquette::cuda {

std::size_t exclusive_scan_bytes(std::size_t count) {
  std::size_t bytes = 0;
  std::uint32_t* none = nullptr;
  PLAQUETTE_CUDA(cub::DeviceScan::ExclusiveSum(nullptr, bytes, none, none, count));
  return bytes;
}

void exclusive_scan(std::uint32_t* numbers, std::size_t count, void* scratch,
                    std::size_t scratch_bytes, cudaStream_t stream) {
  PLAQUETTE_CUDA(
      cub::DeviceScan::ExclusiveSum(scratch, scratch_bytes, numbers, numbers, count, stream));
}

}  // namespace plaquette::cuda
