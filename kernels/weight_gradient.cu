#include "kernels/weight_gradient.h"

#include "kernels/warp.cuh"

/// Kernel: a block makes a 32×32 tile of xᵀ dy of one sample for both parts, which share x. The sum
/// over tokens is short (n = 25), so writing the result costs more than the arithmetic: lanes run
/// along `out`, and every row of a tile is one coalesced write. Rows of x and dy pass through
/// shared memory 16 tokens at a time; a thread keeps 8 rows × 2 parts of the tile in registers.
/// Bias: a thread owns a column and sums its tokens.

namespace plaquette::cuda {
namespace {

constexpr int kTile = 32;
constexpr int kWarps = 4;
constexpr int kRows = kTile / kWarps;  // of a thread
constexpr int kDepth = 16;             // tokens of a piece
constexpr int kThreads = 128;

/// Whether any element of the tile lies in the block's columns: the tile's rows, from its first
/// element to its last, are a stretch of the flat array.
template <class Out>
__device__ bool wants_tile(const GradientBlock<Out>& block, std::size_t offset, int first_row,
                           int first_column, int in, int out) {
  const int last_row = first_row + kTile < in ? first_row + kTile - 1 : in - 1;
  const int end_column = first_column + kTile < out ? first_column + kTile : out;
  const std::size_t begin = static_cast<std::size_t>(first_row) * out + first_column;
  const std::size_t end = static_cast<std::size_t>(last_row) * out + end_column;
  return block.wants(offset + begin, end - begin);
}

template <class Real, class Out>
__global__ void __launch_bounds__(kTile* kWarps)
    kernel_gradient_kernel(GradientBlock<Out> block, std::size_t offset, const Real* x,
                           const Real* dy, std::size_t batch, int tokens, int in, int out) {
  __shared__ __align__(16) Real x_piece[kDepth][kTile];
  __shared__ __align__(16) Real dy_piece[2][kDepth][kTile];
  const int lane = static_cast<int>(threadIdx.x);
  const int warp = static_cast<int>(threadIdx.y);
  const std::size_t sample = blockIdx.x;
  const int first_row = static_cast<int>(blockIdx.y) * kTile;
  const int first_column = static_cast<int>(blockIdx.z) * kTile;
  if (!wants_tile(block, offset, first_row, first_column, in, out)) return;
  const bool has_row = first_row + lane < in;
  const bool has_column = first_column + lane < out;
  Real sum[2][kRows] = {};
  for (int first = 0; first < tokens; first += kDepth) {
    const int depth = tokens - first < kDepth ? tokens - first : kDepth;
    for (int t = warp; t < depth; t += kWarps) {
      const std::size_t row = sample * tokens + first + t;
      const std::size_t imaginary = (batch + sample) * tokens + first + t;
      x_piece[t][lane] = has_row ? x[row * in + first_row + lane] : Real(0);
      dy_piece[0][t][lane] = has_column ? dy[row * out + first_column + lane] : Real(0);
      dy_piece[1][t][lane] = has_column ? dy[imaginary * out + first_column + lane] : Real(0);
    }
    __syncthreads();
    for (int t = 0; t < depth; ++t) {
      const Real real = dy_piece[0][t][lane];
      const Real imaginary = dy_piece[1][t][lane];
#pragma unroll
      for (int k = 0; k < kRows; ++k) {
        const Real value = x_piece[t][warp * kRows + k];
        sum[0][k] += value * real;
        sum[1][k] += value * imaginary;
      }
    }
    __syncthreads();
  }
  if (!has_column) return;
#pragma unroll
  for (int k = 0; k < kRows; ++k) {
    const int row = first_row + warp * kRows + k;
    if (row >= in) continue;
    const std::size_t column = offset + static_cast<std::size_t>(row) * out + first_column + lane;
    block.store(0, sample, column, static_cast<Out>(sum[0][k]));
    block.store(1, sample, column, static_cast<Out>(sum[1][k]));
  }
}

template <class Real, class Out>
__global__ void bias_gradient_kernel(GradientBlock<Out> block, std::size_t offset, const Real* dy,
                                     std::size_t batch, int tokens, int out) {
  const std::size_t columns = static_cast<std::size_t>(out);
  const std::size_t element = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::size_t index = element / columns;  // part·B + sample
  if (index >= 2 * batch) return;
  const std::size_t c = element % columns;
  Real sum = 0;
  for (int t = 0; t < tokens; ++t) sum += dy[(index * tokens + t) * columns + c];
  block.store(index / batch, index % batch, offset + c, static_cast<Out>(sum));
}

}  // namespace

template <class Real, class Out>
void dense_gradient(const GradientBlock<Out>& block, DenseOffsets offsets,
                    TensorView<const Real, 3> x, TensorView<const Real, 3> dy,
                    cudaStream_t stream) {
  const std::size_t batch = x.extent(0), in = x.extent(2), out = dy.extent(2);
  require_shape("dy", dy, {2 * batch, x.extent(1), out});
  require_room(block, batch);
  if (block.wants(offsets.kernel, in * out)) {
    const dim3 grid(blocks_for(batch, 1), blocks_for(in, kTile, kMostBlocksAcross),
                    blocks_for(out, kTile, kMostBlocksAcross));
    launch(kernel_gradient_kernel<Real, Out>, {grid, dim3(kTile, kWarps), 0, stream}, block,
           offsets.kernel, x.data(), dy.data(), batch, x.extent(1), in, out);
  }
  if (block.wants(offsets.bias, out)) {
    launch(bias_gradient_kernel<Real, Out>,
           {blocks_for(dy.extent(0) * out, kThreads), kThreads, 0, stream}, block, offsets.bias,
           dy.data(), batch, x.extent(1), out);
  }
}

#define PLAQUETTE_INSTANTIATE(Real, Out)                                                           \
  template void dense_gradient(const GradientBlock<Out>&, DenseOffsets, TensorView<const Real, 3>, \
                               TensorView<const Real, 3>, cudaStream_t);
PLAQUETTE_INSTANTIATE(float, float)
PLAQUETTE_INSTANTIATE(double, double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
