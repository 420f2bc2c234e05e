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

/// out = √w_k (entries − mean) c for a slice of W columns of a wider block: `entries` and `mean`
/// point at its first column. FLOPs: 6 M W. Bytes: 2 M W reals and 2 M W doubles.
template <class Real>
void centre_columns(TensorView<double, 2> out,                    // (2M, W)
                    const Real* entries, std::size_t row_stride,  // (2M, row_stride)
                    const double* mean, std::size_t mean_stride,  // (2, mean_stride)
                    const double* weights,                        // (M)
                    const double* column_scale,                   // (W) or null for ones
                    cudaStream_t stream);

}  // namespace plaquette::cuda
