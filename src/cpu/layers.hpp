#pragma once

#include "network/network_layout.hpp"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cpu {

/// The network's operations on rows, one thread each. R rows (tokens of a batch, one after the
/// other), d channels. Instantiated for float and double.

/// out = x·kernel + bias, or out += x·kernel + bias.
template <class Real>
void dense(TensorView<Real, 2> out,           // (R, out)
           TensorView<const Real, 2> x,       // (R, in)
           TensorView<const Real, 2> kernel,  // (in, out)
           const Real* bias,                  // (out)
           Accumulate accumulate = Accumulate::no);

/// out = x·kernel, where what follows adds the bias.
template <class Real>
void dense_without_bias(TensorView<Real, 2> out,            // (R, out)
                        TensorView<const Real, 2> x,        // (R, in)
                        TensorView<const Real, 2> kernel);  // (in, out)

/// LayerNorm's ε.
inline constexpr double kNormEpsilon = 1e-6;

/// out = scale·(x − mean)/√(variance + ε) + bias over d. Where a backward pass follows,
/// `normalised` (R, d) and `inverse_std` (R) keep what it needs; null otherwise. x may be out.
template <class Real>
void layer_norm(TensorView<Real, 2> out,      // (R, d)
                TensorView<const Real, 2> x,  // (R, d)
                const Real* scale,            // (d)
                const Real* bias,             // (d)
                Real* normalised = nullptr, Real* inverse_std = nullptr);

/// dx (+)= derivative of layer_norm, for one of the cotangents of the same forward pass.
template <class Real>
void layer_norm_backward(TensorView<Real, 2> dx,                // (R, d)
                         TensorView<const Real, 2> dy,          // (R, d)
                         TensorView<const Real, 2> normalised,  // (R, d)
                         const Real* inverse_std,               // (R)
                         const Real* scale,                     // (d)
                         Accumulate accumulate);

/// out = gelu(x + bias); `x` is left holding x + bias.
template <class Real>
void bias_gelu(TensorView<Real, 2> out,  // (R, hidden)
               TensorView<Real, 2> x,    // (R, hidden)
               const Real* bias);        // (hidden)

/// dy *= gelu'(x).
template <class Real>
void gelu_backward(TensorView<Real, 2> dy,        // (R, hidden)
                   TensorView<const Real, 2> x);  // (R, hidden)

}  // namespace plaquette::cpu
