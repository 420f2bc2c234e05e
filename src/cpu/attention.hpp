#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/product_kernels.hpp"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/position_lists.hpp"

namespace plaquette::cpu {

/// Factored attention: out_i = Σ_j α_ij ⊙ in_j, with the weight of a position given for every
/// channel (a head's weight repeated over its channels). With `index` = map.forward this mixes
/// values; with map.backward it carries cotangents back. FLOPs: 2 B n² d.
template <class Real>
void mix_tokens(TensorView<Real, 3> out,                  // (B, n, d)
                TensorView<const Real, 3> in,             // (B, n, d)
                TensorView<const Real, 2> weights,        // (positions, d)
                const std::vector<std::int32_t>& index);  // (n, n)

/// gradient of the position table of one sample: Σ over pairs (i, j) of that position and the
/// channels of the head of cotangent_i·value_j.
template <class Real>
void mix_tokens_position_gradient(TensorView<Real, 2> gradient,         // (h, positions)
                                  TensorView<const Real, 2> cotangent,  // (n, d)
                                  TensorView<const Real, 2> value,      // (n, d)
                                  const PositionLists& map, Workspace& workspace);

/// Row length of softmax weights: n padded so that vector loops need no remainder.
inline std::size_t padded_tokens(std::size_t tokens) {
  return (tokens + kSoftmaxStrip - 1) / kSoftmaxStrip * kSoftmaxStrip;
}

/// Reals of workspace that softmax_attention and its backward pass take, for heads of width r.
inline std::size_t softmax_attention_scratch(std::size_t r) { return 2 * r * kSoftmaxStrip; }
inline std::size_t softmax_attention_backward_scratch(std::size_t tokens, std::size_t r) {
  return (3 * r + 1 + tokens) * padded_tokens(tokens);
}

/// What softmax attention reads of one sample and one layer.
template <class Real>
struct SoftmaxOperands {
  TensorView<const Real, 2> query;     // (n, d)
  TensorView<const Real, 2> key;       // (n, d)
  TensorView<const Real, 2> value;     // (n, d)
  TensorView<const Real, 3> position;  // (h, n_j, padded n_i), zero-padded
};

/// Softmax attention of one sample. `softmax` keeps softmax_j, query i contiguous: the layout of
/// the position table. FLOPs: 4 n² d and n² h exponentials.
template <class Real>
void softmax_attention(TensorView<Real, 2> out,      // (n, d)
                       TensorView<Real, 3> softmax,  // (h, n_j, padded n_i)
                       const SoftmaxOperands<Real>& in, PositionRole role, Workspace& workspace);

/// Derivatives of softmax_attention for one cotangent.
template <class Real>
struct SoftmaxGradient {
  TensorView<Real, 2> query;     // (n, d)
  TensorView<Real, 2> key;       // (n, d)
  TensorView<Real, 2> value;     // (n, d)
  TensorView<Real, 2> position;  // (h, positions)
};
template <class Real>
void softmax_attention_backward(const SoftmaxGradient<Real>& gradient,
                                TensorView<const Real, 2> cotangent,  // (n, d)
                                TensorView<const Real, 3> softmax,    // (h, n_j, padded n_i)
                                const SoftmaxOperands<Real>& in, PositionRole role,
                                const PositionLists& map, Workspace& workspace);

}  // namespace plaquette::cpu
