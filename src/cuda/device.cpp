#include "cuda/device.hpp"

#include <cuda_runtime_api.h>

#include "cuda/kernel_image.hpp"
#include "kernels/cuda_error.hpp"

namespace plaquette::cuda {
namespace {

constexpr int kOldestMajor = 8;  // sm_80: the oldest that the kernels are compiled for

std::string version(int number) { return concat(number / 1000, '.', number % 1000 / 10); }

}  // namespace

DeviceStatus device_status() {
  const auto unusable = [](cudaError_t status) {
    cudaGetLastError();
    return DeviceStatus{false, concat("no usable GPU: ", cudaGetErrorString(status))};
  };
  int count = 0;
  int device = 0;
  int driver = 0;
  cudaDeviceProp properties{};
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count == 0) status = cudaErrorNoDevice;
  if (status == cudaSuccess) status = cudaGetDevice(&device);
  if (status == cudaSuccess) status = cudaGetDeviceProperties(&properties, device);
  if (status == cudaSuccess) status = cudaDriverGetVersion(&driver);
  if (status != cudaSuccess) return unusable(status);
  const std::string name =
      concat(properties.name, " (sm_", properties.major, properties.minor, ')');
  if (properties.major < kOldestMajor) {
    return {false, concat("no usable GPU: ", name, " is older than sm_", kOldestMajor, "0")};
  }
  if (const auto reason = why_kernels_do_not_run()) {
    return {false, concat("no usable GPU: ", name, ": ", *reason)};
  }
  const std::string more =
      count > 1 ? concat(", device ", device, " of ", count, " (CUDA_VISIBLE_DEVICES chooses)")
                : "";
  return {true, concat(name, ", ", properties.totalGlobalMem >> 20, " MiB, ",
                       properties.multiProcessorCount, " SMs, driver for CUDA ", version(driver),
                       ", built with CUDA ", version(CUDART_VERSION), more)};
}

std::size_t free_device_memory() {
  std::size_t free = 0;
  std::size_t total = 0;
  PLAQUETTE_CUDA(cudaMemGetInfo(&free, &total));
  return free;
}

}  // namespace plaquette::cuda
