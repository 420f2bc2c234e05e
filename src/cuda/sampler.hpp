#pragma once

#include <cstdint>

#include "cuda/configurations.hpp"
#include "kernels/exchange_moves.h"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cuda {

/// Markov chains that live on the device. All chains make move m together: propose, evaluate,
/// accept, without a word to the host until the last sweep is queued. A pair of equal spins is no
/// proposal, so a part of every batch (45 % near zero magnetisation) is evaluated for nothing;
/// letting chains run ahead of each other would save a quarter of the batches and cost a question
/// to the device after each.
class Sampler {
 public:
  Sampler(const Problem& problem, const Stream& stream, Interruption interruption);
  static std::size_t device_bytes(const Problem& problem);

  void set_states(const ConfigurationBatch& states);
  const Configurations& states() const { return states_; }
  /// The parameters have changed.
  void forget_amplitudes() { amplitudes_known_ = false; }

  /// As Backend::advance. Throws Interrupted between moves. Waits for the device once, at the end,
  /// to read the counts.
  SweepCounts advance(const WaveFunction& psi, std::uint64_t first_sweep, int sweeps,
                      Workspace& workspace);

 private:
  std::uint32_t sites_;
  std::uint64_t seed_;
  double power_;
  cudaStream_t stream_;
  Interruption interruption_;
  DeviceBuffer<SitePair> pairs_;
  Configurations states_;                      // (C)
  Configurations candidates_;                  // (C)
  DeviceBuffer<double> log_amplitude_;         // (C) Re log ψ of the states
  DeviceBuffer<double> u_;                     // (C)
  DeviceBuffer<std::uint8_t> valid_;           // (C)
  DeviceBuffer<std::uint64_t> next_move_;      // (C)
  DeviceBuffer<ComplexPair<double>> log_psi_;  // (C)
  DeviceBuffer<unsigned long long> accepted_;  // (1)
  bool amplitudes_known_ = false;
};

}  // namespace plaquette::cuda
