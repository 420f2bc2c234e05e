#pragma once

#include <cstddef>

#include "cpu/executor.hpp"
#include "network/jacobian.hpp"

namespace plaquette::cpu {

/// Operations on the entries of a Jacobian: the CPU's side of network/jacobian.hpp. m samples, W
/// columns, rows of real parts before those of imaginary parts. Every sum has a fixed order,
/// whatever the number of threads. Real: float and double.

/// sums[part, c] (+)= Σ_k weights[part·part_stride + k] entries[part, k, c], in FP64.
template <class Real>
void column_sums(Executor& executor, double* sums, std::size_t sums_stride,  // (2, sums_stride)
                 const JacobianEntries<Real>& entries, const double* weights,
                 std::size_t part_stride, bool accumulate);

/// out[part·m + k, c] = √w_k (entries − mean) c_c, with scale null for ones. Centred and scaled in
/// FP64, then rounded to Factor: double, or float of FP32 entries.
template <class Factor, class Real>
void centre_columns(Executor& executor, TensorView<Factor, 2> out,             // (2m, W)
                    const JacobianEntries<Real>& entries, const double* mean,  // (2, mean_stride)
                    std::size_t mean_stride, const double* weights,            // (m)
                    const double* scale);                                      // (W) or null

/// squares[part·m + k] (+)= |row (part, k) of what centre_columns makes without scales|², slice by
/// slice of columns. squares (2m).
template <class Real>
void add_squared_norms(Executor& executor, double* squares, const JacobianEntries<Real>& entries,
                       const double* mean, std::size_t mean_stride,  // (2, mean_stride)
                       const double* weights, std::size_t slice, bool accumulate);

/// rows[part·row_stride + k] (+)= Σ_c entries[part, k, c] y_c, slice by slice of columns.
template <class Real>
void row_products(Executor& executor, double* rows, std::size_t row_stride,
                  const JacobianEntries<Real>& entries, const double* y, std::size_t slice,
                  bool accumulate);

/// Lower triangle of gram (n, n) (+)= b bᵀ, b (n, W).
void add_row_gram(Executor& executor, double* gram, TensorView<const double, 2> b, bool accumulate);
/// The same of FP32 rows: summed in FP32 over short chunks of columns, chunks in FP64.
void add_row_gram(Executor& executor, double* gram, TensorView<const float, 2> b, bool accumulate);
/// Bytes of a thread's workspace that this takes.
std::size_t row_gram_workspace();
/// Lower triangle of gram (n, n) (+)= bᵀ b, b (R, n).
void add_column_gram(Executor& executor, double* gram, TensorView<const double, 2> b,
                     bool accumulate);

}  // namespace plaquette::cpu
