#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "plaquette/base/errors.hpp"

namespace plaquette {

enum class LatticeKind {
  square,
  chain,
  shastry_sutherland  ///< the square's sites, with orthogonal dimers in place of its diagonals
};

/// Two different sites, first < second.
struct SitePair {
  std::int32_t first;
  std::int32_t second;
};

/// A periodic cluster. Sites are row-major: site = row·columns + column. A chain is one row.
struct Lattice {
  static constexpr int kMaxSites = 1024;

  LatticeKind kind;
  int rows;
  int columns;

  bool two_dimensional() const {
    switch (kind) {
      case LatticeKind::square:
      case LatticeKind::shastry_sutherland:
        return true;
      case LatticeKind::chain:
        return false;
    }
    PLAQUETTE_REQUIRE(false, "lattice ", static_cast<int>(kind));
    return false;
  }
  int sites() const { return rows * columns; }
  int site(int row, int column) const {
    return ((row + rows) % rows) * columns + (column + columns) % columns;
  }
  /// The linear size L that the user gave.
  int linear_size() const { return columns; }
};

/// The sizes L that a lattice can have: even, from `smallest` (on fewer sites neighbours would
/// coincide) to `largest`.
struct LatticeSizes {
  const char* name;  ///< of --lattice, for messages
  int smallest;
  int largest;
};
inline LatticeSizes lattice_sizes(LatticeKind kind) {
  switch (kind) {
    case LatticeKind::square:
      return {"square", 2, 32};
    case LatticeKind::chain:
      return {"chain", 4, Lattice::kMaxSites};
    case LatticeKind::shastry_sutherland:
      return {"shastry-sutherland", 4, 32};
  }
  PLAQUETTE_REQUIRE(false, "lattice ", static_cast<int>(kind));
  return {};
}

/// L×L square or Shastry-Sutherland lattice, or chain of L sites, periodic. Throws InputError
/// unless L is one of lattice_sizes(kind).
inline Lattice make_lattice(LatticeKind kind, int linear_size) {
  const LatticeSizes sizes = lattice_sizes(kind);
  if (linear_size < sizes.smallest || linear_size > sizes.largest || linear_size % 2 != 0) {
    throw InputError(concat("--L ", linear_size, ": must be an even number from ", sizes.smallest,
                            " to ", sizes.largest, " for --lattice ", sizes.name));
  }
  Lattice lattice{kind, linear_size, linear_size};
  if (!lattice.two_dimensional()) lattice.rows = 1;
  return lattice;
}

/// Squared length of the shortest periodic displacement between two sites.
inline int squared_distance(const Lattice& lattice, int a, int b) {
  const auto shortest = [](int difference, int period) {
    const int wrapped = std::abs(difference) % period;
    return std::min(wrapped, period - wrapped);
  };
  const int dr = shortest(a / lattice.columns - b / lattice.columns, lattice.rows);
  const int dc = shortest(a % lattice.columns - b % lattice.columns, lattice.columns);
  return dr * dr + dc * dc;
}

/// How many neighbour shells (distinct distances) the cluster has.
inline int neighbour_shells(const Lattice& lattice) {
  std::set<int> distances;
  for (int b = 1; b < lattice.sites(); ++b) distances.insert(squared_distance(lattice, 0, b));
  return static_cast<int>(distances.size());
}

/// Every pair of sites up to the `range`-th neighbour, each once, sorted: the moves of the
/// exchange sampler. Throws InputError unless 1 ≤ range ≤ neighbour_shells(lattice).
inline std::vector<SitePair> exchange_pairs(const Lattice& lattice, int range) {
  const int shells = neighbour_shells(lattice);
  if (range < 1 || range > shells) {
    throw InputError(
        concat("--exchange-range ", range, ": must be from 1 to ", shells, " on this lattice"));
  }
  std::set<int> distances;
  for (int b = 1; b < lattice.sites(); ++b) distances.insert(squared_distance(lattice, 0, b));
  const int longest = *std::next(distances.begin(), range - 1);
  std::vector<SitePair> pairs;
  for (int a = 0; a < lattice.sites(); ++a) {
    for (int b = a + 1; b < lattice.sites(); ++b) {
      if (squared_distance(lattice, a, b) <= longest) pairs.push_back({a, b});
    }
  }
  return pairs;
}

}  // namespace plaquette
