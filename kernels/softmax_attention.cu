#include "kernels/softmax_attention.h"

#include <cmath>

#include "kernels/warp.cuh"

/// A block owns one head of one sample: its n×n weights and the two operands of the product at hand
/// live in shared memory, in rows of odd length against bank conflicts. Products are far too small
/// for a library (25×25×6), so a thread makes one element at a time. Rows of the softmax are a
/// warp's. Nothing but the head's inputs and outputs touches global memory.

namespace plaquette::cuda {
namespace {

constexpr int kThreads = 128;

/// One head in shared memory, and this thread's share of the work on it.
template <class Real>
struct HeadTile {
  int n, r, d;
  int operand_stride;  // odd
  int weight_stride;   // odd
  Real* weights;       // (n, n)
  Real* left;          // (n, r)
  Real* right;         // (n, r)

  __device__ HeadTile(int n_, int r_, int d_)
      : n(n_), r(r_), d(d_), operand_stride(r_ | 1), weight_stride(n_ | 1) {
    weights = dynamic_shared<Real>();
    left = weights + n * weight_stride;
    right = left + n * operand_stride;
  }

  /// operand = scale·(this head's channels of n rows of d).
  __device__ void load(Real* operand, const Real* from, Real scale) const {
    for (int k = static_cast<int>(threadIdx.x); k < n * r; k += kThreads) {
      operand[k / r * operand_stride + k % r] =
          scale * from[static_cast<std::size_t>(k / r) * d + k % r];
    }
  }
  /// Calls work(i, j, left_i·right_j) for this thread's pairs.
  template <class Work>
  __device__ void for_each_pair(Work&& work) const {
    for (int k = static_cast<int>(threadIdx.x); k < n * n; k += kThreads) {
      const int i = k / n;
      const int j = k % n;
      Real product = 0;
      for (int c = 0; c < r; ++c) {
        product += left[i * operand_stride + c] * right[j * operand_stride + c];
      }
      work(i, j, product);
    }
  }
  /// Writes to (i, channel c) of `out` what element(i, c) gives.
  template <class Element>
  __device__ void store(Real* out, Element&& element) const {
    for (int k = static_cast<int>(threadIdx.x); k < n * r; k += kThreads) {
      out[static_cast<std::size_t>(k / r) * d + k % r] = element(k / r, k % r);
    }
  }
  __device__ Real& weight(int i, int j) const { return weights[i * weight_stride + j]; }
};

/// The place of one head's n×r numbers in (B, n, d), and of its n×n weights in (B, h, n, n).
__device__ std::size_t head_offset(std::size_t index, std::size_t head, int n, int r, int d) {
  return index * n * d + head * r;
}
__device__ std::size_t weight_offset(std::size_t sample, std::size_t head, std::size_t heads,
                                     int n) {
  return (sample * heads + head) * n * n;
}

template <class Real>
__global__ void __launch_bounds__(kThreads)
    softmax_attention_kernel(Real* out, Real* softmax, const Real* query, const Real* key,
                             const Real* value, const Real* position, PositionRole role,
                             PositionMap map, int d, int r) {
  const HeadTile<Real> tile(static_cast<int>(map.tokens), r, d);
  const int n = tile.n;
  const std::size_t at = head_offset(blockIdx.x, blockIdx.y, n, r, d);
  const Real* table = position + blockIdx.y * map.positions;
  tile.load(tile.left, query + at, Real(1) / std::sqrt(static_cast<Real>(r)));
  tile.load(tile.right, key + at, Real(1));
  __syncthreads();
  tile.for_each_pair([&](int i, int j, Real product) {
    tile.weight(i, j) =
        role == PositionRole::inside_softmax ? product + table[map.forward[i * n + j]] : product;
  });
  __syncthreads();
  tile.load(tile.right, value + at, Real(1));
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int i = static_cast<int>(threadIdx.x) / kWarp; i < n; i += kThreads / kWarp) {
    Real largest = static_cast<Real>(-INFINITY);
    for (int j = lane; j < n; j += kWarp) {
      largest = tile.weight(i, j) > largest ? tile.weight(i, j) : largest;
    }
    largest = warp_max(largest);
    Real sum = 0;
    for (int j = lane; j < n; j += kWarp) {
      tile.weight(i, j) = std::exp(tile.weight(i, j) - largest);
      sum += tile.weight(i, j);
    }
    const Real inverse = Real(1) / warp_sum(sum);
    for (int j = lane; j < n; j += kWarp) {
      const Real weight = tile.weight(i, j) * inverse;
      if (softmax != nullptr) {
        softmax[weight_offset(blockIdx.x, blockIdx.y, gridDim.y, n) + i * n + j] = weight;
      }
      tile.weight(i, j) =
          role == PositionRole::beside_softmax ? weight + table[map.forward[i * n + j]] : weight;
    }
  }
  __syncthreads();
  tile.store(out + at, [&](int i, int c) {
    Real sum = 0;
    for (int j = 0; j < n; ++j) sum += tile.weight(i, j) * tile.right[j * tile.operand_stride + c];
    return sum;
  });
}

/// Σ of the tile's weights over the pairs of every position, to the block's columns.
template <class Real, class Out>
__device__ void store_position_gradient(const HeadTile<Real>& tile, const GradientBlock<Out>& block,
                                        std::size_t offset, std::size_t index, std::size_t batch,
                                        const PositionMap& map) {
  if (!block.wants(offset, map.positions)) return;
  const int pairs = static_cast<int>(map.pairs_per_position);
  for (int p = static_cast<int>(threadIdx.x); p < static_cast<int>(map.positions); p += kThreads) {
    Real sum = 0;
    for (int q = 0; q < pairs; ++q) {
      const std::size_t pair = static_cast<std::size_t>(p) * pairs + q;
      sum += tile.weight(map.pair_i[pair], map.pair_j[pair]);
    }
    block.store(index / batch, index % batch, offset + p, static_cast<Out>(sum));
  }
}

/// Arrays of one backward pass; shapes in the header.
template <class Real>
struct BackwardArrays {
  Real *d_query, *d_key, *d_value;
  const Real *cotangent, *softmax, *query, *key, *value, *position;
};

template <class Real, class Out>
__global__ void __launch_bounds__(kThreads)
    softmax_attention_backward_kernel(BackwardArrays<Real> arrays, GradientBlock<Out> block,
                                      std::size_t offset, PositionRole role, PositionMap map,
                                      std::size_t batch, int d, int r) {
  const HeadTile<Real> tile(static_cast<int>(map.tokens), r, d);
  const int n = tile.n;
  const std::size_t index = blockIdx.x;  // part·B + sample
  const std::size_t head = blockIdx.y;
  const std::size_t from = head_offset(index % batch, head, n, r, d);
  const std::size_t to = head_offset(index, head, n, r, d);
  const Real* softmax = arrays.softmax + weight_offset(index % batch, head, gridDim.y, n);
  const Real* table = arrays.position + head * map.positions;
  const std::size_t column = offset + head * map.positions;
  const Real scale = Real(1) / std::sqrt(static_cast<Real>(r));

  // dα = dA·Vᵀ and dV = αᵀ·dA.
  tile.load(tile.left, arrays.cotangent + to, Real(1));
  tile.load(tile.right, arrays.value + from, Real(1));
  __syncthreads();
  tile.for_each_pair([&](int i, int j, Real product) { tile.weight(i, j) = product; });
  tile.store(arrays.d_value + to, [&](int j, int c) {
    Real sum = 0;
    for (int i = 0; i < n; ++i) {
      Real weight = softmax[i * n + j];
      if (role == PositionRole::beside_softmax) weight += table[map.forward[i * n + j]];
      sum += weight * tile.left[i * tile.operand_stride + c];
    }
    return sum;
  });
  __syncthreads();
  // The table takes its gradient where it was added: outside the softmax or inside.
  if (role == PositionRole::beside_softmax) {
    store_position_gradient(tile, block, column, index, batch, map);
    __syncthreads();
  }
  // Through the softmax, in place: dS_ij = α_ij (dα_ij − Σ_j α_ij dα_ij).
  tile.load(tile.left, arrays.query + from, scale);
  tile.load(tile.right, arrays.key + from, Real(1));
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int i = static_cast<int>(threadIdx.x) / kWarp; i < n; i += kThreads / kWarp) {
    Real sum = 0;
    for (int j = lane; j < n; j += kWarp) sum += softmax[i * n + j] * tile.weight(i, j);
    const Real projection = warp_sum(sum);
    for (int j = lane; j < n; j += kWarp) {
      tile.weight(i, j) = softmax[i * n + j] * (tile.weight(i, j) - projection);
    }
  }
  __syncthreads();
  if (role == PositionRole::inside_softmax)
    store_position_gradient(tile, block, column, index, batch, map);
  // `left` holds the scaled queries, so dK needs no scale of its own.
  tile.store(arrays.d_query + to, [&](int i, int c) {
    Real sum = 0;
    for (int j = 0; j < n; ++j) sum += tile.weight(i, j) * tile.right[j * tile.operand_stride + c];
    return scale * sum;
  });
  tile.store(arrays.d_key + to, [&](int j, int c) {
    Real sum = 0;
    for (int i = 0; i < n; ++i) sum += tile.weight(i, j) * tile.left[i * tile.operand_stride + c];
    return sum;
  });
}

/// Shared memory of a block, if the device offers as much.
std::size_t shared_bytes(std::size_t tokens, std::size_t head_width, std::size_t bytes_per_real) {
  return affordable_shared_bytes(
      softmax_attention_shared_bytes(tokens, head_width, bytes_per_real),
      concat("softmax attention over ", tokens, " tokens with heads of width ", head_width),
      "raise --patch, or take --attention factored, --precision fp32 or --backend cpu");
}

}  // namespace

void require_softmax_attention_fits(std::size_t tokens, std::size_t head_width,
                                    std::size_t bytes_per_real) {
  (void)shared_bytes(tokens, head_width, bytes_per_real);
}

template <class Real>
void softmax_attention(TensorView<Real, 3> out, Real* softmax, TensorView<const Real, 3> query,
                       TensorView<const Real, 3> key, TensorView<const Real, 3> value,
                       TensorView<const Real, 2> position, Attention kind, const PositionMap& map,
                       cudaStream_t stream) {
  const std::size_t batch = out.extent(0), d = out.extent(2), heads = position.extent(0);
  require_shape("out", out, {batch, map.tokens, d});
  require_shape("query", query, {batch, map.tokens, d});
  require_shape("key", key, {batch, map.tokens, d});
  require_shape("value", value, {batch, map.tokens, d});
  require_shape("position", position, {heads, map.positions});
  require_multiple("d", d, heads);
  const std::size_t r = d / heads;
  const dim3 grid(blocks_for(batch, 1), blocks_for(heads, 1, kMostBlocksAcross));
  launch(softmax_attention_kernel<Real>,
         {grid, kThreads, shared_bytes(map.tokens, r, sizeof(Real)), stream}, out.data(), softmax,
         query.data(), key.data(), value.data(), position.data(), traits_of(kind).positions, map, d,
         r);
}

template <class Real, class Out>
void softmax_attention_backward(const AttentionCotangents<Real>& out,
                                const GradientBlock<Out>& block, std::size_t offset,
                                TensorView<const Real, 3> cotangent,
                                const AttentionForward<Real>& forward, Attention kind,
                                const PositionMap& map, cudaStream_t stream) {
  const std::size_t batch = forward.query.extent(0), n = map.tokens, d = cotangent.extent(2);
  const std::size_t heads = forward.position.extent(0);
  require_shape("query", forward.query, {batch, n, d});
  require_shape("key", forward.key, {batch, n, d});
  require_shape("value", forward.value, {batch, n, d});
  require_shape("softmax", forward.softmax, {batch, heads, n, n});
  require_shape("position", forward.position, {heads, map.positions});
  require_shape("cotangent", cotangent, {2 * batch, n, d});
  require_shape("query's cotangent", out.query, {2 * batch, n, d});
  require_shape("key's cotangent", out.key, {2 * batch, n, d});
  require_shape("value's cotangent", out.value, {2 * batch, n, d});
  require_multiple("d", d, heads);
  require_room(block, batch);
  const dim3 grid(blocks_for(2 * batch, 1), blocks_for(heads, 1, kMostBlocksAcross));
  const BackwardArrays<Real> arrays{
      out.query.data(),   out.key.data(),         out.value.data(),
      cotangent.data(),   forward.softmax.data(), forward.query.data(),
      forward.key.data(), forward.value.data(),   forward.position.data()};
  launch(softmax_attention_backward_kernel<Real, Out>,
         {grid, kThreads, shared_bytes(map.tokens, d / heads, sizeof(Real)), stream}, arrays, block,
         offset, traits_of(kind).positions, map, batch, d, d / heads);
}

#define PLAQUETTE_INSTANTIATE(Real)                                                         \
  template void softmax_attention(TensorView<Real, 3>, Real*, TensorView<const Real, 3>,    \
                                  TensorView<const Real, 3>, TensorView<const Real, 3>,     \
                                  TensorView<const Real, 2>, Attention, const PositionMap&, \
                                  cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

#define PLAQUETTE_INSTANTIATE(Real, Out)                                                       \
  template void softmax_attention_backward(                                                    \
      const AttentionCotangents<Real>&, const GradientBlock<Out>&, std::size_t,                \
      TensorView<const Real, 3>, const AttentionForward<Real>&, Attention, const PositionMap&, \
      cudaStream_t);
PLAQUETTE_INSTANTIATE(float, float)
PLAQUETTE_INSTANTIATE(double, double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
