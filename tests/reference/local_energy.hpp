#pragma once

#include <complex>
#include <vector>

#include "network.hpp"

namespace oracle {

/// J S_i·S_j; sign multiplies the exchange part, −1 under the Marshall rule.
struct OracleBond {
  int i;
  int j;
  double J;
  double sign;
};

/// Square: nn (x,y)–(x+1,y), (x,y)–(x,y+1); nnn (x,y)–(x+1,y±1). rows = 1 is a chain with
/// neighbours at distance 1 and 2. Periodic.
std::vector<OracleBond> j1j2_bonds(int rows, int columns, double J1, double J2, bool marshall);

/// The terms of the sum below that are not zero.
std::vector<std::complex<double>> local_energy_terms(const OracleNetwork& network,
                                                     const std::vector<OracleBond>& bonds,
                                                     const Spins& spins);

/// Σ_bonds J [ s_i s_j/4 + ½ sign (s_i ≠ s_j) ψ(s^{ij})/ψ(s) ]: the total, in units of J1.
std::complex<double> local_energy(const OracleNetwork& network,
                                  const std::vector<OracleBond>& bonds, const Spins& spins);

}  // namespace oracle
