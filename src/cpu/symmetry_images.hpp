#pragma once

#include "network/projection.hpp"

namespace plaquette::cpu {

/// Images of configurations and what a projection does with them: the CPU's side of
/// network/projection.hpp. Instantiated for float and double.
template <class Real>
class SymmetryImages {
 public:
  explicit SymmetryImages(SymmetryArrays arrays) : arrays_(std::move(arrays)) {}

  /// Images [first, first + count) of the configurations.
  void make(TensorView<std::uint64_t, 2> images,                // (count, words)
            TensorView<const std::uint64_t, 2> configurations,  // (B, words)
            std::size_t first) const;
  /// combine_images of every configuration.
  void combine(ComplexPair<double>* log_psi,                   // (B)
               TensorView<ComplexPair<double>, 2> amplitudes,  // (B, G)
               double cancelled) const;
  /// Adds Σ_g share_g ∂ log ψ(g s) over images [first, first + count) to the rows of their
  /// configurations; a configuration's row starts at its image 0.
  void add_gradients(const GradientBlock<Real>& block,
                     TensorView<const Real, 2> images,                 // (2 count, columns)
                     TensorView<const ComplexPair<double>, 2> shares,  // (B, G)
                     std::size_t first) const;

 private:
  SymmetryArrays arrays_;
};

}  // namespace plaquette::cpu
