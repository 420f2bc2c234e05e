#pragma once

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cuda {

/// out = gelu(x + bias). `biased` receives x + bias where a backward pass follows; null otherwise.
/// out may be x if `biased` is null; biased may be x.
/// R rows, w channels. Bytes: 2 R w reals, 3 R w with `biased`. About 12 FLOPs and one exponential
/// an element.
template <class Real>
void bias_gelu(TensorView<Real, 2> out,      // (R, w)
               TensorView<const Real, 2> x,  // (R, w)
               const Real* bias,             // (w)
               Real* biased,                 // (R, w) or null
               cudaStream_t stream);

/// dy *= gelu'(x), in place, for every cotangent of one forward pass: Q is a multiple of R, row q
/// of dy belongs to row q mod R of x. Bytes: 3 Q w reals.
template <class Real>
void gelu_backward(TensorView<Real, 2> dy,       // (Q, w)
                   TensorView<const Real, 2> x,  // (R, w)   before GELU, bias added
                   cudaStream_t stream);

}  // namespace plaquette::cuda
