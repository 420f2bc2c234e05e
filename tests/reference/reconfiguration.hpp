#pragma once

#include <complex>
#include <vector>

namespace oracle {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;
using ComplexMatrix = std::vector<std::vector<std::complex<double>>>;

/// B (2M, P): row k is the real, row M + k the imaginary part of √w_k (O_kp − Σ w O_p) c_p.
Matrix centred_jacobian(const ComplexMatrix& log_derivatives, const Vector& weights,
                        const Vector& column_scale);

Matrix transposed(const Matrix& a);
Matrix product(const Matrix& a, const Matrix& b);
Vector product(const Matrix& a, const Vector& x);

/// Solves (a + shift) x = b by Gaussian elimination with partial pivoting.
Vector solve_shifted(Matrix a, double shift, Vector b);

}  // namespace oracle
