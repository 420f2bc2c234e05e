#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace plaquette::exact {

/// Lowest eigenvalue of a symmetric matrix and a vector of its space, not normalised.
struct Eigenpair {
  double value = 0;
  std::vector<double> vector;
};

/// y = A x.
using MatrixProduct = std::function<void(const double* x, double* y)>;

/// From all eigenvectors of A (n, n). Throws NumericalError if A is not finite.
Eigenpair lowest_by_diagonalisation(std::size_t n, const MatrixProduct& product);

/// By restarted Lanczos from `start` (n), to a residual of 1e-11 of the eigenvalue. Throws
/// NumericalError if that is not reached.
Eigenpair lowest_by_lanczos(const std::vector<double>& start, const MatrixProduct& product);

}  // namespace plaquette::exact
