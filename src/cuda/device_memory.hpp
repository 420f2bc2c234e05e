#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/stream.h"

namespace plaquette::cuda {

/// Memory and queues of the device. The functions below are all that the backend asks of the CUDA
/// runtime: device_memory.cpp makes them from it, tests/simt from host memory. Each throws
/// CudaError, or CapacityError where memory is short.

void* allocate_device_memory(std::size_t bytes);
void release_device_memory(void* memory) noexcept;

/// The host's side may change as soon as this returns.
void copy_to_device(void* to, const void* from, std::size_t bytes, cudaStream_t stream);
/// Waits until the bytes are there.
void copy_to_host(void* to, const void* from, std::size_t bytes, cudaStream_t stream);
void copy_on_device(void* to, const void* from, std::size_t bytes, cudaStream_t stream);
void fill_with_zeros(void* memory, std::size_t bytes, cudaStream_t stream);

/// Owns a queue of work on the device.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const { return stream_; }
  /// Waits for everything queued so far, and throws the error of any of it.
  void synchronize() const;

 private:
  cudaStream_t stream_ = nullptr;
};

/// Owns `size` uninitialised elements of device memory. Move-only.
template <class T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(allocate_device_memory(size * sizeof(T)))),
        size_(size) {}
  /// Holds a copy of `values`.
  DeviceBuffer(const std::vector<T>& values, cudaStream_t stream) : DeviceBuffer(values.size()) {
    upload(values, stream);
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

  /// The first values.size() elements.
  void upload(std::span<const T> values, cudaStream_t stream) {
    if (!values.empty()) copy_to_device(data(), values.data(), values.size_bytes(), stream);
  }
  void download(std::span<T> values, cudaStream_t stream) const {
    if (!values.empty()) copy_to_host(values.data(), data(), values.size_bytes(), stream);
  }
  void zero(cudaStream_t stream) { fill_with_zeros(data(), size_ * sizeof(T), stream); }

 private:
  struct Release {
    void operator()(T* data) const noexcept { release_device_memory(data); }
  };
  std::unique_ptr<T[], Release> data_;
  std::size_t size_ = 0;
};

}  // namespace plaquette::cuda
