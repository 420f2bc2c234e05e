#include "support/dense_backend.hpp"

#include <Eigen/Cholesky>

#include <cmath>
#include <type_traits>

namespace plaquette::testing_support {
namespace {

/// A span as an Eigen vector.
template <class T>
auto vector_view(std::span<T> values) {
  using Vector = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
  using Qualified = std::conditional_t<std::is_const_v<T>, const Vector, Vector>;
  return Eigen::Map<Qualified>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

void DenseBackend::sample_log_psi(std::span<std::complex<double>> out) {
  vector_view(out) = log_psi_values;
}

std::uint64_t DenseBackend::sample_local_energies(std::span<std::complex<double>> out) {
  vector_view(out) = energies;
  return out.size();
}

Precision DenseBackend::accumulate_gram(std::span<const double> weights,
                                        std::span<const double> scale, double, PhaseClock&) {
  const Eigen::Map<const Eigen::VectorXd> w(weights.data(), log_derivatives.rows());
  const Eigen::RowVectorXcd mean = w.transpose().cast<std::complex<double>>() * log_derivatives;
  const Eigen::MatrixXcd centred =
      w.cwiseSqrt().cast<std::complex<double>>().asDiagonal() * (log_derivatives.rowwise() - mean);
  jacobian.resize(2 * centred.rows(), centred.cols());
  jacobian << centred.real(), centred.imag();
  for (std::size_t p = 0; p < scale.size(); ++p) {
    jacobian.col(static_cast<Eigen::Index>(p)) *= scale[p];
  }
  return Precision::fp64;
}

SolveReport DenseBackend::solve(double shift, std::span<const double> rhs, std::span<double> x) {
  shifts.push_back(shift);
  if (shift < smallest_shift) return {.positive_definite = false};
  Eigen::MatrixXd gram = form == GramForm::samples
                             ? Eigen::MatrixXd(jacobian * jacobian.transpose())
                             : Eigen::MatrixXd(jacobian.transpose() * jacobian);
  gram.diagonal().array() += shift;
  vector_view(x) = gram.ldlt().solve(vector_view(rhs));
  if (solution_is_nan) x[0] = std::nan("");
  return {.positive_definite = true};
}

void DenseBackend::apply(std::span<const double> direction, std::span<double> rows) {
  vector_view(rows) = jacobian * vector_view(direction);
}

void DenseBackend::apply_transpose(std::span<const double> rows, std::span<double> direction) {
  vector_view(direction) = jacobian.transpose() * vector_view(rows);
}

}  // namespace plaquette::testing_support
