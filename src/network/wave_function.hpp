#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette {

/// log ψ of batches: the seam between how a state is evaluated (layer by layer, in one kernel, as a
/// projection of another state) and what wants its amplitudes. Pointers and views are into the
/// backend's memory, as the workspace is. `const` methods may run on many threads at once, each
/// with a workspace of its own.
class WaveFunction {
 public:
  WaveFunction() = default;
  WaveFunction(const WaveFunction&) = delete;
  WaveFunction& operator=(const WaveFunction&) = delete;
  virtual ~WaveFunction() = default;

  /// The most configurations of one call. It depends on the shape alone, so that the cut of a batch
  /// never depends on the machine.
  virtual std::size_t window() const = 0;
  /// Evaluates B ≤ window() packed configurations; on a device, queues the evaluation.
  virtual void log_psi(ComplexPair<double>* out,                           // (B)
                       TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                       Workspace& workspace) const = 0;
};

/// A wave function with derivatives by its parameters, in the precision that it computes in.
template <class Real>
class Differentiable : public WaveFunction {
 public:
  /// The most configurations of one call of `gradients`.
  virtual std::size_t gradient_window() const = 0;
  /// ∂ log ψ/∂θ of B ≤ gradient_window() configurations into their rows of `block`.
  virtual void gradients(const GradientBlock<Real>& block,
                         TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                         Workspace& workspace) const = 0;
};

static_assert(sizeof(std::complex<double>) == sizeof(ComplexPair<double>));

/// The same numbers by the name that host and device share.
inline ComplexPair<double>* as_pairs(std::complex<double>* numbers) {
  return reinterpret_cast<ComplexPair<double>*>(numbers);
}

}  // namespace plaquette
