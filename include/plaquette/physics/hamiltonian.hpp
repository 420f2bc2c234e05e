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
  std::vector<Bond> bonds;
};

/// ⟨s|bond|s⟩ = Jz s_i s_j / 4. Unit of J.
PLAQUETTE_HD inline double diagonal_element(const Bond& bond, const std::uint64_t* s) {
  return (antiparallel(s, bond.i, bond.j) ? -0.25 : 0.25) * bond.Jz;
}

/// ⟨s'|bond|s⟩ with i, j exchanged; 0 if parallel. Unit of J.
PLAQUETTE_HD inline double exchange_element(const Bond& bond, const std::uint64_t* s) {
  return antiparallel(s, bond.i, bond.j) ? 0.5 * bond.Jxy : 0.0;
}

/// Couplings of H = J1 Σ_nn S·S + J2 Σ_nnn S·S.
struct J1J2Couplings {
  double J1 = 1.0;
  double J2 = 0.5;
  /// Rotate one sublattice: exchange on nn bonds changes sign.
  bool marshall = false;
};

/// Square: nn (x,y)–(x+1,y), (x,y)–(x,y+1); nnn (x,y)–(x+1,y±1). Chain: distance 1 and 2.
/// Bonds of zero coupling are left out.
inline Hamiltonian j1j2_hamiltonian(const Lattice& lattice, const J1J2Couplings& couplings) {
  Hamiltonian hamiltonian{lattice.sites(), {}};
  const auto add = [&](int row, int column, int d_row, int d_column, double J, double sign) {
    if (J == 0.0) return;
    hamiltonian.bonds.push_back(
        {lattice.site(row, column), lattice.site(row + d_row, column + d_column), J, sign * J});
  };
  const double nn_sign = couplings.marshall ? -1.0 : 1.0;
  for (int row = 0; row < lattice.rows; ++row) {
    for (int column = 0; column < lattice.columns; ++column) {
      if (lattice.kind == LatticeKind::square) {
        add(row, column, 1, 0, couplings.J1, nn_sign);
        add(row, column, 0, 1, couplings.J1, nn_sign);
        add(row, column, 1, 1, couplings.J2, 1.0);
        add(row, column, 1, -1, couplings.J2, 1.0);
      } else {
        add(row, column, 0, 1, couplings.J1, nn_sign);
        add(row, column, 0, 2, couplings.J2, 1.0);
      }
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
