#pragma once

#include <cstddef>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/gradient_block.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cuda {

/// Per-sample gradients of y = x·kernel + bias: xᵀ dy and Σ dy over the T rows of each sample
/// (T = n tokens, or 1 in the head), of both parts, to columns [offsets.kernel, +in·out) and
/// [offsets.bias, +out). x is shared by the parts.
/// B samples. FLOPs: 4 B T in·out. Bytes: B T (in + 2 out) reals read (in tiles of 32, from cache),
/// 2 B in·out numbers written, which is what bounds it for T below about 40.
template <class Real, class Out>
void dense_gradient(const GradientBlock<Out>& block, DenseOffsets offsets,
                    TensorView<const Real, 3> x,   // (B, T, in)
                    TensorView<const Real, 3> dy,  // (2B, T, out)
                    cudaStream_t stream);

}  // namespace plaquette::cuda
