#pragma once

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cuda {

/// A symmetric matrix of which the lower triangle is known, row-major. One buffer serves the matrix
/// and its factor: the strict lower triangle keeps the matrix, the upper triangle and the diagonal
/// are factored, and a failed factorisation starts again from the lower triangle and the saved
/// diagonal. (cuSOLVER counts columns first: our upper triangle is its lower one.)

/// The strict upper triangle becomes the lower one's mirror image. Bytes: 8 n².
void mirror_lower_triangle(TensorView<double, 2> matrix,  // (n, n)
                           cudaStream_t stream);

/// diagonal_i = matrix_ii.
void copy_diagonal(double* diagonal,                    // (n)
                   TensorView<const double, 2> matrix,  // (n, n)
                   cudaStream_t stream);

/// matrix_ii = diagonal_i + shift.
void set_shifted_diagonal(TensorView<double, 2> matrix,  // (n, n)
                          const double* diagonal,        // (n)
                          double shift, cudaStream_t stream);

}  // namespace plaquette::cuda
