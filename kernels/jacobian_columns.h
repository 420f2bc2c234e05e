#pragma once

#include <cstddef>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cuda {

/// Turns per-sample gradients into the Jacobian B of backend.hpp, for a block of W columns. Rows:
/// M of the real part, then M of the imaginary part.

/// mean[part, c] = Σ_k w_k entries[part·M + k, c], in FP64 and in a fixed order.
/// FLOPs: 4 M W. Bytes: 2 M W reals.
template <class Real>
void column_means(TensorView<double, 2> mean,  // (2, W)
                  const Real* entries,         // (2M, row_stride)
                  std::size_t row_stride,
                  const double* weights,  // (M)
                  std::size_t samples, cudaStream_t stream);

/// out = √w_k (entries − mean) c. `out` may be `entries` (in place) if Real is double.
/// FLOPs: 6 M W. Bytes: 2 M W reals and 2 M W doubles.
template <class Real>
void centre_columns(double* out,                                               // (2M, row_stride)
                    const Real* entries,                                       // (2M, row_stride)
                    std::size_t row_stride, TensorView<const double, 2> mean,  // (2, W)
                    const double* weights,                                     // (M)
                    const double* column_scale,  // (W) or null for ones
                    std::size_t samples, cudaStream_t stream);

}  // namespace plaquette::cuda
