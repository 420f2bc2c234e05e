#include "kernels/exchange_moves.h"

#include "kernels/warp.cuh"
#include "plaquette/physics/metropolis.hpp"

/// One thread a chain: a chain's proposals follow from each other. This is a few hundred
/// instructions a chain beside millions for its network. Counters grow once a warp, by integers, so
/// their order does not matter.

namespace plaquette::cuda {
namespace {

constexpr int kThreads = 128;
constexpr std::size_t kMostChains = 0x7fffffff;  // numbered in 32 bits, blocks rounded up

__global__ void propose_kernel(ExchangeProposals out, std::uint64_t* next_move,
                               const std::uint64_t* states, std::uint32_t chains, int words,
                               ExchangeMoves moves, std::uint64_t end) {
  const std::uint32_t chain = blockIdx.x * blockDim.x + threadIdx.x;
  if (chain >= chains) return;
  const std::uint64_t* state = states + static_cast<std::size_t>(chain) * words;
  std::uint64_t* candidate = out.candidates + static_cast<std::size_t>(chain) * words;
  for (int w = 0; w < words; ++w) candidate[w] = state[w];
  double u = 0;
  bool found = false;
  std::uint64_t move = next_move[chain];
  for (; move < end && !found; ++move) {
    const ExchangeProposal proposal = propose_exchange(
        moves.seed, moves.first_chain + chain, moves.first_sweep + move / moves.sites,
        static_cast<std::uint32_t>(move % moves.sites), moves.pairs, moves.pair_count);
    const SitePair pair = proposal.pair;
    if (!antiparallel(state, pair.first, pair.second)) continue;
    exchange_spins(candidate, pair.first, pair.second);
    u = proposal.u;
    found = true;
  }
  next_move[chain] = move;
  out.u[chain] = u;
  out.valid[chain] = found ? 1 : 0;
}

__global__ void accept_kernel(std::uint64_t* states, double* log_amplitude,
                              unsigned long long* acceptances, ExchangeProposals proposals,
                              const ComplexPair<double>* log_psi, double power,
                              std::uint32_t chains, int words) {
  const std::uint32_t chain = blockIdx.x * blockDim.x + threadIdx.x;
  const bool valid = chain < chains && proposals.valid[chain] != 0;
  bool accepted = false;
  if (valid) {
    const double proposed = log_psi[chain].re;
    accepted = accept_exchange(proposals.u[chain], proposed - log_amplitude[chain], power);
    if (accepted) {
      const std::size_t first = static_cast<std::size_t>(chain) * words;
      for (int w = 0; w < words; ++w) states[first + w] = proposals.candidates[first + w];
      log_amplitude[chain] = proposed;
    }
  }
  const unsigned of_warp = __ballot_sync(kAllLanes, accepted);
  if (threadIdx.x % kWarp == 0) {
    atomicAdd(acceptances, static_cast<unsigned long long>(__popc(of_warp)));
  }
}

__global__ void take_log_amplitudes_kernel(double* log_amplitude,
                                           const ComplexPair<double>* log_psi, std::size_t chains) {
  const std::size_t chain = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (chain < chains) log_amplitude[chain] = log_psi[chain].re;
}

}  // namespace

void propose_exchanges(const ExchangeProposals& out, std::uint64_t* next_move,
                       TensorView<const std::uint64_t, 2> states, const ExchangeMoves& moves,
                       std::uint64_t end, cudaStream_t stream) {
  const std::size_t chains = states.extent(0);
  require_at_most("first_chain + chains", moves.first_chain + chains, kMostChains);
  PLAQUETTE_REQUIRE(moves.sites > 0 && moves.pair_count > 0, moves.sites, " sites, ",
                    moves.pair_count, " pairs");
  require_shape("states", states, {chains, words_holding(moves.sites)});
  launch(propose_kernel, {blocks_for(chains, kThreads), kThreads, 0, stream}, out, next_move,
         states.data(), chains, states.extent(1), moves, end);
}

void accept_exchanges(TensorView<std::uint64_t, 2> states, double* log_amplitude,
                      unsigned long long* accepted, const ExchangeProposals& proposals,
                      const ComplexPair<double>* log_psi, double power, cudaStream_t stream) {
  require_at_most("chains", states.extent(0), kMostChains);
  launch(accept_kernel, {blocks_for(states.extent(0), kThreads), kThreads, 0, stream},
         states.data(), log_amplitude, accepted, proposals, log_psi, power, states.extent(0),
         states.extent(1));
}

void take_log_amplitudes(double* log_amplitude, const ComplexPair<double>* log_psi,
                         std::size_t chains, cudaStream_t stream) {
  launch(take_log_amplitudes_kernel, {blocks_for(chains, kThreads), kThreads, 0, stream},
         log_amplitude, log_psi, chains);
}

}  // namespace plaquette::cuda
