#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "plaquette/physics/bond.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/physics/lattice.hpp"
#include "plaquette/physics/sublattices.hpp"

namespace plaquette {

/// H = Σ_bonds. A pair may appear twice (small periodic clusters do); both terms count.
struct Hamiltonian {
  int sites = 0;
  std::vector<Bond> bonds = {};
  /// The frame in which `bonds` act on amplitudes: Jxy is that of the rotated state.
  RotatedSites rotated = {};
};

/// What couples the sites of a lattice.
///   square               H = J1 Σ_nn S·S + J2 Σ_nnn S·S
///   chain                the same at distance 1 and 2
///   shastry-sutherland   H = J1 Σ_nn S·S + J2 Σ_dimers S·S  (J and J′ of the literature)
struct Couplings {
  double J1 = 1.0;
  double J2 = 0.5;
  /// Rotate one sublattice: exchange between the sublattices changes sign.
  bool marshall = false;
  /// If there are any, these are the Hamiltonian, and J1 and J2 are not used. Not rotated.
  std::vector<Bond> bonds = {};

  bool operator==(const Couplings&) const = default;
};

/// The dimer that `site` of a Shastry-Sutherland lattice belongs to ends on this site: diagonals of
/// the plaquettes with both coordinates even, antidiagonals of those with both odd.
inline int dimer_partner(const Lattice& lattice, int site) {
  const int row = site / lattice.columns;
  const int column = site % lattice.columns;
  const int down = row % 2 == 0 ? 1 : -1;
  const int right = column % 2 == 0 ? 1 : -1;
  const bool diagonal = row % 2 == column % 2;
  return diagonal ? lattice.site(row + down, column + right)
                  : lattice.site(row - down, column - right);
}

/// Throws InputError for couplings that are too large for energies to keep their digits, or all 0.
inline void require_usable(const Couplings& couplings) {
  constexpr double kLargest = 1e6;
  const auto require = [=](const char* option, double value) {
    if (!(value >= -kLargest && value <= kLargest)) {
      throw InputError(concat(option, ' ', value, ": must be from ", -kLargest, " to ", kLargest));
    }
  };
  require("--J1", couplings.J1);
  require("--J2", couplings.J2);
  if (couplings.bonds.empty() && couplings.J1 == 0 && couplings.J2 == 0) {
    throw InputError("--J1 0 and --J2 0: at least one coupling must not be 0");
  }
}

/// The lattice's bonds, not rotated. Square: nn (x,y)–(x+1,y), (x,y)–(x,y+1); nnn (x,y)–(x+1,y±1).
/// Bonds of zero coupling are left out.
inline std::vector<Bond> lattice_bonds(const Lattice& lattice, double J1, double J2) {
  std::vector<Bond> bonds;
  for (int i = 0; i < lattice.sites(); ++i) {
    const int row = i / lattice.columns;
    const int column = i % lattice.columns;
    const auto join = [&](int j, double J) {
      if (J != 0.0) bonds.push_back({i, j, J, J});
    };
    const auto displaced = [&](int d_row, int d_column) {
      return lattice.site(row + d_row, column + d_column);
    };
    if (lattice.two_dimensional()) join(displaced(1, 0), J1);
    join(displaced(0, 1), J1);
    switch (lattice.kind) {
      case LatticeKind::square:
        join(displaced(1, 1), J2);
        join(displaced(1, -1), J2);
        break;
      case LatticeKind::chain:
        join(displaced(0, 2), J2);
        break;
      case LatticeKind::shastry_sutherland:
        if (const int partner = dimer_partner(lattice, i); i < partner) join(partner, J2);
        break;
    }
  }
  return bonds;
}

/// The couplings' Hamiltonian in the frame that they ask for. Throws InputError as require_usable
/// does.
inline Hamiltonian make_hamiltonian(const Lattice& lattice, const Couplings& couplings) {
  require_usable(couplings);
  Hamiltonian hamiltonian{.sites = lattice.sites(),
                          .bonds = couplings.bonds.empty()
                                       ? lattice_bonds(lattice, couplings.J1, couplings.J2)
                                       : couplings.bonds};
  if (!couplings.marshall) return hamiltonian;
  // The lattices' own couplings J1 join the two halves of the checkerboard, J2 does not.
  hamiltonian.rotated = couplings.bonds.empty() ? checkerboard(lattice)
                                                : marshall_sublattice(lattice, hamiltonian.bonds);
  for (Bond& bond : hamiltonian.bonds) {
    if (rotated_against(hamiltonian.rotated, bond.i, bond.j)) bond.Jxy = -bond.Jxy;
  }
  return hamiltonian;
}

/// Jz and Jxy of a pair of sites, all its bonds together, not rotated.
struct PairCoupling {
  double Jz = 0;
  double Jxy = 0;
};
using PairCouplings = std::map<std::pair<int, int>, PairCoupling>;  // first < second

/// The physical couplings; `renamed(i)` is the name that site i gets. Pairs without any are left
/// out.
template <class Renamed>
PairCouplings pair_couplings(const Hamiltonian& hamiltonian, const Renamed& renamed) {
  PairCouplings pairs;
  for (const Bond& bond : hamiltonian.bonds) {
    if (bond.Jz == 0 && bond.Jxy == 0) continue;
    PairCoupling& pair = pairs[std::minmax({int{renamed(bond.i)}, int{renamed(bond.j)}})];
    pair.Jz += bond.Jz;
    pair.Jxy += rotated_against(hamiltonian.rotated, bond.i, bond.j) ? -bond.Jxy : bond.Jxy;
  }
  return pairs;
}

/// The same number but for the rounding of sums in another order.
inline bool same_coupling(double a, double b) {
  constexpr double kRounding = 1e-12;
  return std::abs(a - b) <= kRounding * std::max(std::abs(a), std::abs(b));
}

/// The signs by which Jxy of `a` and `b` differ, pair by pair; empty if they differ in more.
inline std::optional<std::vector<SignRelation>> exchange_signs(const PairCouplings& a,
                                                               const PairCouplings& b) {
  if (a.size() != b.size()) return std::nullopt;
  std::vector<SignRelation> signs;
  for (auto of_a = a.begin(), of_b = b.begin(); of_a != a.end(); ++of_a, ++of_b) {
    const PairCoupling& x = of_a->second;
    const PairCoupling& y = of_b->second;
    if (of_a->first != of_b->first || !same_coupling(x.Jz, y.Jz) ||
        !same_coupling(std::abs(x.Jxy), std::abs(y.Jxy))) {
      return std::nullopt;
    }
    if (x.Jxy == 0) continue;
    signs.push_back({of_a->first.first, of_a->first.second, x.Jxy * y.Jxy > 0 ? 1 : -1});
  }
  return signs;
}

/// Whether the two have the same energies because they differ by a rotation of some sites at most:
/// Jz of every pair is the same, Jxy up to signs e_i e_j. What each declares as rotated is taken
/// off first.
inline bool same_up_to_rotation(const Hamiltonian& a, const Hamiltonian& b) {
  if (a.sites != b.sites) return false;
  const auto itself = [](std::int32_t site) { return site; };
  const auto signs = exchange_signs(pair_couplings(a, itself), pair_couplings(b, itself));
  return signs && consistent_signs(a.sites, *signs);
}

/// Whether some Jxy is negative where Jz is positive and no rotation is declared: either the magnet
/// is like that, or somebody wrote the signs of a rotation into its couplings.
inline bool looks_rotated(const Hamiltonian& hamiltonian) {
  return hamiltonian.rotated.empty() &&
         std::any_of(hamiltonian.bonds.begin(), hamiltonian.bonds.end(),
                     [](const Bond& bond) { return bond.Jz > 0 && bond.Jxy < 0; });
}

/// Σ_bonds ⟨s|bond|s⟩. Total energy, unit of J1.
inline double diagonal_energy(const Hamiltonian& hamiltonian, const std::uint64_t* s) {
  double sum = 0;
  for (const Bond& bond : hamiltonian.bonds) sum += diagonal_element(bond, s);
  return sum;
}

}  // namespace plaquette
