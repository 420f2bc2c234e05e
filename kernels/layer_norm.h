#pragma once

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette::cuda {

/// LayerNorm's ε.
inline constexpr double kNormEpsilon = 1e-6;

/// out = scale·(x − mean)/√(variance + ε) + bias over d. Where a backward pass follows,
/// `normalised` and `inverse_std` keep what it needs; both null otherwise. x may be out. R rows
/// (tokens of stacked samples), d channels. FLOPs: about 8 R d. Bytes: 2 R d reals, 3 R d with
/// `normalised`.
template <class Real>
void layer_norm(TensorView<Real, 2> out,      // (R, d)
                TensorView<const Real, 2> x,  // (R, d)
                const Real* scale,            // (d)
                const Real* bias,             // (d)
                Real* normalised,             // (R, d) or null
                Real* inverse_std,            // (R) or null
                cudaStream_t stream);

/// dx = derivative of layer_norm, or dx += it, for every cotangent of one forward pass: Q is a
/// multiple of R, row q of dy belongs to row q mod R of the forward pass (2R: real part, then
/// imaginary part). dy may be dx if nothing is accumulated.
/// FLOPs: about 9 Q d. Bytes: 3 Q d reals, 4 Q d when accumulating.
template <class Real>
void layer_norm_backward(TensorView<Real, 2> dx,                // (Q, d)
                         TensorView<const Real, 2> dy,          // (Q, d)
                         TensorView<const Real, 2> normalised,  // (R, d)
                         const Real* inverse_std,               // (R)
                         const Real* scale,                     // (d)
                         Accumulate accumulate, cudaStream_t stream);

/// Per-sample gradients of scale and bias, Σ dy x̂ and Σ dy over the T rows of each sample (T = n
/// tokens, or 1 in the head), of both parts, to columns [scale_offset, +d) and [bias_offset, +d).
/// FLOPs: 6 B T d. Bytes: 3 B T d reals read, 4 B d numbers written.
template <class Real, class Out>
void norm_gradient(const GradientBlock<Out>& block, std::size_t scale_offset,
                   std::size_t bias_offset, TensorView<const Real, 3> normalised,  // (B, T, d)
                   TensorView<const Real, 3> dy,                                   // (2B, T, d)
                   cudaStream_t stream);

}  // namespace plaquette::cuda
