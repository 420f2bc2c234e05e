#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/workspace.hpp"

namespace plaquette::cpu {

/// Which derivative: of Re log ψ or of Im log ψ. The encoder is real, so both are needed.
enum class Part : std::size_t { real = 0, imag = 1 };

/// Receives ∂ log ψ/∂θ of a batch, tensor by tensor, sample by sample, in the precision that the
/// wave function computes in.
class GradientSink {
 public:
  virtual ~GradientSink() = default;
  /// False spares the backward pass the work for these parameters.
  virtual bool wants(IndexRange parameters) const = 0;
  /// values[k] is the derivative of `part` of sample `sample` by parameter offset + k.
  virtual void take(Part part, std::size_t sample, std::size_t offset,
                    std::span<const float> values) = 0;
  virtual void take(Part part, std::size_t sample, std::size_t offset,
                    std::span<const double> values) = 0;
};

/// log ψ and its derivatives on one thread: small batches in, numbers out. `const` methods may run
/// on many threads at once, each with its own workspace.
class WaveFunction {
 public:
  virtual ~WaveFunction() = default;

  /// theta (P) in the order of ParameterTable.
  virtual void set_parameters(std::span<const double> theta) = 0;
  /// Configurations per call that keep the caches warm and the matrix products large. It depends
  /// on the shape alone: work is cut into these pieces whatever the machine.
  virtual std::size_t micro_batch() const = 0;
  virtual std::size_t log_psi_workspace() const = 0;   ///< bytes
  virtual std::size_t gradient_workspace() const = 0;  ///< bytes
  virtual std::size_t parameter_bytes() const = 0;

  /// log ψ of `out.size()` ≤ micro_batch() packed configurations.
  virtual void log_psi(const std::uint64_t* configurations, std::span<std::complex<double>> out,
                       Workspace& workspace) const = 0;
  /// Derivatives of `batch` ≤ micro_batch() configurations, handed to `sink`.
  virtual void gradients(const std::uint64_t* configurations, std::size_t batch, GradientSink& sink,
                         Workspace& workspace) const = 0;
  /// Softmax of every layer and head: out (batch, layers, h, n_i, n_j). Needs gradient_workspace().
  virtual void softmax_weights(const std::uint64_t* configurations, std::size_t batch,
                               std::span<double> out, Workspace& workspace) const = 0;
};

std::unique_ptr<WaveFunction> make_wave_function(const NetworkShape& shape, Precision precision);

}  // namespace plaquette::cpu
