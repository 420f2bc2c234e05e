#include "cuda/device.hpp"

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"

namespace plaquette::cuda {
namespace {

constexpr int kOldestMajor = 8;  // sm_80: the oldest that the kernels are compiled for

std::string version(int number) { return concat(number / 1000, '.', number % 1000 / 10); }

}  // namespace

DeviceStatus device_status() {
  int count = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&count); status != cudaSuccess) {
    cudaGetLastError();
    return {false, concat("no usable GPU: ", cudaGetErrorString(status))};
  }
  if (count == 0) return {false, "no usable GPU: the driver sees none"};
  int device = 0;
  cudaDeviceProp properties{};
  int driver = 0;
  PLAQUETTE_CUDA(cudaGetDevice(&device));
  PLAQUETTE_CUDA(cudaGetDeviceProperties(&properties, device));
  PLAQUETTE_CUDA(cudaDriverGetVersion(&driver));
  const std::string name =
      concat(properties.name, " (sm_", properties.major, properties.minor, ')');
  if (properties.major < kOldestMajor) {
    return {false, concat("no usable GPU: ", name, " is older than sm_", kOldestMajor, "0")};
  }
  return {true, concat(name, ", ", properties.totalGlobalMem >> 20, " MiB, ",
                       properties.multiProcessorCount, " SMs, driver for CUDA ", version(driver),
                       ", built with CUDA ", version(CUDART_VERSION))};
}

std::size_t free_device_memory() {
  std::size_t free = 0;
  std::size_t total = 0;
  PLAQUETTE_CUDA(cudaMemGetInfo(&free, &total));
  return free;
}

}  // namespace plaquette::cuda
