#include "cuda/kernel_image.hpp"

#include <cuda_runtime.h>

namespace plaquette::cuda {
namespace {

/// Stands for all kernels: they are compiled for the same devices.
__global__ void any_kernel() {}

}  // namespace

std::optional<std::string> why_kernels_do_not_run() {
  cudaError_t status = cudaFree(nullptr);
  if (status == cudaSuccess) {
    cudaFuncAttributes attributes{};
    status = cudaFuncGetAttributes(&attributes, any_kernel);
  }
  if (status == cudaSuccess) return std::nullopt;
  cudaGetLastError();
  return cudaGetErrorString(status);
}

}  // namespace plaquette::cuda
