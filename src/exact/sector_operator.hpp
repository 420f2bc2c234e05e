#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette::exact {

/// Position of a configuration in zero_magnetisation_states(sites). Two tables of √(2^sites)
/// entries instead of one of 2^sites: rank = first[high half] + within[low half] (H. Q. Lin,
/// Phys. Rev. B 42, 6561).
class SectorRank {
 public:
  explicit SectorRank(int sites);

  std::size_t operator()(std::uint64_t state) const {
    return first_[state >> low_bits_] + within_[state & low_mask_];
  }

 private:
  int low_bits_;
  std::uint64_t low_mask_;
  std::vector<std::uint32_t> first_;   // rank of the first state with this high half
  std::vector<std::uint32_t> within_;  // rank of a low half among those of its bit count
};

/// H on the Sz = 0 sector, never stored: rows are generated from the bonds.
class SectorOperator {
 public:
  SectorOperator(const Hamiltonian& hamiltonian, int threads);

  std::size_t rows() const { return states_.size(); }
  /// y = H x. Each row is summed by one thread in the order of the bonds.
  void apply(const double* x, double* y) const;

 private:
  Hamiltonian hamiltonian_;
  int threads_;
  std::vector<std::uint64_t> states_;
  SectorRank rank_;
};

}  // namespace plaquette::exact
