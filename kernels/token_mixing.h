#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/position_map.h"
#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette::cuda {

/// Factored attention: out_i = Σ_j weights[head, index(i, j)] in_j for every channel of the head.
/// With `index` = PositionMap::forward this mixes values; with PositionMap::backward it carries
/// cotangents back (B is then twice the samples). out must not be in.
/// B samples, n tokens, d channels, h heads. FLOPs: 2 B n² d. Bytes: 2 B n d reals up to n = 32,
/// where a sample is read once.
template <class Real>
void mix_tokens(TensorView<Real, 3> out,                  // (B, n, d)
                TensorView<const Real, 3> in,             // (B, n, d)
                TensorView<const Real, 2> weights,        // (h, positions)
                TensorView<const std::int32_t, 2> index,  // (n, n)
                cudaStream_t stream);

/// Throws CapacityError unless the device offers the shared memory that
/// mix_tokens_position_gradient takes per block, a piece of two (n, r) operands; the launcher does.
void require_position_gradient_fits(std::size_t tokens, std::size_t bytes_per_real);

/// Per-sample gradient of the position table: Σ over the pairs (i, j) of a position and the
/// channels of the head of cotangent_i·value_j, of both parts, to columns [offset, +h·positions).
/// FLOPs: 4 B n² d. Bytes: 3 B n d reals read, 2 B h·positions numbers written.
template <class Real, class Out>
void mix_tokens_position_gradient(const GradientBlock<Out>& block, std::size_t offset,
                                  TensorView<const Real, 3> cotangent,  // (2B, n, d)
                                  TensorView<const Real, 3> value,      // (B, n, d)
                                  std::size_t heads, const PositionMap& map, cudaStream_t stream);

}  // namespace plaquette::cuda
