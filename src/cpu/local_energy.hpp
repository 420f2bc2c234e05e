#pragma once

#include <complex>
#include <cstdint>
#include <span>

#include "network/wave_function.hpp"
#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette::cpu {

/// Local energies E_loc(s) = Σ_s' ⟨s|H|s'⟩ ψ(s')/ψ(s) of one group of samples on one thread, over
/// truly connected states only, in full batches that run across samples. Total energies, J1 = 1;
/// 0 where ψ(s) is zero. Returns the networks evaluated.
std::uint64_t local_energies(const WaveFunction& psi, const Hamiltonian& hamiltonian,
                             const std::uint64_t* samples, std::span<std::complex<double>> out,
                             Workspace& workspace);

/// Samples in a group: enough for full batches of connected states, few enough to share out.
inline constexpr std::size_t kLocalEnergyGroup = 8;

/// Bytes that local_energies takes beside the wave function's own.
std::size_t local_energy_workspace(std::size_t window, int sites);

}  // namespace plaquette::cpu
