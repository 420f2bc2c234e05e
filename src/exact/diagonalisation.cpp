#include "plaquette/exact/diagonalisation.hpp"

#include <Spectra/SymEigsSolver.h>
#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

#include "exact/sector_operator.hpp"
#include "plaquette/base/philox.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {

namespace {

using exact::SectorOperator;

constexpr std::ptrdiff_t kLargestDenseSector = 100;

/// The eigenvector's sign is free: fix it.
GroundState with_fixed_sign(double energy, const Eigen::VectorXd& vector) {
  Eigen::Index largest = 0;
  vector.cwiseAbs().maxCoeff(&largest);
  const double scale = (vector[largest] < 0 ? -1.0 : 1.0) / vector.norm();
  GroundState ground{energy, std::vector<double>(static_cast<std::size_t>(vector.size()))};
  for (Eigen::Index k = 0; k < vector.size(); ++k) {
    ground.amplitudes[static_cast<std::size_t>(k)] = scale * vector[k];
  }
  return ground;
}

GroundState by_dense_diagonalisation(const SectorOperator& op) {
  const Eigen::Index size = op.rows();
  Eigen::MatrixXd matrix(size, size);
  for (Eigen::Index column = 0; column < size; ++column) {
    const Eigen::VectorXd unit = Eigen::VectorXd::Unit(size, column);
    op.perform_op(unit.data(), matrix.col(column).data());
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) {
    throw NumericalError("dense diagonalisation did not converge; are all couplings finite?");
  }
  return with_fixed_sign(solver.eigenvalues()[0], solver.eigenvectors().col(0));
}

GroundState by_lanczos(SectorOperator& op) {
  constexpr Eigen::Index kKrylovVectors = 40;
  constexpr Eigen::Index kRestarts = 1000;
  constexpr double kTolerance = 1e-11;  // of the residual, relative to the energy
  // A fixed start without symmetry, so that no ground state is orthogonal to it.
  Eigen::VectorXd start(op.rows());
  for (Eigen::Index k = 0; k < start.size(); ++k) {
    const auto index = static_cast<std::uint32_t>(k);
    start[k] = uniform(philox(0, {index, 0, 0, Purpose::initial_parameter})) - 0.5;
  }
  Spectra::SymEigsSolver<SectorOperator> solver(op, 1, kKrylovVectors);
  solver.init(start.data());
  solver.compute(Spectra::SortRule::SmallestAlge, kRestarts, kTolerance);
  if (solver.info() != Spectra::CompInfo::Successful) {
    throw NumericalError(concat("Lanczos did not converge within ", kRestarts, " restarts of ",
                                kKrylovVectors, " vectors"));
  }
  return with_fixed_sign(solver.eigenvalues()[0], solver.eigenvectors().col(0));
}

}  // namespace

GroundState ground_state(const Hamiltonian& hamiltonian, int threads) {
  PLAQUETTE_REQUIRE(hamiltonian.sites >= 2 && hamiltonian.sites % 2 == 0, hamiltonian.sites,
                    " sites");
  if (hamiltonian.sites > kMaxEnumeratedSites) {
    throw InputError(concat("exact diagonalisation of ", hamiltonian.sites, " sites: the limit is ",
                            kMaxEnumeratedSites, "; use a smaller --L"));
  }
  SectorOperator op(hamiltonian, threads);
  return op.rows() <= kLargestDenseSector ? by_dense_diagonalisation(op) : by_lanczos(op);
}

}  // namespace plaquette
