#pragma once

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cuda {

/// What stands around matrix products. R rows, w channels.

/// out = bias in every row: a product that accumulates then needs no bias of its own.
/// Bytes: R w reals.
template <class Real>
void broadcast_bias(TensorView<Real, 2> out,  // (R, w)
                    const Real* bias,         // (w)
                    cudaStream_t stream);

/// x += bias in every row. Bytes: 2 R w reals.
template <class Real>
void add_bias(TensorView<Real, 2> x,  // (R, w)
              const Real* bias,       // (w)
              cudaStream_t stream);

/// x += y. Bytes: 3 R w reals.
template <class Real>
void add_residual(TensorView<Real, 2> x,        // (R, w)
                  TensorView<const Real, 2> y,  // (R, w)
                  cudaStream_t stream);

}  // namespace plaquette::cuda
