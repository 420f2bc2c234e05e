#include "reconfiguration.hpp"

#include <cmath>
#include <cstddef>
#include <utility>

namespace oracle {

Matrix centred_jacobian(const ComplexMatrix& log_derivatives, const Vector& weights,
                        const Vector& column_scale) {
  const std::size_t samples = log_derivatives.size();
  const std::size_t parameters = column_scale.size();
  Matrix jacobian(2 * samples, Vector(parameters));
  for (std::size_t p = 0; p < parameters; ++p) {
    std::complex<double> mean = 0;
    for (std::size_t k = 0; k < samples; ++k) mean += weights[k] * log_derivatives[k][p];
    for (std::size_t k = 0; k < samples; ++k) {
      const std::complex<double> entry =
          std::sqrt(weights[k]) * (log_derivatives[k][p] - mean) * column_scale[p];
      jacobian[k][p] = entry.real();
      jacobian[samples + k][p] = entry.imag();
    }
  }
  return jacobian;
}

Matrix transposed(const Matrix& a) {
  Matrix t(a.at(0).size(), Vector(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < t.size(); ++j) t[j][i] = a[i][j];
  }
  return t;
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c(a.size(), Vector(b.at(0).size(), 0.0));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) {
      for (std::size_t j = 0; j < b[k].size(); ++j) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}

Vector product(const Matrix& a, const Vector& x) {
  Vector y(a.size(), 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += a[i][j] * x[j];
  }
  return y;
}

Vector solve_shifted(Matrix a, double shift, Vector b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) a[i][i] += shift;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i) {
      if (std::abs(a[i][column]) > std::abs(a[pivot][column])) pivot = i;
    }
    std::swap(a[column], a[pivot]);
    std::swap(b[column], b[pivot]);
    for (std::size_t i = column + 1; i < n; ++i) {
      const double factor = a[i][column] / a[column][column];
      for (std::size_t j = column; j < n; ++j) a[i][j] -= factor * a[column][j];
      b[i] -= factor * b[column];
    }
  }
  Vector x(n);
  for (std::size_t i = n; i-- > 0;) {
    double sum = b[i];
    for (std::size_t j = i + 1; j < n; ++j) sum -= a[i][j] * x[j];
    x[i] = sum / a[i][i];
  }
  return x;
}

}  // namespace oracle
