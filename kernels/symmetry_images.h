#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette::cuda {

/// Projection by symmetry: ψ_sym(s) = Σ_g χ_g ψ(g s), and what that does to log ψ and to its
/// derivatives. Image s·G + g is that of configuration s under operation g.

/// The operations, in device memory: (g s)_i = ± s_{permutation[g, i]}, minus where flip[g].
struct SymmetryTable {
  TensorView<const std::int32_t, 2> permutation;  // (G, N)
  const std::int32_t* flip;                       // (G)
  const ComplexPair<double>* character;           // (G)

  std::size_t operations() const { return permutation.extent(0); }
};

/// Images [first, first + B) of the configurations. One thread a word; N bits gathered from cache.
void symmetry_images(TensorView<std::uint64_t, 2> images,                // (B, words)
                     TensorView<const std::uint64_t, 2> configurations,  // (S, words)
                     const SymmetryTable& symmetry, std::size_t first, cudaStream_t stream);

/// plaquette::combine_images of every configuration: log ψ_sym, and the shares χ_g ψ(g s)/ψ_sym(s)
/// in place of log ψ(g s). One thread a configuration:
/// G is at most a few hundred and the bytes, 32 S G, are few beside the network's.
void combine_images(ComplexPair<double>* log_psi,                   // (S)
                    TensorView<ComplexPair<double>, 2> amplitudes,  // (S, G)
                    const SymmetryTable& symmetry, double cancelled, cudaStream_t stream);

/// Adds Σ_g share_g ∂ log ψ(g s) over images [first, first + B) to the rows of their
/// configurations; a configuration's row starts at its image 0. `images` holds real and imaginary
/// derivatives, rows e and B + e of `columns` numbers for image first + e. One thread a column of a
/// configuration, in the order of images. Bytes: 2 B columns reals read.
template <class Real>
void add_image_gradients(const GradientBlock<Real>& block,
                         TensorView<const Real, 2> images,                 // (2B, columns)
                         TensorView<const ComplexPair<double>, 2> shares,  // (S, G)
                         std::size_t first, cudaStream_t stream);

}  // namespace plaquette::cuda
