#pragma once

#include <cmath>
#include <cstdint>

#include "plaquette/base/host_device.hpp"
#include "plaquette/base/philox.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// One proposal of the exchange sampler, a pure function of (seed, chain, sweep, move): a pair
/// drawn uniformly from a fixed list, and the number that decides on it. A pair of equal spins
/// counts as a rejected proposal, so the proposal is symmetric and detailed balance holds.
struct ExchangeProposal {
  SitePair pair;
  double u;  ///< uniform in [0, 1)
};

PLAQUETTE_HD inline ExchangeProposal propose_exchange(std::uint64_t seed, std::uint32_t chain,
                                                      std::uint64_t sweep, std::uint32_t move,
                                                      const SitePair* pairs,
                                                      std::uint32_t pair_count) {
  const PhiloxBlock block = philox(seed, {chain, sweep, move, Purpose::exchange_move});
  return {pairs[uniform_index(block, pair_count)], uniform(block)};
}

/// Metropolis for samples of |ψ|^power: accept with probability min(1, |ψ(s')/ψ(s)|^power), given
/// Re log ψ(s') − Re log ψ(s). Not-a-number is rejected.
PLAQUETTE_HD inline bool accept_exchange(double u, double log_amplitude_change, double power) {
  return u < std::exp(power * log_amplitude_change);
}

/// The start of a chain: a random configuration with Σ s = 0, each equally likely (selection
/// sampling of sites/2 up spins, one Philox block a site).
inline void random_configuration(std::uint64_t seed, std::uint32_t chain, int sites,
                                 std::uint64_t* words) {
  for (int w = 0; w < words_for(sites); ++w) words[w] = 0;
  int up_left = sites / 2;
  for (int site = 0; site < sites; ++site) {
    // Of the sites not yet decided, up_left are up: selection sampling, no scratch needed.
    const PhiloxBlock block =
        philox(seed, {chain, 0, static_cast<std::uint32_t>(site), Purpose::chain_start});
    if (uniform_index(block, static_cast<std::uint32_t>(sites - site)) <
        static_cast<std::uint32_t>(up_left)) {
      words[site >> 6] |= std::uint64_t{1} << (site & 63);
      --up_left;
    }
  }
}

}  // namespace plaquette
