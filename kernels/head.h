#pragma once

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/activations.hpp"

namespace plaquette::cuda {

/// out = Σ_i x_i over the tokens of each sample. B samples, n tokens, d channels.
/// FLOPs: B n d. Bytes: B (n + 1) d reals.
template <class Real>
void pool_tokens(TensorView<Real, 2> out,      // (B, d)
                 TensorView<const Real, 3> x,  // (B, n, d)
                 cudaStream_t stream);

/// out_i = x for every token: the cotangent of pool_tokens (B counts both parts).
template <class Real>
void broadcast_to_tokens(TensorView<Real, 3> out,      // (B, n, d)
                         TensorView<const Real, 2> x,  // (B, d)
                         cudaStream_t stream);

/// log ψ = Σ_c log cosh(u_c + i v_c), each term in Real, the sum in double and in a fixed order.
/// The pairs have the layout of std::complex<double>. Bytes: 2 B d reals.
template <class Real>
void log_cosh_sum(ComplexPair<double>* log_psi,  // (B)
                  TensorView<const Real, 2> u,   // (B, d)
                  TensorView<const Real, 2> v,   // (B, d)
                  cudaStream_t stream);

/// Cotangents of u and v: with t = tanh(u + iv), the real part's are (Re t, −Im t), the imaginary
/// part's (Im t, Re t). Real part first. Bytes: 6 B d reals.
template <class Real>
void head_cotangents(TensorView<Real, 2> du,       // (2B, d)
                     TensorView<Real, 2> dv,       // (2B, d)
                     TensorView<const Real, 2> u,  // (B, d)
                     TensorView<const Real, 2> v,  // (B, d)
                     cudaStream_t stream);

}  // namespace plaquette::cuda
