#pragma once

#include <cstddef>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/jacobian_entries.hpp"

namespace plaquette::cuda {

/// Operations on the entries of a Jacobian (network/jacobian.hpp). m samples, W columns; rows of
/// real parts before those of imaginary parts. Sums are in FP64 and in a fixed order.

/// sums[part, c] = Σ_k weights[part·part_stride + k] entries[part, k, c], or += that.
/// FLOPs: 4 m W. Bytes: 2 m W reals.
template <class Real>
void column_sums(double* sums, std::size_t sums_stride,  // (2, sums_stride)
                 const JacobianEntries<Real>& entries, const double* weights,
                 std::size_t part_stride, Accumulate accumulate, cudaStream_t stream);

/// out[part·m + k, c] = √w_k (entries[part, k, c] − mean[part, c]) scale_c.
/// FLOPs: 6 m W. Bytes: 2 m W reals and 2 m W doubles.
template <class Real>
void centre_columns(TensorView<double, 2> out,  // (2m, W)
                    const JacobianEntries<Real>& entries, const double* mean,
                    std::size_t mean_stride,  // (2, mean_stride)
                    const double* weights,    // (m)
                    const double* scale,      // (W) or null for ones
                    cudaStream_t stream);

/// rows[part·row_stride + k] = Σ_c entries[part, k, c] y_c, or += that, slice by slice of columns,
/// so that a block that is a whole number of slices adds up to the same bits. One warp a row.
/// FLOPs: 4 m W. Bytes: 2 m W reals.
template <class Real>
void row_products(double* rows, std::size_t row_stride, const JacobianEntries<Real>& entries,
                  const double* y,  // (W)
                  std::size_t slice, Accumulate accumulate, cudaStream_t stream);

}  // namespace plaquette::cuda
