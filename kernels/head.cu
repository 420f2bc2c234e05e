#include "kernels/head.h"

#include "kernels/warp.cuh"

/// The head works on one row a sample, 1/n of the encoder's: one thread a channel, neighbouring
/// threads on neighbouring numbers, and a warp for the sum that makes log ψ.

namespace plaquette::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kRowsPerBlock = 4;

template <class Real>
__global__ void pool_tokens_kernel(Real* out, const Real* x, std::size_t size, std::size_t n,
                                   std::size_t d) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k >= size) return;
  const Real* token = x + k / d * n * d + k % d;
  Real sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += token[i * d];
  out[k] = sum;
}

template <class Real>
__global__ void broadcast_to_tokens_kernel(Real* out, const Real* x, std::size_t size,
                                           std::size_t n, std::size_t d) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < size) out[k] = x[k / (n * d) * d + k % d];
}

template <class Real>
__global__ void log_cosh_sum_kernel(ComplexPair<double>* log_psi, const Real* u, const Real* v,
                                    std::size_t rows, int d) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  double re = 0;
  double im = 0;
  for (int c = lane; c < d; c += kWarp) {
    const std::size_t k = row * static_cast<std::size_t>(d) + c;
    const ComplexPair<Real> term = log_cosh(u[k], v[k]);
    re += static_cast<double>(term.re);
    im += static_cast<double>(term.im);
  }
  re = warp_sum(re);
  im = warp_sum(im);
  if (lane == 0) log_psi[row] = {re, im};
}

template <class Real>
__global__ void head_cotangents_kernel(Real* du, Real* dv, const Real* u, const Real* v,
                                       std::size_t size) {
  const std::size_t k = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k >= size) return;
  const ComplexPair<Real> t = log_cosh_derivative(u[k], v[k]);
  du[k] = t.re;
  dv[k] = -t.im;
  du[size + k] = t.im;
  dv[size + k] = t.re;
}

}  // namespace

template <class Real>
void pool_tokens(TensorView<Real, 2> out, TensorView<const Real, 3> x, cudaStream_t stream) {
  require_shape("out", out, {x.extent(0), x.extent(2)});
  launch(pool_tokens_kernel<Real>, {blocks_for(out.size(), kThreads), kThreads, 0, stream},
         out.data(), x.data(), out.size(), x.extent(1), x.extent(2));
}

template <class Real>
void broadcast_to_tokens(TensorView<Real, 3> out, TensorView<const Real, 2> x,
                         cudaStream_t stream) {
  require_shape("x", x, {out.extent(0), out.extent(2)});
  launch(broadcast_to_tokens_kernel<Real>, {blocks_for(out.size(), kThreads), kThreads, 0, stream},
         out.data(), x.data(), out.size(), out.extent(1), out.extent(2));
}

template <class Real>
void log_cosh_sum(ComplexPair<double>* log_psi, TensorView<const Real, 2> u,
                  TensorView<const Real, 2> v, cudaStream_t stream) {
  require_shape("v", v, {u.extent(0), u.extent(1)});
  launch(log_cosh_sum_kernel<Real>,
         {blocks_for(u.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream}, log_psi,
         u.data(), v.data(), u.extent(0), u.extent(1));
}

template <class Real>
void head_cotangents(TensorView<Real, 2> du, TensorView<Real, 2> dv, TensorView<const Real, 2> u,
                     TensorView<const Real, 2> v, cudaStream_t stream) {
  require_shape("v", v, {u.extent(0), u.extent(1)});
  require_shape("du", du, {2 * u.extent(0), u.extent(1)});
  require_shape("dv", dv, {2 * u.extent(0), u.extent(1)});
  launch(head_cotangents_kernel<Real>, {blocks_for(u.size(), kThreads), kThreads, 0, stream},
         du.data(), dv.data(), u.data(), v.data(), u.size());
}

#define PLAQUETTE_INSTANTIATE(Real)                                                                \
  template void pool_tokens(TensorView<Real, 2>, TensorView<const Real, 3>, cudaStream_t);         \
  template void broadcast_to_tokens(TensorView<Real, 3>, TensorView<const Real, 2>, cudaStream_t); \
  template void log_cosh_sum(ComplexPair<double>*, TensorView<const Real, 2>,                      \
                             TensorView<const Real, 2>, cudaStream_t);                             \
  template void head_cotangents(TensorView<Real, 2>, TensorView<Real, 2>,                          \
                                TensorView<const Real, 2>, TensorView<const Real, 2>,              \
                                cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
