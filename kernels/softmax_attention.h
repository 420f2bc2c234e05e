#pragma once

#include <cstddef>

#include "kernels/position_map.h"
#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/attention_cotangents.hpp"
#include "plaquette/model/gradient_block.hpp"
#include "plaquette/model/network_shape.hpp"

namespace plaquette::cuda {

/// Shared memory that either pass takes per block: a head's n×n weights and two (n, r) operands of
/// one sample, rows padded to odd lengths. A device offers 163 KiB (sm_80) or 227 KiB (sm_90): in
/// FP64 at r = 8 that is n ≤ 135 and n ≤ 161. Above, the launchers throw CapacityError.
inline std::size_t softmax_attention_shared_bytes(std::size_t tokens, std::size_t head_width,
                                                  std::size_t bytes_per_real) {
  return tokens * ((tokens | 1) + 2 * (head_width | 1)) * bytes_per_real;
}

/// Throws CapacityError unless the device offers as much: the launchers do, and whoever plans a
/// network asks before.
void require_softmax_attention_fits(std::size_t tokens, std::size_t head_width,
                                    std::size_t bytes_per_real);

/// out = Σ_j α_ij value_j per head, with α = softmax_j(q_i·k_j/√r + p_ij) (t5) or
/// softmax_j(q_i·k_j/√r) + p_ij (decoupled). `softmax` receives the softmax alone where a backward
/// pass, or an attention map, needs it; null otherwise.
/// B samples, n tokens, d channels, h heads, r = d/h. FLOPs: 4 B n² d and B n² h exponentials.
/// Bytes: 4 B n d reals, and B h n² with `softmax`.
/// Throws CapacityError if a head does not fit the device's shared memory.
template <class Real>
void softmax_attention(TensorView<Real, 3> out,             // (B, n, d)
                       Real* softmax,                       // (B, h, n, n) or null
                       TensorView<const Real, 3> query,     // (B, n, d)
                       TensorView<const Real, 3> key,       // (B, n, d)
                       TensorView<const Real, 3> value,     // (B, n, d)
                       TensorView<const Real, 2> position,  // (h, positions)
                       Attention kind, const PositionMap& map, cudaStream_t stream);

/// What softmax_attention was given and made.
template <class Real>
struct AttentionForward {
  TensorView<const Real, 4> softmax;   // (B, h, n, n)
  TensorView<const Real, 3> query;     // (B, n, d)
  TensorView<const Real, 3> key;       // (B, n, d)
  TensorView<const Real, 3> value;     // (B, n, d)
  TensorView<const Real, 2> position;  // (h, positions)
};

/// Derivatives of softmax_attention for both parts' cotangents, and the per-sample gradient of the
/// position table to columns [offset, +h·positions) of `block`.
/// FLOPs: 16 B n² d. Bytes: 14 B n d + 2 B h n² reals, 2 B h·positions numbers.
/// Throws as softmax_attention does.
template <class Real, class Out>
void softmax_attention_backward(const AttentionCotangents<Real>& out,
                                const GradientBlock<Out>& block, std::size_t offset,
                                TensorView<const Real, 3> cotangent,  // (2B, n, d)
                                const AttentionForward<Real>& forward, Attention kind,
                                const PositionMap& map, cudaStream_t stream);

}  // namespace plaquette::cuda
