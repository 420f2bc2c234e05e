#pragma once

#include <cstdint>
#include <span>

#include "network/wave_function.hpp"
#include "plaquette/backend/backend.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette::cpu {

/// The moves of the exchange sampler and where their random numbers come from.
struct ExchangeMoves {
  int sites;  ///< N; a sweep is N proposals
  std::span<const SitePair> pairs;
  std::uint64_t seed;
  double power;  ///< samples follow |ψ|^power
};

/// Walks the chains of one group from sweep `first_sweep` on, on one thread. Every chain runs
/// ahead to its next proposal of unlike spins, so that the network always sees full batches;
/// random numbers belong to (chain, sweep, move), so the order of work changes nothing.
/// `states` and `log_amplitude` (Re log ψ of the states, kept up to date) start at chain
/// `chains.begin`; chains.size() ≤ psi.window().
SweepCounts advance_chains(const WaveFunction& psi, const ExchangeMoves& moves, IndexRange chains,
                           std::uint64_t first_sweep, int sweeps, std::uint64_t* states,
                           double* log_amplitude, Workspace& workspace);

/// Bytes that advance_chains takes beside the wave function's own.
std::size_t sampler_workspace(std::size_t window, int sites);

}  // namespace plaquette::cpu
