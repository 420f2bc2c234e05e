#include "plaquette/exact/diagonalisation.hpp"

#include <algorithm>
#include <cmath>

#include "exact/lowest_eigenpair.hpp"
#include "exact/sector_operator.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/base/philox.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {

namespace {

constexpr std::size_t kLargestDenseSector = 100;

/// The eigenvector's sign is free: fix it.
GroundState with_fixed_sign(exact::Eigenpair found) {
  std::vector<double>& vector = found.vector;
  const double largest =
      *std::ranges::max_element(vector, {}, [](double amplitude) { return std::abs(amplitude); });
  double squares = 0;
  for (const double amplitude : vector) squares += amplitude * amplitude;
  const double scale = (largest < 0 ? -1.0 : 1.0) / std::sqrt(squares);
  for (double& amplitude : vector) amplitude *= scale;
  return {found.value, std::move(vector)};
}

/// A fixed start without symmetry, so that no ground state is orthogonal to it.
std::vector<double> start_vector(std::size_t size) {
  std::vector<double> start(size);
  for (std::size_t k = 0; k < size; ++k) {
    const auto index = static_cast<std::uint32_t>(k);
    start[k] = uniform(philox(0, {index, 0, 0, Purpose::initial_parameter})) - 0.5;
  }
  return start;
}

}  // namespace

GroundState ground_state(const Hamiltonian& hamiltonian, int threads) {
  PLAQUETTE_REQUIRE(hamiltonian.sites >= 2 && hamiltonian.sites % 2 == 0, hamiltonian.sites,
                    " sites");
  if (hamiltonian.sites > kMaxEnumeratedSites) {
    throw InputError(concat("exact diagonalisation of ", hamiltonian.sites, " sites: the limit is ",
                            kMaxEnumeratedSites, "; use a smaller --L"));
  }
  const exact::SectorOperator op(hamiltonian, threads);
  const auto product = [&op](const double* x, double* y) { op.apply(x, y); };
  return with_fixed_sign(op.rows() <= kLargestDenseSector
                             ? exact::lowest_by_diagonalisation(op.rows(), product)
                             : exact::lowest_by_lanczos(start_vector(op.rows()), product));
}

}  // namespace plaquette
