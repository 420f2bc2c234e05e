#include "cpu/sampler.hpp"

#include <algorithm>

#include "plaquette/physics/metropolis.hpp"

namespace plaquette::cpu {
namespace {

/// A chain that waits for log ψ of its proposal.
struct Pending {
  std::size_t chain;  // within the group
  SitePair pair;
  double u;
};

struct Scratch {
  std::uint64_t* candidates;     // (B, words)
  Pending* pending;              // (B)
  ComplexPair<double>* log_psi;  // (B)
  std::uint64_t* next_move;      // (B) counted from the first sweep
};

Scratch allocate(Workspace::Frame& frame, std::size_t batch, int sites) {
  return {frame.take<std::uint64_t>(batch * static_cast<std::size_t>(words_for(sites))),
          frame.take<Pending>(batch), frame.take<ComplexPair<double>>(batch),
          frame.take<std::uint64_t>(batch)};
}

/// Moves on to the chain's next proposal of unlike spins; false if it has none left.
bool next_proposal(const ExchangeMoves& moves, std::uint32_t chain, std::uint64_t first_sweep,
                   std::uint64_t end, const std::uint64_t* state, std::uint64_t& move,
                   Pending& pending) {
  const auto per_sweep = static_cast<std::uint64_t>(moves.sites);
  for (; move < end; ++move) {
    const ExchangeProposal proposal =
        propose_exchange(moves.seed, chain, first_sweep + move / per_sweep,
                         static_cast<std::uint32_t>(move % per_sweep), moves.pairs.data(),
                         static_cast<std::uint32_t>(moves.pairs.size()));
    if (!antiparallel(state, proposal.pair.first, proposal.pair.second)) continue;
    pending.pair = proposal.pair;
    pending.u = proposal.u;
    ++move;
    return true;
  }
  return false;
}

}  // namespace

std::size_t sampler_workspace(std::size_t window, int sites) {
  return Workspace::measure([&](Workspace::Frame& frame) { allocate(frame, window, sites); });
}

SweepCounts advance_chains(const WaveFunction& psi, const ExchangeMoves& moves, IndexRange chains,
                           std::uint64_t first_sweep, int sweeps, std::uint64_t* states,
                           double* log_amplitude, Workspace& workspace) {
  const auto words = static_cast<std::size_t>(words_for(moves.sites));
  const std::uint64_t end =
      static_cast<std::uint64_t>(sweeps) * static_cast<std::uint64_t>(moves.sites);
  auto frame = workspace.frame();
  const Scratch scratch = allocate(frame, chains.size(), moves.sites);
  std::fill_n(scratch.next_move, chains.size(), std::uint64_t{0});
  SweepCounts counts;
  counts.proposed = end * chains.size();
  for (;;) {
    std::size_t batch = 0;
    for (std::size_t k = 0; k < chains.size(); ++k) {
      Pending& pending = scratch.pending[batch];
      if (!next_proposal(moves, static_cast<std::uint32_t>(chains.begin + k), first_sweep, end,
                         states + k * words, scratch.next_move[k], pending)) {
        continue;
      }
      pending.chain = k;
      std::uint64_t* candidate = scratch.candidates + batch * words;
      std::copy_n(states + k * words, words, candidate);
      exchange_spins(candidate, pending.pair.first, pending.pair.second);
      ++batch;
    }
    if (batch == 0) return counts;
    psi.log_psi(scratch.log_psi,
                TensorView<const std::uint64_t, 2>(scratch.candidates, batch, words), workspace);
    counts.evaluated += batch;
    for (std::size_t b = 0; b < batch; ++b) {
      const Pending& pending = scratch.pending[b];
      double& current = log_amplitude[pending.chain];
      const double proposed = scratch.log_psi[b].re;
      if (!accept_exchange(pending.u, proposed - current, moves.power)) continue;
      exchange_spins(states + pending.chain * words, pending.pair.first, pending.pair.second);
      current = proposed;
      ++counts.accepted;
    }
  }
}

}  // namespace plaquette::cpu
