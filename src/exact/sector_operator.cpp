#include "exact/sector_operator.hpp"

#include <omp.h>

#include <bit>

#include "plaquette/physics/sector.hpp"

namespace plaquette::exact {

SectorRank::SectorRank(int sites)
    : low_bits_(sites / 2), low_mask_((std::uint64_t{1} << low_bits_) - 1) {
  const int high_bits = sites - low_bits_;
  std::vector<std::uint32_t> halves(static_cast<std::size_t>(low_bits_) + 1, 0);  // by bit count
  within_.resize(std::size_t{1} << low_bits_);
  for (std::size_t low = 0; low < within_.size(); ++low) {
    within_[low] = halves[static_cast<std::size_t>(std::popcount(low))]++;
  }
  first_.resize(std::size_t{1} << high_bits);
  std::uint32_t next = 0;
  for (std::size_t high = 0; high < first_.size(); ++high) {
    first_[high] = next;
    const int low_up = sites / 2 - std::popcount(high);
    if (low_up >= 0 && low_up <= low_bits_) next += halves[static_cast<std::size_t>(low_up)];
  }
}

SectorOperator::SectorOperator(const Hamiltonian& hamiltonian, int threads)
    : hamiltonian_(hamiltonian),
      threads_(threads > 0 ? threads : omp_get_max_threads()),
      states_(zero_magnetisation_states(hamiltonian.sites)),
      rank_(hamiltonian.sites) {}

void SectorOperator::apply(const double* x, double* y) const {
  const std::ptrdiff_t size = rows();
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::ptrdiff_t row = 0; row < size; ++row) {
    const std::uint64_t state = states_[static_cast<std::size_t>(row)];
    double sum = diagonal_energy(hamiltonian_, &state) * x[row];
    for (const Bond& bond : hamiltonian_.bonds) {
      if (!antiparallel(&state, bond.i, bond.j)) continue;
      std::uint64_t exchanged = state;
      exchange_spins(&exchanged, bond.i, bond.j);
      sum += exchange_element(bond, &state) * x[rank_(exchanged)];
    }
    y[row] = sum;
  }
}

}  // namespace plaquette::exact
