#include "kernels/token_mixing.h"

#include "kernels/warp.cuh"

/// Mixing: a block makes 32 channels of up to 32 tokens of 4 samples. Lanes run over channels, so
/// that a row of the input is one coalesced read and the position of a pair (i, j) is the same for
/// a whole warp; a weight is fetched once for all 4 samples. The input passes through shared memory
/// in pieces of 32 tokens, so any n works.
///
/// Position gradient: a block owns a head of one cotangent, a thread a position at a time, and
/// sums over that position's pairs in the order of the list. Channels pass through shared memory in
/// pieces of 8, in rows padded to an odd length against bank conflicts.

namespace plaquette::cuda {
namespace {

constexpr int kTile = 32;      // tokens of a piece, and of an output tile
constexpr int kSamples = 4;    // of a block
constexpr int kTokenRows = 8;  // threads along tokens
constexpr int kOutputs = kTile / kTokenRows;

template <class Real>
__global__ void __launch_bounds__(kWarp* kTokenRows)
    mix_tokens_kernel(Real* out, const Real* in, const Real* weights, const std::int32_t* index,
                      std::size_t batch, int n, int d, int head_width, int positions) {
  __shared__ Real piece[kSamples][kTile][kWarp];
  const int lane = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(threadIdx.y);
  const std::size_t first_sample = static_cast<std::size_t>(blockIdx.x) * kSamples;
  const int first_token = static_cast<int>(blockIdx.y) * kTile;
  const int c = static_cast<int>(blockIdx.z) * kWarp + lane;
  const bool has_channel = c < d;
  const Real* table =
      weights + (has_channel ? c / head_width : 0) * static_cast<std::size_t>(positions);
  const auto at = [&](std::size_t sample, int token) {
    return (sample * n + token) * static_cast<std::size_t>(d) + c;
  };
  Real sum[kOutputs][kSamples] = {};
  for (int first = 0; first < n; first += kTile) {
    const int count = n - first < kTile ? n - first : kTile;
    for (int s = 0; s < kSamples; ++s) {
      for (int t = row; t < count; t += kTokenRows) {
        const bool present = has_channel && first_sample + s < batch;
        piece[s][t][lane] = present ? in[at(first_sample + s, first + t)] : Real(0);
      }
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kOutputs; ++k) {
      const int i = first_token + row + k * kTokenRows;
      if (i >= n) continue;
      for (int t = 0; t < count; ++t) {
        const Real weight = table[index[static_cast<std::size_t>(i) * n + first + t]];
#pragma unroll
        for (int s = 0; s < kSamples; ++s) sum[k][s] += weight * piece[s][t][lane];
      }
    }
    __syncthreads();
  }
  if (!has_channel) return;
#pragma unroll
  for (int k = 0; k < kOutputs; ++k) {
    const int i = first_token + row + k * kTokenRows;
#pragma unroll
    for (int s = 0; s < kSamples; ++s) {
      if (i < n && first_sample + s < batch) out[at(first_sample + s, i)] = sum[k][s];
    }
  }
}

constexpr int kGradientThreads = 128;
constexpr int kChannels = 8;  // of a piece
constexpr int kStride = kChannels + 1;

template <class Real, class Out>
__global__ void position_gradient_kernel(GradientBlock<Out> block, std::size_t offset,
                                         const Real* cotangent, const Real* value,
                                         std::size_t batch, int d, int head_width,
                                         PositionMap map) {
  const int n = static_cast<int>(map.tokens);
  const int positions = static_cast<int>(map.positions);
  const int pairs = static_cast<int>(map.pairs_per_position);
  const std::size_t index = blockIdx.x;  // part·B + sample
  const std::size_t head = blockIdx.y;
  Real* left = dynamic_shared<Real>();  // (n, kStride)
  Real* right = left + n * kStride;     // (n, kStride)
  const std::size_t channel = head * head_width;
  const Real* cotangent_head = cotangent + index * n * static_cast<std::size_t>(d) + channel;
  const Real* value_head = value + (index % batch) * n * static_cast<std::size_t>(d) + channel;
  for (int first = 0; first < positions; first += kGradientThreads) {
    const int p = first + static_cast<int>(threadIdx.x);
    Real sum = 0;
    for (int from = 0; from < head_width; from += kChannels) {
      const int width = head_width - from < kChannels ? head_width - from : kChannels;
      __syncthreads();  // the last piece is no longer needed
      for (int k = static_cast<int>(threadIdx.x); k < n * width; k += kGradientThreads) {
        const std::size_t source = static_cast<std::size_t>(k / width) * d + from + k % width;
        left[k / width * kStride + k % width] = cotangent_head[source];
        right[k / width * kStride + k % width] = value_head[source];
      }
      __syncthreads();
      if (p >= positions) continue;
      for (int q = 0; q < pairs; ++q) {
        const std::size_t pair = static_cast<std::size_t>(p) * pairs + q;
        const Real* a = left + map.pair_i[pair] * kStride;
        const Real* b = right + map.pair_j[pair] * kStride;
        for (int c = 0; c < width; ++c) sum += a[c] * b[c];
      }
    }
    if (p < positions) {
      block.store(index / batch, index % batch, offset + head * positions + p,
                  static_cast<Out>(sum));
    }
  }
}

/// Shared memory of a block of the position gradient, if the device offers as much.
std::size_t gradient_shared_bytes(std::size_t tokens, std::size_t bytes_per_real) {
  return affordable_shared_bytes(2 * tokens * kStride * bytes_per_real,
                                 concat("the gradient of positions between ", tokens, " tokens"),
                                 "raise --patch, or take --precision fp32 or --backend cpu");
}

}  // namespace

void require_position_gradient_fits(std::size_t tokens, std::size_t bytes_per_real) {
  (void)gradient_shared_bytes(tokens, bytes_per_real);
}

template <class Real>
void mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> in,
                TensorView<const Real, 2> weights, TensorView<const std::int32_t, 2> index,
                cudaStream_t stream) {
  const std::size_t batch = in.extent(0), n = in.extent(1), d = in.extent(2);
  require_shape("out", out, {batch, n, d});
  require_shape("index", index, {n, n});
  require_multiple("d", d, weights.extent(0));
  const dim3 grid(blocks_for(batch, kSamples), blocks_for(n, kTile, kMostBlocksAcross),
                  blocks_for(d, kWarp, kMostBlocksAcross));
  launch(mix_tokens_kernel<Real>, {grid, dim3(kWarp, kTokenRows), 0, stream}, out.data(), in.data(),
         weights.data(), index.data(), batch, n, d, d / weights.extent(0), weights.extent(1));
}

template <class Real, class Out>
void mix_tokens_position_gradient(const GradientBlock<Out>& block, std::size_t offset,
                                  TensorView<const Real, 3> cotangent,
                                  TensorView<const Real, 3> value, std::size_t heads,
                                  const PositionMap& map, cudaStream_t stream) {
  const std::size_t batch = value.extent(0), n = map.tokens, d = value.extent(2);
  require_shape("value", value, {batch, n, d});
  require_shape("cotangent", cotangent, {2 * batch, n, d});
  require_multiple("d", d, heads);
  require_room(block, batch);
  if (!block.wants(offset, heads * map.positions)) return;
  const dim3 grid(blocks_for(2 * batch, 1), blocks_for(heads, 1, kMostBlocksAcross));
  launch(position_gradient_kernel<Real, Out>,
         {grid, kGradientThreads, gradient_shared_bytes(n, sizeof(Real)), stream}, block, offset,
         cotangent.data(), value.data(), batch, d, d / heads, map);
}

#define PLAQUETTE_INSTANTIATE(Real)                                                      \
  template void mix_tokens(TensorView<Real, 3>, TensorView<const Real, 3>,               \
                           TensorView<const Real, 2>, TensorView<const std::int32_t, 2>, \
                           cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

#define PLAQUETTE_INSTANTIATE(Real, Out)                                                           \
  template void mix_tokens_position_gradient(const GradientBlock<Out>&, std::size_t,               \
                                             TensorView<const Real, 3>, TensorView<const Real, 3>, \
                                             std::size_t, const PositionMap&, cudaStream_t);
PLAQUETTE_INSTANTIATE(float, float)
PLAQUETTE_INSTANTIATE(double, double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
