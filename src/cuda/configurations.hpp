#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cuda/device_memory.hpp"
#include "network/wave_function.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette::cuda {

/// Packed configurations in device memory.
class Configurations {
 public:
  Configurations(int sites, std::size_t count)
      : sites_(sites),
        count_(count),
        words_(static_cast<std::size_t>(words_for(sites))),
        data_(count * words_) {}

  static std::size_t bytes(int sites, std::size_t count) {
    return count * static_cast<std::size_t>(words_for(sites)) * sizeof(std::uint64_t);
  }

  std::size_t count() const { return count_; }
  std::size_t words() const { return words_; }
  std::uint64_t* data() { return data_.data(); }
  TensorView<std::uint64_t, 2> view() {
    return TensorView<std::uint64_t, 2>(data_.data(), count_, words_);
  }
  /// Configurations [begin, begin + size).
  TensorView<const std::uint64_t, 2> rows(std::size_t begin, std::size_t size) const {
    return TensorView<const std::uint64_t, 2>(data_.data() + begin * words_, size, words_);
  }
  TensorView<const std::uint64_t, 2> all() const { return rows(0, count_); }

  /// The first `size` of them from the host's configurations [begin, begin + size).
  void upload(const ConfigurationBatch& states, std::size_t begin, std::size_t size,
              cudaStream_t stream) {
    data_.upload({states[begin], size * words_}, stream);
  }
  ConfigurationBatch download(cudaStream_t stream) const {
    ConfigurationBatch states(sites_, count_);
    data_.download({states[0], count_ * words_}, stream);
    return states;
  }

 private:
  int sites_;
  std::size_t count_;
  std::size_t words_;
  DeviceBuffer<std::uint64_t> data_;
};

/// log ψ of any number of configurations, window by window.
inline void evaluate(const WaveFunction& psi, ComplexPair<double>* out,
                     TensorView<const std::uint64_t, 2> configurations, Workspace& workspace) {
  const std::size_t words = configurations.extent(1);
  for (std::size_t begin = 0; begin < configurations.extent(0); begin += psi.window()) {
    const std::size_t size = std::min(psi.window(), configurations.extent(0) - begin);
    psi.log_psi(
        out + begin,
        TensorView<const std::uint64_t, 2>(configurations.data() + begin * words, size, words),
        workspace);
  }
}

}  // namespace plaquette::cuda
