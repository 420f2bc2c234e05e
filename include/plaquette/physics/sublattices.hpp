#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plaquette/physics/bond.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// Rotating the spins of some sites by π about z multiplies amplitudes by a sign and nothing else:
///   ψ_physical(s) = (−1)^{number of up spins on rotated sites} ψ(s).
/// Jxy of a bond then changes sign where one of its ends is rotated. (N) 1 on the rotated sites;
/// empty if none is: the amplitudes are the physical ones.
using RotatedSites = std::vector<std::uint8_t>;

/// Whether exactly one of the two sites is rotated.
inline bool rotated_against(const RotatedSites& rotated, int i, int j) {
  return !rotated.empty() &&
         rotated[static_cast<std::size_t>(i)] != rotated[static_cast<std::size_t>(j)];
}

/// e_i e_j = sign is asked for.
struct SignRelation {
  std::int32_t i;
  std::int32_t j;
  int sign;  ///< ±1
};

/// Signs e (N) that keep every relation, +1 on the first site of each connected part; empty if the
/// relations contradict each other.
inline std::optional<std::vector<int>> consistent_signs(int sites,
                                                        std::span<const SignRelation> relations) {
  std::vector<std::vector<std::pair<std::int32_t, int>>> neighbours(
      static_cast<std::size_t>(sites));
  for (const auto [i, j, sign] : relations) {
    neighbours[static_cast<std::size_t>(i)].emplace_back(j, sign);
    neighbours[static_cast<std::size_t>(j)].emplace_back(i, sign);
  }
  std::vector<int> signs(static_cast<std::size_t>(sites), 0);
  std::vector<std::int32_t> reached;
  for (std::int32_t start = 0; start < sites; ++start) {
    if (signs[static_cast<std::size_t>(start)] != 0) continue;
    signs[static_cast<std::size_t>(start)] = 1;
    reached.push_back(start);
    while (!reached.empty()) {
      const auto here = static_cast<std::size_t>(reached.back());
      reached.pop_back();
      for (const auto& [next, sign] : neighbours[here]) {
        int& there = signs[static_cast<std::size_t>(next)];
        if (there == -sign * signs[here]) return std::nullopt;
        if (there != 0) continue;
        there = sign * signs[here];
        reached.push_back(next);
      }
    }
  }
  return signs;
}

/// Sites whose row and column add up to an odd number.
inline RotatedSites checkerboard(const Lattice& lattice) {
  RotatedSites rotated;
  for (int site = 0; site < lattice.sites(); ++site) {
    rotated.push_back((site / lattice.columns + site % lattice.columns) % 2 == 1);
  }
  return rotated;
}

/// The sublattice that the Marshall rule rotates: one of the two that every bond with an exchange
/// part joins, the lattice's own checkerboard where the bonds allow it or have no two sublattices.
inline RotatedSites marshall_sublattice(const Lattice& lattice, std::span<const Bond> bonds) {
  RotatedSites board = checkerboard(lattice);
  std::vector<SignRelation> unlike;
  bool fits = true;
  for (const Bond& bond : bonds) {
    if (bond.Jxy == 0) continue;
    unlike.push_back({bond.i, bond.j, -1});
    fits = fits && rotated_against(board, bond.i, bond.j);
  }
  if (fits) return board;
  const auto signs = consistent_signs(lattice.sites(), unlike);
  if (!signs) return board;
  std::transform(signs->begin(), signs->end(), board.begin(),
                 [](int sign) { return static_cast<std::uint8_t>(sign < 0); });
  return board;
}

}  // namespace plaquette
