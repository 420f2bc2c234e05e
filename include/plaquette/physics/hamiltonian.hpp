#pragma once

#include <cstdint>
#include <vector>

#include "plaquette/base/host_device.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// One term Jz Sᶻ_i Sᶻ_j + Jxy (Sˣ_i Sˣ_j + Sʸ_i Sʸ_j). Unit: J1.
struct Bond {
  std::int32_t i;
  std::int32_t j;
  double Jz;
  double Jxy;  ///< carries the minus sign of the Marshall rotation
};

/// H = Σ_bonds. A pair may appear twice (small periodic clusters do); both terms count.
struct Hamiltonian {
  int sites = 0;
  std::vector<Bond> bonds = {};
};

/// ⟨s|bond|s⟩ = Jz s_i s_j / 4. Unit of J.
PLAQUETTE_HD inline double diagonal_element(const Bond& bond, const std::uint64_t* s) {
  return (antiparallel(s, bond.i, bond.j) ? -0.25 : 0.25) * bond.Jz;
}

/// ⟨s'|bond|s⟩ with i, j exchanged; 0 if parallel. Unit of J.
PLAQUETTE_HD inline double exchange_element(const Bond& bond, const std::uint64_t* s) {
  return antiparallel(s, bond.i, bond.j) ? 0.5 * bond.Jxy : 0.0;
}

/// What couples the sites of a lattice.
///   square               H = J1 Σ_nn S·S + J2 Σ_nnn S·S
///   chain                the same at distance 1 and 2
///   shastry-sutherland   H = J1 Σ_nn S·S + J2 Σ_dimers S·S  (J and J′ of the literature)
struct Couplings {
  double J1 = 1.0;
  double J2 = 0.5;
  /// Rotate one sublattice: exchange on nn bonds changes sign.
  bool marshall = false;
  /// If there are any, these are the Hamiltonian, and J1, J2 and marshall are not used.
  std::vector<Bond> bonds = {};
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

/// Square: nn (x,y)–(x+1,y), (x,y)–(x,y+1); nnn (x,y)–(x+1,y±1). Bonds of zero coupling are left
/// out. Throws InputError as require_usable does.
inline Hamiltonian make_hamiltonian(const Lattice& lattice, const Couplings& couplings) {
  require_usable(couplings);
  Hamiltonian hamiltonian{lattice.sites(), couplings.bonds};
  if (!couplings.bonds.empty()) return hamiltonian;
  const auto join = [&](int i, int j, double J, double sign) {
    if (J != 0.0) hamiltonian.bonds.push_back({i, j, J, sign * J});
  };
  const double nn_sign = couplings.marshall ? -1.0 : 1.0;
  for (int i = 0; i < lattice.sites(); ++i) {
    const int row = i / lattice.columns;
    const int column = i % lattice.columns;
    const auto nearest = [&](int d_row, int d_column) {
      join(i, lattice.site(row + d_row, column + d_column), couplings.J1, nn_sign);
    };
    const auto second = [&](int d_row, int d_column) {
      join(i, lattice.site(row + d_row, column + d_column), couplings.J2, 1.0);
    };
    if (lattice.two_dimensional()) nearest(1, 0);
    nearest(0, 1);
    if (lattice.kind == LatticeKind::square) {
      second(1, 1);
      second(1, -1);
    } else if (lattice.kind == LatticeKind::chain) {
      second(0, 2);
    } else if (const int partner = dimer_partner(lattice, i); i < partner) {
      join(i, partner, couplings.J2, 1.0);
    }
  }
  return hamiltonian;
}

/// Σ_bonds ⟨s|bond|s⟩. Total energy, unit of J1.
inline double diagonal_energy(const Hamiltonian& hamiltonian, const std::uint64_t* s) {
  double sum = 0;
  for (const Bond& bond : hamiltonian.bonds) sum += diagonal_element(bond, s);
  return sum;
}

}  // namespace plaquette
