#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/stream.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette::cuda {

/// The moves of the exchange sampler and where their random numbers come from.
struct ExchangeMoves {
  const SitePair* pairs;  ///< (pair_count), device memory
  std::uint32_t pair_count;
  std::uint32_t sites;  ///< N; a sweep is N proposals
  std::uint64_t seed;
  std::uint64_t first_sweep;  ///< sweep of move 0
  std::uint32_t first_chain;  ///< of the C chains at hand
};

/// A batch of proposals, one a chain.
struct ExchangeProposals {
  std::uint64_t* candidates;  ///< (C, words); the chain's own state where there is none
  double* u;                  ///< (C) decides on it
  std::uint8_t* valid;        ///< (C) whether the chain has one
};

/// Moves every chain on to its next proposal of unlike spins before move `end`. next_move counts
/// moves from the first sweep on (move m is proposal m mod N of sweep first_sweep + m / N) and is
/// left behind the proposal found, or at `end` if there is none. With end = m + 1 for
/// m = 0, 1, 2, … all chains go in step; with a later end each runs ahead to its next candidate. A
/// chain's walk is the same either way, because random numbers belong to (chain, sweep, move).
/// One thread a chain: about two Philox blocks each.
void propose_exchanges(const ExchangeProposals& out,
                       std::uint64_t* next_move,                   // (C)
                       TensorView<const std::uint64_t, 2> states,  // (C, words)
                       const ExchangeMoves& moves, std::uint64_t end, cudaStream_t stream);

/// Metropolis for samples of |ψ|^power: where a proposal is valid and passes, the candidate becomes
/// the state and its amplitude the chain's. `accepted` grows by their number.
void accept_exchanges(TensorView<std::uint64_t, 2> states,  // (C, words)
                      double* log_amplitude,                // (C) Re log ψ of the states
                      unsigned long long* accepted,         // (1)
                      const ExchangeProposals& proposals,
                      const ComplexPair<double>* log_psi,  // (C) of the candidates
                      double power, cudaStream_t stream);

/// log_amplitude = Re log_psi: the start of a walk.
void take_log_amplitudes(double* log_amplitude,               // (C)
                         const ComplexPair<double>* log_psi,  // (C)
                         std::size_t chains, cudaStream_t stream);

}  // namespace plaquette::cuda
