#include "cuda/device_memory.hpp"

#include <cuda_runtime_api.h>

#include "kernels/cuda_error.hpp"
#include "plaquette/base/errors.hpp"

namespace plaquette::cuda {

void* allocate_device_memory(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // out of memory leaves nothing broken: later calls must not report it
    throw CapacityError(concat("the device has no ", bytes,
                               " bytes left in one piece, although the plan counted on them; free "
                               "memory on it, or lower --memory-limit"));
  }
  PLAQUETTE_CUDA(status);
  return memory;
}

void release_device_memory(void* memory) noexcept { cudaFree(memory); }

void copy_to_device(void* to, const void* from, std::size_t bytes, cudaStream_t stream) {
  PLAQUETTE_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream));
  // Callers pass temporaries, and nothing promises that pageable memory has been read by now.
  PLAQUETTE_CUDA(cudaStreamSynchronize(stream));
}

void copy_to_host(void* to, const void* from, std::size_t bytes, cudaStream_t stream) {
  PLAQUETTE_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream));
  PLAQUETTE_CUDA(cudaStreamSynchronize(stream));
}

void copy_on_device(void* to, const void* from, std::size_t bytes, cudaStream_t stream) {
  PLAQUETTE_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream));
}

void fill_with_zeros(void* memory, std::size_t bytes, cudaStream_t stream) {
  PLAQUETTE_CUDA(cudaMemsetAsync(memory, 0, bytes, stream));
}

Stream::Stream() { PLAQUETTE_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }

Stream::~Stream() { cudaStreamDestroy(stream_); }

void Stream::synchronize() const { PLAQUETTE_CUDA(cudaStreamSynchronize(stream_)); }

}  // namespace plaquette::cuda
