#include "kernels/jacobian_columns.h"

#include <cstdint>

#include "kernels/view_shapes.h"
#include "kernels/warp.cuh"

/// Sums over rows: a block owns 32 columns of one part, lanes along columns so that every row is a
/// coalesced read; its 16 warps share the rows, and their sums are added in order. Centring touches
/// every element once; a product with a vector gives each row to a warp. All are bound by memory.

namespace plaquette::cuda {
namespace {

constexpr int kRowWarps = 16;
constexpr int kRowsPerBlock = 8;

template <class Real>
__global__ void column_sums_kernel(double* sums, std::size_t sums_stride,
                                   JacobianEntries<Real> entries, const double* weights,
                                   std::size_t part_stride, bool accumulate) {
  __shared__ double partial[kRowWarps][kWarp];
  const std::size_t c = static_cast<std::size_t>(blockIdx.x) * kWarp + threadIdx.x;
  const std::size_t part = blockIdx.y;
  double sum = 0;
  if (c < entries.columns) {
    for (std::size_t k = threadIdx.y; k < entries.samples; k += kRowWarps) {
      sum += weights[part * part_stride + k] *
             static_cast<double>(entries.data[entries.row(part, k) * entries.stride + c]);
    }
  }
  partial[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || c >= entries.columns) return;
  double total = accumulate ? sums[part * sums_stride + c] : 0.0;
  for (int w = 0; w < kRowWarps; ++w) total += partial[w][threadIdx.x];
  sums[part * sums_stride + c] = total;
}

template <class Real>
__global__ void centre_columns_kernel(double* out, JacobianEntries<Real> entries,
                                      const double* mean, std::size_t mean_stride,
                                      const double* weights, const double* column_scale) {
  const std::size_t row = static_cast<std::size_t>(blockIdx.x) * kRowsPerBlock + threadIdx.y;
  if (row >= 2 * entries.samples) return;
  const std::size_t part = row / entries.samples;
  const std::size_t k = row % entries.samples;
  const double root = std::sqrt(weights[k]);
  const double* part_mean = mean + part * mean_stride;
  const Real* in = entries.data + entries.row(part, k) * entries.stride;
  for (std::size_t c = threadIdx.x; c < entries.columns; c += kWarp) {
    const double scale = column_scale == nullptr ? 1.0 : column_scale[c];
    out[row * entries.columns + c] = root * (static_cast<double>(in[c]) - part_mean[c]) * scale;
  }
}

template <class Real>
__global__ void row_products_kernel(double* rows, std::size_t row_stride,
                                    JacobianEntries<Real> entries, const double* y,
                                    std::size_t slice, bool accumulate) {
  const WarpRow mine = WarpRow::mine();
  if (mine.row >= 2 * entries.samples) return;
  const std::size_t part = mine.row / entries.samples;
  const std::size_t k = mine.row % entries.samples;
  const Real* in = entries.data + entries.row(part, k) * entries.stride;
  double* out = rows + part * row_stride + k;
  double total = accumulate ? *out : 0.0;
  for (std::size_t begin = 0; begin < entries.columns; begin += slice) {
    const std::size_t end = begin + slice < entries.columns ? begin + slice : entries.columns;
    double sum = 0;
    for (std::size_t c = begin + mine.lane; c < end; c += kWarp) {
      sum += static_cast<double>(in[c]) * y[c];
    }
    total += warp_sum(sum);
  }
  if (mine.lane == 0) *out = total;
}

}  // namespace

template <class Real>
void column_sums(double* sums, std::size_t sums_stride, const JacobianEntries<Real>& entries,
                 const double* weights, std::size_t part_stride, Accumulate accumulate,
                 cudaStream_t stream) {
  require_at_most("columns", entries.columns, entries.stride);
  require_at_most("columns of sums", entries.columns, sums_stride);
  launch(column_sums_kernel<Real>,
         {dim3(blocks_for(entries.columns, kWarp), 2), dim3(kWarp, kRowWarps), 0, stream}, sums,
         sums_stride, entries, weights, part_stride, accumulate == Accumulate::yes);
}

template <class Real>
void centre_columns(TensorView<double, 2> out, const JacobianEntries<Real>& entries,
                    const double* mean, std::size_t mean_stride, const double* weights,
                    const double* scale, cudaStream_t stream) {
  require_shape("out", out, {2 * entries.samples, entries.columns});
  require_at_most("columns of entries", entries.columns, entries.stride);
  require_at_most("columns of mean", entries.columns, mean_stride);
  launch(centre_columns_kernel<Real>,
         {blocks_for(out.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         out.data(), entries, mean, mean_stride, weights, scale);
}

template <class Real>
void row_products(double* rows, std::size_t row_stride, const JacobianEntries<Real>& entries,
                  const double* y, std::size_t slice, Accumulate accumulate, cudaStream_t stream) {
  require_at_most("samples", entries.samples, row_stride);
  require_at_most("columns of entries", entries.columns, entries.stride);
  launch(row_products_kernel<Real>,
         {blocks_for(2 * entries.samples, kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         rows, row_stride, entries, y, slice, accumulate == Accumulate::yes);
}

#define PLAQUETTE_INSTANTIATE(Real)                                                                \
  template void column_sums(double*, std::size_t, const JacobianEntries<Real>&, const double*,     \
                            std::size_t, Accumulate, cudaStream_t);                                \
  template void centre_columns(TensorView<double, 2>, const JacobianEntries<Real>&, const double*, \
                               std::size_t, const double*, const double*, cudaStream_t);           \
  template void row_products(double*, std::size_t, const JacobianEntries<Real>&, const double*,    \
                             std::size_t, Accumulate, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
