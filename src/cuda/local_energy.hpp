#pragma once

#include <complex>
#include <cstdint>
#include <span>

#include "cuda/configurations.hpp"
#include "kernels/connected_states.h"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cuda {

/// Local energies over truly connected states, `capacity` samples at a time: count them, scan,
/// list, evaluate the list in full windows, reduce.
class LocalEnergy {
 public:
  /// window: that of the wave function that will be evaluated.
  LocalEnergy(const Hamiltonian& hamiltonian, std::size_t capacity, std::size_t window,
              const Stream& stream, Interruption interruption);
  static std::size_t device_bytes(const Hamiltonian& hamiltonian, std::size_t capacity,
                                  std::size_t window);

  std::size_t capacity() const { return capacity_; }
  /// Amplitudes of at most `capacity` configurations to the host.
  void log_psi(const WaveFunction& psi, std::span<std::complex<double>> out,
               TensorView<const std::uint64_t, 2> configurations, Workspace& workspace);
  /// Energies of at most `capacity` samples to the host. Returns the networks evaluated.
  /// Throws Interrupted between windows.
  std::uint64_t evaluate(const WaveFunction& psi, std::span<std::complex<double>> out,
                         TensorView<const std::uint64_t, 2> samples, Workspace& workspace);

 private:
  std::size_t capacity_;
  cudaStream_t stream_;
  Interruption interruption_;
  DeviceBuffer<Bond> bonds_;
  DeviceBuffer<std::uint32_t> offsets_;  // (capacity + 1)
  DeviceBuffer<std::byte> scan_scratch_;
  DeviceBuffer<ConnectedState> list_;            // (capacity · bonds)
  DeviceBuffer<ComplexPair<double>> connected_;  // (capacity · bonds) log ψ of the list
  DeviceBuffer<ComplexPair<double>> log_psi_;    // (capacity)
  DeviceBuffer<ComplexPair<double>> energies_;   // (capacity)
  Configurations window_;                        // states of one window
};

}  // namespace plaquette::cuda
