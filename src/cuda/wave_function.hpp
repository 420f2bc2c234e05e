#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/activations.hpp"

namespace plaquette::cuda {

/// log ψ of batches on the device. The seam between how a network is evaluated (layer by layer, or
/// in one kernel) and what wants its amplitudes.
class WaveFunction {
 public:
  virtual ~WaveFunction() = default;

  /// theta (P), host memory, in the order of ParameterTable.
  virtual void set_parameters(std::span<const double> theta) = 0;
  /// The most configurations of one call. It depends on the shape alone, so that the cut of a
  /// batch never depends on the memory at hand.
  virtual std::size_t window() const = 0;
  virtual std::size_t workspace_bytes(std::size_t batch) const = 0;
  virtual std::size_t parameter_bytes() const = 0;

  /// Queues the evaluation of B ≤ window() configurations.
  virtual void log_psi(ComplexPair<double>* out,                           // (B)
                       TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                       Workspace& workspace) const = 0;
};

}  // namespace plaquette::cuda
