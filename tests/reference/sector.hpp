#pragma once

#include <complex>
#include <utility>
#include <vector>

#include "local_energy.hpp"
#include "reconfiguration.hpp"

namespace oracle {

/// Every configuration with Σ s = 0; in the order of the number whose bit i is 1 for s_i = +1.
std::vector<Spins> sector_states(int sites);

/// ⟨s'|H|s⟩ between all of `states`, which must hold every state that H reaches.
Matrix dense_hamiltonian(const std::vector<OracleBond>& bonds, const std::vector<Spins>& states);

/// |ψ_k|² / Σ |ψ|².
Vector born_probabilities(const std::vector<std::complex<double>>& log_psi);

/// Metropolis: min(1, |ψ(s')/ψ(s)|²).
double acceptance(std::complex<double> log_psi_from, std::complex<double> log_psi_to);

/// T[k][l], the probability to go from state k to state l in one proposal: a pair drawn uniformly
/// from `pairs` is exchanged if unlike and accepted.
Matrix exchange_transitions(const std::vector<std::pair<int, int>>& pairs,
                            const std::vector<Spins>& states,
                            const std::vector<std::complex<double>>& log_psi);

}  // namespace oracle
