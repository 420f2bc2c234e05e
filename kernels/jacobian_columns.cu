#include "kernels/jacobian_columns.h"

#include <cstdint>

#include "kernels/warp.cuh"

/// Means: a block owns 32 columns of one part, lanes along columns so that every row is a coalesced
/// read; its 16 warps share the rows, and their sums are added in order. Centring then touches
/// every element once. Both are bound by memory.

namespace plaquette::cuda {
namespace {

constexpr int kRowWarps = 16;
constexpr int kRowsPerBlock = 8;

template <class Real>
__global__ void column_means_kernel(double* mean, const Real* entries, std::size_t row_stride,
                                    const double* weights, std::size_t samples,
                                    std::size_t columns) {
  __shared__ double sums[kRowWarps][kWarp];
  const std::size_t c = static_cast<std::size_t>(blockIdx.x) * kWarp + threadIdx.x;
  const std::size_t part = blockIdx.y;
  double sum = 0;
  if (c < columns) {
    for (std::size_t k = threadIdx.y; k < samples; k += kRowWarps) {
      sum += weights[k] * static_cast<double>(entries[(part * samples + k) * row_stride + c]);
    }
  }
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || c >= columns) return;
  double total = 0;
  for (int w = 0; w < kRowWarps; ++w) total += sums[w][threadIdx.x];
  mean[part * columns + c] = total;
}

template <class Real>
__global__ void centre_columns_kernel(double* out, const Real* entries, std::size_t row_stride,
                                      const double* mean, std::size_t mean_stride,
                                      const double* weights, const double* column_scale,
                                      std::size_t samples, std::size_t columns) {
  const std::size_t row = static_cast<std::size_t>(blockIdx.x) * kRowsPerBlock + threadIdx.y;
  if (row >= 2 * samples) return;
  const double root = std::sqrt(weights[row % samples]);
  const double* part_mean = mean + row / samples * mean_stride;
  for (std::size_t c = threadIdx.x; c < columns; c += kWarp) {
    const double scale = column_scale == nullptr ? 1.0 : column_scale[c];
    const auto entry = static_cast<double>(entries[row * row_stride + c]);
    out[row * columns + c] = root * (entry - part_mean[c]) * scale;
  }
}

}  // namespace

template <class Real>
void column_means(TensorView<double, 2> mean, const Real* entries, std::size_t row_stride,
                  const double* weights, std::size_t samples, cudaStream_t stream) {
  const std::size_t columns = mean.extent(1);
  require_shape("mean", mean, {2, columns});
  require_at_most("columns", columns, row_stride);
  launch(column_means_kernel<Real>,
         {dim3(blocks_for(columns, kWarp), 2), dim3(kWarp, kRowWarps), 0, stream}, mean.data(),
         entries, row_stride, weights, samples, columns);
}

template <class Real>
void centre_columns(TensorView<double, 2> out, const Real* entries, std::size_t row_stride,
                    const double* mean, std::size_t mean_stride, const double* weights,
                    const double* column_scale, cudaStream_t stream) {
  const std::size_t rows = out.extent(0);
  require_multiple("rows of out", rows, 2);
  require_at_most("columns of entries", out.extent(1), row_stride);
  require_at_most("columns of mean", out.extent(1), mean_stride);
  launch(centre_columns_kernel<Real>,
         {blocks_for(rows, kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream}, out.data(),
         entries, row_stride, mean, mean_stride, weights, column_scale, rows / 2, out.extent(1));
}

#define PLAQUETTE_INSTANTIATE(Real)                                                            \
  template void column_means(TensorView<double, 2>, const Real*, std::size_t, const double*,   \
                             std::size_t, cudaStream_t);                                       \
  template void centre_columns(TensorView<double, 2>, const Real*, std::size_t, const double*, \
                               std::size_t, const double*, const double*, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
