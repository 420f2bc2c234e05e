#include "kernels/bias.h"

#include "kernels/warp.cuh"

/// A warp owns a row, lanes along channels: coalesced, and no division finds an element's channel.
/// All are bound by memory.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 8;

template <class Real>
__global__ void broadcast_bias_kernel(Real* out, const Real* bias, std::size_t rows, int width) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  Real* y = out + row * static_cast<std::size_t>(width);
  for (int c = lane; c < width; c += kWarp) y[c] = bias[c];
}

template <class Real>
__global__ void add_bias_kernel(Real* x, const Real* bias, std::size_t rows, int width) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  Real* y = x + row * static_cast<std::size_t>(width);
  for (int c = lane; c < width; c += kWarp) y[c] += bias[c];
}

constexpr int kThreads = 256;

template <class Real>
__global__ void add_residual_kernel(Real* x, const Real* y, std::size_t size) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < size) x[k] += y[k];
}

}  // namespace

template <class Real>
void broadcast_bias(TensorView<Real, 2> out, const Real* bias, cudaStream_t stream) {
  launch(broadcast_bias_kernel<Real>,
         {blocks_for(out.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         out.data(), bias, out.extent(0), out.extent(1));
}

template <class Real>
void add_bias(TensorView<Real, 2> x, const Real* bias, cudaStream_t stream) {
  launch(add_bias_kernel<Real>,
         {blocks_for(x.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream}, x.data(),
         bias, x.extent(0), x.extent(1));
}

template <class Real>
void add_residual(TensorView<Real, 2> x, TensorView<const Real, 2> y, cudaStream_t stream) {
  require_shape("y", y, {x.extent(0), x.extent(1)});
  launch(add_residual_kernel<Real>, {blocks_for(x.size(), kThreads), kThreads, 0, stream}, x.data(),
         y.data(), x.size());
}

#define PLAQUETTE_INSTANTIATE(Real)                                             \
  template void broadcast_bias(TensorView<Real, 2>, const Real*, cudaStream_t); \
  template void add_bias(TensorView<Real, 2>, const Real*, cudaStream_t);       \
  template void add_residual(TensorView<Real, 2>, TensorView<const Real, 2>, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
