#include "kernels/gelu.h"

#include "kernels/warp.cuh"
#include "plaquette/model/activations.hpp"

/// A warp owns a row, lanes along channels: coalesced, and no division finds an element's channel.
/// Both are bound by memory.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 8;

template <class Real>
__global__ void bias_gelu_kernel(Real* out, const Real* x, const Real* bias, Real* biased,
                                 std::size_t rows, int width) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  const std::size_t first = row * static_cast<std::size_t>(width);
  for (int c = lane; c < width; c += kWarp) {
    const Real value = x[first + c] + bias[c];
    if (biased != nullptr) biased[first + c] = value;
    out[first + c] = gelu(value);
  }
}

template <class Real>
__global__ void gelu_backward_kernel(Real* dy, const Real* x, std::size_t rows,
                                     std::size_t forward_rows, int width) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  Real* gradient = dy + row * static_cast<std::size_t>(width);
  const Real* in = x + row % forward_rows * static_cast<std::size_t>(width);
  for (int c = lane; c < width; c += kWarp) gradient[c] *= gelu_derivative(in[c]);
}

}  // namespace

template <class Real>
void bias_gelu(TensorView<Real, 2> out, TensorView<const Real, 2> x, const Real* bias, Real* biased,
               cudaStream_t stream) {
  require_shape("out", out, {x.extent(0), x.extent(1)});
  launch(bias_gelu_kernel<Real>,
         {blocks_for(x.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         out.data(), x.data(), bias, biased, x.extent(0), x.extent(1));
}

template <class Real>
void gelu_backward(TensorView<Real, 2> dy, TensorView<const Real, 2> x, cudaStream_t stream) {
  require_shape("x", x, {x.extent(0), dy.extent(1)});
  require_multiple("rows of dy", dy.extent(0), x.extent(0));
  launch(gelu_backward_kernel<Real>,
         {blocks_for(dy.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         dy.data(), x.data(), dy.extent(0), x.extent(0), x.extent(1));
}

#define PLAQUETTE_INSTANTIATE(Real)                                                           \
  template void bias_gelu(TensorView<Real, 2>, TensorView<const Real, 2>, const Real*, Real*, \
                          cudaStream_t);                                                      \
  template void gelu_backward(TensorView<Real, 2>, TensorView<const Real, 2>, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
