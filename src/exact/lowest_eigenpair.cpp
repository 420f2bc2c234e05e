#include "exact/lowest_eigenpair.hpp"

#include <Spectra/SymEigsSolver.h>
#include <Eigen/Dense>

#include "plaquette/base/errors.hpp"

namespace plaquette::exact {
namespace {

/// The members that Spectra asks of an operator.
struct Operator {
  using Scalar = double;

  std::size_t n;
  const MatrixProduct& product;

  Eigen::Index rows() const { return static_cast<Eigen::Index>(n); }
  Eigen::Index cols() const { return rows(); }
  void perform_op(const double* x, double* y) const { product(x, y); }
};

Eigenpair pair(double value, const Eigen::VectorXd& vector) {
  return {value, {vector.begin(), vector.end()}};
}

}  // namespace

Eigenpair lowest_by_diagonalisation(std::size_t n, const MatrixProduct& product) {
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd matrix(size, size);
  for (Eigen::Index column = 0; column < size; ++column) {
    const Eigen::VectorXd unit = Eigen::VectorXd::Unit(size, column);
    product(unit.data(), matrix.col(column).data());
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) {
    throw NumericalError("dense diagonalisation did not converge; are all couplings finite?");
  }
  return pair(solver.eigenvalues()[0], solver.eigenvectors().col(0));
}

Eigenpair lowest_by_lanczos(const std::vector<double>& start, const MatrixProduct& product) {
  constexpr Eigen::Index kKrylovVectors = 40;
  constexpr Eigen::Index kRestarts = 1000;
  constexpr double kTolerance = 1e-11;  // of the residual, relative to the eigenvalue
  Operator op{start.size(), product};
  Spectra::SymEigsSolver<Operator> solver(op, 1, kKrylovVectors);
  solver.init(start.data());
  solver.compute(Spectra::SortRule::SmallestAlge, kRestarts, kTolerance);
  if (solver.info() != Spectra::CompInfo::Successful) {
    throw NumericalError(concat("Lanczos did not converge within ", kRestarts, " restarts of ",
                                kKrylovVectors, " vectors"));
  }
  return pair(solver.eigenvalues()[0], solver.eigenvectors().col(0));
}

}  // namespace plaquette::exact
