#include "sector.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>

namespace oracle {
namespace {

std::map<Spins, std::size_t> index_of(const std::vector<Spins>& states) {
  std::map<Spins, std::size_t> index;
  for (std::size_t k = 0; k < states.size(); ++k) index[states[k]] = k;
  return index;
}

Spins exchanged(Spins spins, int i, int j) {
  std::swap(spins[static_cast<std::size_t>(i)], spins[static_cast<std::size_t>(j)]);
  return spins;
}

}  // namespace

std::vector<Spins> sector_states(int sites) {
  std::vector<Spins> states;
  for (unsigned long number = 0; number < (1ul << sites); ++number) {
    Spins spins;
    for (int i = 0; i < sites; ++i) spins.push_back((number >> i) % 2 == 1 ? 1 : -1);
    if (std::accumulate(spins.begin(), spins.end(), 0) == 0) states.push_back(spins);
  }
  return states;
}

Matrix dense_hamiltonian(const std::vector<OracleBond>& bonds, const std::vector<Spins>& states) {
  const auto index = index_of(states);
  Matrix H(states.size(), Vector(states.size(), 0.0));
  for (std::size_t k = 0; k < states.size(); ++k) {
    for (const OracleBond& bond : bonds) {
      const int s_i = states[k].at(static_cast<std::size_t>(bond.i));
      const int s_j = states[k].at(static_cast<std::size_t>(bond.j));
      H[k][k] += bond.J * s_i * s_j / 4.0;
      if (s_i == s_j) continue;
      H[index.at(exchanged(states[k], bond.i, bond.j))][k] += bond.J * 0.5 * bond.sign;
    }
  }
  return H;
}

Vector born_probabilities(const std::vector<std::complex<double>>& log_psi) {
  double largest = log_psi.at(0).real();
  for (const auto& value : log_psi) largest = std::max(largest, value.real());
  Vector probabilities;
  for (const auto& value : log_psi) {
    probabilities.push_back(std::exp(2 * (value.real() - largest)));
  }
  const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

double acceptance(std::complex<double> log_psi_from, std::complex<double> log_psi_to) {
  return std::min(1.0, std::norm(std::exp(log_psi_to - log_psi_from)));
}

Matrix exchange_transitions(const std::vector<std::pair<int, int>>& pairs,
                            const std::vector<Spins>& states,
                            const std::vector<std::complex<double>>& log_psi) {
  const auto index = index_of(states);
  const double choice = 1.0 / static_cast<double>(pairs.size());
  Matrix T(states.size(), Vector(states.size(), 0.0));
  for (std::size_t k = 0; k < states.size(); ++k) {
    for (const auto& [i, j] : pairs) {
      const std::size_t l = index.at(exchanged(states[k], i, j));
      const double accepted = l == k ? 0.0 : acceptance(log_psi[k], log_psi[l]);
      T[k][l] += choice * accepted;
      T[k][k] += choice * (1 - accepted);
    }
  }
  return T;
}

}  // namespace oracle
