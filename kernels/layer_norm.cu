#include "kernels/layer_norm.h"

#include "kernels/warp.cuh"

/// A warp owns a row: sums are shuffles, no shared memory, no barrier. The row is read again for
/// each pass over it; at d of a few hundred it is then in the first-level cache, and any d works.
/// Per-sample gradients sum over the tokens of a sample: a thread owns a channel, so that
/// neighbouring threads read neighbouring numbers.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 8;
constexpr int kThreads = 128;

template <class Real>
__global__ void layer_norm_kernel(Real* out, const Real* x, const Real* scale, const Real* bias,
                                  Real* normalised, Real* inverse_std, std::size_t rows, int d) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  const std::size_t first = row * static_cast<std::size_t>(d);
  const Real inverse_d = Real(1) / static_cast<Real>(d);
  Real sum = 0;
  for (int c = lane; c < d; c += kWarp) sum += x[first + c];
  const Real mean = inverse_d * warp_sum(sum);
  Real squares = 0;
  for (int c = lane; c < d; c += kWarp) {
    const Real centred = x[first + c] - mean;
    squares += centred * centred;
  }
  const Real variance = inverse_d * warp_sum(squares);
  const Real inverse = Real(1) / std::sqrt(variance + static_cast<Real>(kNormEpsilon));
  for (int c = lane; c < d; c += kWarp) {
    const Real unit = (x[first + c] - mean) * inverse;
    if (normalised != nullptr) normalised[first + c] = unit;
    out[first + c] = unit * scale[c] + bias[c];
  }
  if (inverse_std != nullptr && lane == 0) inverse_std[row] = inverse;
}

// With g = scale·dy and x̂ the normalised input: dx = (g − mean(g) − x̂·mean(g x̂)) / std.
template <class Real>
__global__ void layer_norm_backward_kernel(Real* dx, const Real* dy, const Real* normalised,
                                           const Real* inverse_std, const Real* scale,
                                           bool accumulate, std::size_t rows,
                                           std::size_t forward_rows, int d) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  const std::size_t first = row * static_cast<std::size_t>(d);
  const Real* unit = normalised + (row % forward_rows) * static_cast<std::size_t>(d);
  const Real inverse_d = Real(1) / static_cast<Real>(d);
  Real sum = 0;
  Real projection = 0;
  for (int c = lane; c < d; c += kWarp) {
    const Real g = dy[first + c] * scale[c];
    sum += g;
    projection += g * unit[c];
  }
  const Real mean = inverse_d * warp_sum(sum);
  const Real slope = inverse_d * warp_sum(projection);
  const Real inverse = inverse_std[row % forward_rows];
  for (int c = lane; c < d; c += kWarp) {
    const Real value = (dy[first + c] * scale[c] - mean - unit[c] * slope) * inverse;
    dx[first + c] = accumulate ? dx[first + c] + value : value;
  }
}

template <class Real, class Out>
__global__ void norm_gradient_kernel(GradientBlock<Out> block, std::size_t scale_offset,
                                     std::size_t bias_offset, const Real* normalised,
                                     const Real* dy, std::size_t batch, int tokens, int d) {
  const std::size_t channels = static_cast<std::size_t>(d);
  const std::size_t element = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::size_t index = element / channels;  // part·B + sample
  if (index >= 2 * batch) return;
  const std::size_t c = element % channels;
  const std::size_t sample = index % batch;
  Real scale = 0;
  Real bias = 0;
  for (int t = 0; t < tokens; ++t) {
    const Real g = dy[(index * tokens + t) * channels + c];
    scale += g * normalised[(sample * tokens + t) * channels + c];
    bias += g;
  }
  block.store(index / batch, sample, scale_offset + c, static_cast<Out>(scale));
  block.store(index / batch, sample, bias_offset + c, static_cast<Out>(bias));
}

}  // namespace

template <class Real>
void layer_norm(TensorView<Real, 2> out, TensorView<const Real, 2> x, const Real* scale,
                const Real* bias, Real* normalised, Real* inverse_std, cudaStream_t stream) {
  require_shape("out", out, {x.extent(0), x.extent(1)});
  launch(layer_norm_kernel<Real>,
         {blocks_for(x.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         out.data(), x.data(), scale, bias, normalised, inverse_std, x.extent(0), x.extent(1));
}

template <class Real>
void layer_norm_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                         TensorView<const Real, 2> normalised, const Real* inverse_std,
                         const Real* scale, Accumulate accumulate, cudaStream_t stream) {
  require_shape("dx", dx, {dy.extent(0), dy.extent(1)});
  require_shape("normalised", normalised, {normalised.extent(0), dy.extent(1)});
  require_multiple("rows of dy", dy.extent(0), normalised.extent(0));
  launch(layer_norm_backward_kernel<Real>,
         {blocks_for(dy.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         dx.data(), dy.data(), normalised.data(), inverse_std, scale, accumulate == Accumulate::yes,
         dy.extent(0), normalised.extent(0), dy.extent(1));
}

template <class Real, class Out>
void norm_gradient(const GradientBlock<Out>& block, std::size_t scale_offset,
                   std::size_t bias_offset, TensorView<const Real, 3> normalised,
                   TensorView<const Real, 3> dy, cudaStream_t stream) {
  const std::size_t d = dy.extent(2);
  const std::size_t batch = normalised.extent(0);
  require_shape("dy", dy, {2 * batch, normalised.extent(1), normalised.extent(2)});
  require_room(block, batch);
  if (!block.wants(scale_offset, d) && !block.wants(bias_offset, d)) return;
  launch(norm_gradient_kernel<Real, Out>,
         {blocks_for(dy.extent(0) * d, kThreads), kThreads, 0, stream}, block, scale_offset,
         bias_offset, normalised.data(), dy.data(), batch, dy.extent(1), d);
}

#define PLAQUETTE_INSTANTIATE(Real)                                                      \
  template void layer_norm(TensorView<Real, 2>, TensorView<const Real, 2>, const Real*,  \
                           const Real*, Real*, Real*, cudaStream_t);                     \
  template void layer_norm_backward(TensorView<Real, 2>, TensorView<const Real, 2>,      \
                                    TensorView<const Real, 2>, const Real*, const Real*, \
                                    Accumulate, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

#define PLAQUETTE_INSTANTIATE(Real, Out)                                           \
  template void norm_gradient(const GradientBlock<Out>&, std::size_t, std::size_t, \
                              TensorView<const Real, 3>, TensorView<const Real, 3>, cudaStream_t);
PLAQUETTE_INSTANTIATE(float, float)
PLAQUETTE_INSTANTIATE(double, double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
