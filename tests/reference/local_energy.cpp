#include "local_energy.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace oracle {

std::vector<OracleBond> j1j2_bonds(int rows, int columns, double J1, double J2, bool marshall) {
  const double nn_sign = marshall ? -1.0 : 1.0;
  std::vector<OracleBond> bonds;
  for (int x = 0; x < rows; ++x) {
    for (int y = 0; y < columns; ++y) {
      const int here = x * columns + y;
      const int right = (y + 1) % columns;
      const int left = (y - 1 + columns) % columns;
      if (rows == 1) {
        bonds.push_back({here, right, J1, nn_sign});
        bonds.push_back({here, (y + 2) % columns, J2, 1.0});
      } else {
        const int below = (x + 1) % rows;
        bonds.push_back({here, below * columns + y, J1, nn_sign});
        bonds.push_back({here, x * columns + right, J1, nn_sign});
        bonds.push_back({here, below * columns + right, J2, 1.0});
        bonds.push_back({here, below * columns + left, J2, 1.0});
      }
    }
  }
  return bonds;
}

std::vector<std::complex<double>> local_energy_terms(const OracleNetwork& network,
                                                     const std::vector<OracleBond>& bonds,
                                                     const Spins& spins) {
  const std::complex<double> here = log_psi(network, spins);
  std::map<std::pair<int, int>, std::complex<double>> ratios;  // small clusters repeat pairs
  std::vector<std::complex<double>> terms;
  for (const OracleBond& bond : bonds) {
    const auto i = static_cast<std::size_t>(bond.i);
    const auto j = static_cast<std::size_t>(bond.j);
    if (bond.J == 0) continue;
    terms.push_back(bond.J * spins[i] * spins[j] / 4.0);
    if (spins[i] == spins[j]) continue;
    const auto pair = std::minmax(bond.i, bond.j);
    if (!ratios.contains(pair)) {
      Spins exchanged = spins;
      std::swap(exchanged[i], exchanged[j]);
      ratios[pair] = std::exp(log_psi(network, exchanged) - here);
    }
    terms.push_back(bond.J * 0.5 * bond.sign * ratios[pair]);
  }
  return terms;
}

std::complex<double> local_energy(const OracleNetwork& network,
                                  const std::vector<OracleBond>& bonds, const Spins& spins) {
  std::complex<double> energy = 0;
  for (std::complex<double> term : local_energy_terms(network, bonds, spins)) energy += term;
  return energy;
}

}  // namespace oracle
