#pragma once

#include "network/network_layout.hpp"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cpu {

/// Layer norms that a backward pass follows, one thread a call; without one, product_kernels.hpp
/// has it. R rows (tokens of a batch, one after the other), d channels. Instantiated for float and
/// double.

/// LayerNorm's ε.
inline constexpr double kNormEpsilon = 1e-6;

/// out = scale·(x − mean)/√(variance + ε) + bias over d; `normalised` (R, d) and `inverse_std` (R)
/// keep what the backward pass needs. x may be out.
template <class Real>
void layer_norm(TensorView<Real, 2> out,      // (R, d)
                TensorView<const Real, 2> x,  // (R, d)
                const Real* scale,            // (d)
                const Real* bias,             // (d)
                Real* normalised, Real* inverse_std);

/// dx (+)= derivative of layer_norm, for one of the cotangents of the same forward pass.
template <class Real>
void layer_norm_backward(TensorView<Real, 2> dx,                // (R, d)
                         TensorView<const Real, 2> dy,          // (R, d)
                         TensorView<const Real, 2> normalised,  // (R, d)
                         const Real* inverse_std,               // (R)
                         const Real* scale,                     // (d)
                         Accumulate accumulate);

}  // namespace plaquette::cpu
